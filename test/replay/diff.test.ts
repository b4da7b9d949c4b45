import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EngineEvent, OptimizationEngine, type Options, PolicyReplay } from '../../src/index.ts';
import { cases } from '../cases.ts';
import { HOUR, START, signal, trade } from '../fixtures.ts';

/** Positions of one strategy, each closed in parts, with or without an add that was decided on by itself. */
const lives = fc.array(
  fc.record({
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    r: fc.double({ min: -2, max: 3, noNaN: true }),
    parts: fc.integer({ min: 1, max: 4 }),
    added: fc.boolean(),
    named: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);
type Life = typeof lives extends fc.Arbitrary<infer T> ? T : never;

/** The record of a bot that lived so: every event of its engine. */
function recordOf(life: Life): EngineEvent[] {
  const engine = new OptimizationEngine({ reduceOnly: true });
  const events: EngineEvent[] = [];
  engine.subscribe((event) => events.push(structuredClone(event)));
  for (const [i, { confidence, r, parts, added, named }] of life.entries()) {
    const time = START + i * 4 * HOUR;
    const decision = engine.decide(signal({ time, confidence, size: 1 }));
    if (decision.multiplier === 0) continue;
    const add = added ? engine.decide(signal({ time: time + HOUR, confidence, size: 1 })) : null;
    const size = decision.multiplier / parts;
    const id = named || add ? { positionId: `p${i}` } : {};
    for (let part = 1; part <= parts; part += 1) {
      const left = (parts - part) * size + (add?.multiplier ?? 0);
      engine.recordTrade(
        trade(0, {
          ...id,
          decision,
          size,
          pnl: 10 * r * size,
          openSize: left,
          entryTime: time,
          exitTime: time + 2 * HOUR,
        }),
      );
    }
    if (add && add.multiplier > 0)
      engine.recordTrade(
        trade(0, { ...id, decision: add, size: add.multiplier, pnl: -5, exitTime: time + 3 * HOUR }),
      );
    engine.recordEquity({ time: time + 3 * HOUR, equity: 10_000 });
    engine.updateOptimization(time + 3 * HOUR);
  }
  return events;
}

function replayed(events: readonly EngineEvent[], options: Options) {
  const replay = new PolicyReplay(options);
  for (const event of events) {
    if (event.type === 'error' || event.type === 'weight' || event.type === 'status') continue;
    if (event.type === 'shadow') continue;
    replay.take(event);
  }
  return replay.result();
}

const KNOBS = cases(40);

describe('the past under another policy', () => {
  it('is as it was under the same one, in however many parts positions were closed', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { asRun, other, refused, ...changes } = replayed(recordOf(life), { reduceOnly: true });
        expect(changes).toMatchObject({ blocked: [], freed: [], resized: [], unknownOutcomes: 0 });
        expect(refused).toEqual([]);
        expect(other.curve).toEqual(asRun.curve);
        expect(other.statement).toEqual(asRun.statement);
      }),
      KNOBS,
    );
  });

  it('has the same outcomes, one a position, whatever it would have sent of them', () => {
    fc.assert(
      fc.property(
        lives,
        fc.constantFrom<Options>(
          { reduceOnly: true, enforcement: 'strict', minQualityThreshold: 0.6 },
          { reduceOnly: true, baseWeights: { EMA_Trend: 0.3 } },
          { enabled: false },
        ),
        (life, options) => {
          const { asRun, other, refused } = replayed(recordOf(life), options);
          expect(refused).toEqual([]);
          expect(other.statement.n).toBe(asRun.statement.n);
          const mean = (result: typeof other) =>
            result.statement.comparison.find(({ metric }) => metric === 'expectancy')?.without;
          if (asRun.statement.n > 0) expect(mean(other)).toBeCloseTo(mean(asRun)!, 9);
        },
      ),
      KNOBS,
    );
  });
});
