import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgePosterior } from '../../src/edge/posterior.ts';
import { OptimizationEngine } from '../../src/index.ts';
import { explain } from '../../src/monitor/explanation.ts';
import { AUTHOR, engineWith, feed, HOUR, START, signal } from '../fixtures.ts';

const setFleet = { ...AUTHOR, type: 'setFleet' } as const;
const DEAD = [['EMA_Trend', { mean: -0.1, deviation: 0.1 }]] as const;

describe('what a fleet says', () => {
  it('is where a bot begins with a strategy, and gives way to what it sees itself', () => {
    const engine = engineWith();
    const theta = () => engine.edge.expect('EMA_Trend').theta;
    expect(theta()).toBeCloseTo(0.08, 12);
    engine.execute({ ...setFleet, priors: DEAD });
    expect(theta()).toBeCloseTo(-0.1, 12);
    expect(engine.decide(signal({ time: START + 1 })).edge!.target).toBe(0);
    expect(engine.edge.expect('another').theta).toBeCloseTo(0.08, 12);
    // A hundred outcomes of its own that say otherwise weigh more.
    feed(
      engine,
      Array.from({ length: 150 }, (_, i) => (i % 2 ? 1.6 : -1)),
    );
    expect(theta()).toBeGreaterThan(0);
  });

  it('of strategies is exchanged without a trace in what outcomes said, whenever it comes', () => {
    const prior = fc.record({
      mean: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
      deviation: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { maxLength: 40 }),
        prior,
        (rs, given) => {
          const edge = new EdgePosterior();
          for (const [i, r] of rs.entries())
            edge.learn({
              strategy: 'EMA_Trend',
              symbol: 'BTC/USDT',
              cell: 'UNKNOWN',
              r,
              weight: 1,
              quality: null,
              closedAt: START + i * HOUR,
              held: HOUR,
            });
          const before = edge.expect('EMA_Trend');
          edge.setPriors([['EMA_Trend', given]]);
          const restored = new EdgePosterior();
          restored.restore(edge.snapshot());
          expect(restored.expect('EMA_Trend')).toEqual(edge.expect('EMA_Trend'));
          edge.setPriors([]);
          const after = edge.expect('EMA_Trend');
          expect(after.theta).toBeCloseTo(before.theta, 9);
          expect(after.variance).toBeCloseTo(before.variance, 9);
          expect(edge.snapshot()).not.toHaveProperty('priors');
        },
      ),
    );
  });

  it('of its drawdown is one more factor, until it is too old', () => {
    const engine = engineWith();
    engine.execute({ ...setFleet, guard: { factor: 0.5, until: START + HOUR } });
    const decision = engine.decide(signal({ time: START + 1 }));
    expect(decision).toMatchObject({ multiplier: 0.5, fleetGuard: 0.5, guard: 1 });
    expect(decision.reasons).toContain('FLEET_GUARD');
    expect(explain(decision).waterfall.find(({ step }) => step === 'fleet')).toMatchObject({
      factor: 0.5,
      note: expect.stringMatching(/whole fleet/),
    });
    expect(engine.getOptimizationStatus().fleetGuard).toBe(0.5);
    expect(engine.decide(signal({ time: START + HOUR + 1 }))).toMatchObject({ multiplier: 1, fleetGuard: 1 });
    // One that sends all or nothing sends every second.
    engine.execute({ ...setFleet, time: START + 2 * HOUR, guard: { factor: 0.5, until: START + 9 * HOUR } });
    const sent = Array.from(
      { length: 10 },
      (_, i) => engine.decide(signal({ time: START + 2 * HOUR + i, scalable: false })).multiplier,
    );
    expect(sent.reduce((a, b) => a + b, 0)).toBe(5);
    engine.execute({ ...setFleet, time: START + 3 * HOUR, guard: null });
    expect(engine.decide(signal({ time: START + 3 * HOUR })).multiplier).toBe(1);
  });

  it('is kept, and refused where it cannot be', () => {
    const engine = engineWith();
    engine.execute({ ...setFleet, priors: DEAD, guard: { factor: 0.25, until: START + HOUR } });
    const again = new OptimizationEngine();
    again.restore(engine.snapshot());
    expect(again.snapshot()).toEqual(engine.snapshot());
    expect(again.decide(signal({ time: START + 5 })).fleetGuard).toBe(0.25);
    const before = engine.snapshot();
    for (const bad of [
      { guard: { factor: 1.5, until: START } },
      { guard: { factor: Number.NaN, until: START } },
      { guard: { factor: 1 } },
      { priors: [['x', { mean: 1, deviation: 0 }]] },
      { priors: [['x', { mean: 'y', deviation: 1 }]] },
      { priors: 'all' },
    ])
      expect(() => engine.execute({ ...setFleet, ...bad } as never)).toThrow(/COMMAND_INVALID/);
    expect(engine.snapshot()).toEqual(before);
  });
});
