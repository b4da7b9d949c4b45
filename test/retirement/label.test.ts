import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgePosterior } from '../../src/edge/posterior.ts';
import { STRATEGY_STATUSES, type StrategyStatus } from '../../src/model/strategy.ts';
import { type LabelFacts, labelWords, nextLabel } from '../../src/retirement/label.ts';
import { StrategyRetirementManager } from '../../src/retirement/manager.ts';
import { cases } from '../cases.ts';
import { AUTHOR, engineWith, feed, HOUR, START, signal } from '../fixtures.ts';

const facts = (changes: Partial<LabelFacts> = {}): LabelFacts => ({
  size: 0.4,
  probability: 0.5,
  hoursInStatus: 0,
  outcomesInStatus: 0,
  atWork: false,
  ...changes,
});

const bySize = (status: StrategyStatus, size: number) => nextLabel(status, facts({ size })) ?? status;

describe('a label', () => {
  it('follows the share of their size that signals get', () => {
    const sizes = [0, 0.05, 0.051, 0.15, 0.151, 0.649, 0.65, 0.799, 0.8, 1];
    const from = (status: StrategyStatus) => sizes.map((size) => bySize(status, size)[0]).join('');
    expect(from('ACTIVE')).toBe('SSDDDDAAAA');
    expect(from('DEGRADED')).toBe('SSDDDDDDAA');
    expect(from('SUSPENDED')).toBe('SSSSDDDDAA');
    expect(from('RETIRED')).toBe('RRRRDDDDAA');
  });

  it('is RETIRED after three days, sixty outcomes and no hope, and not before', () => {
    const lost = { size: 0.01, hoursInStatus: 72, outcomesInStatus: 60, probability: 0.05 };
    expect(nextLabel('SUSPENDED', facts(lost))).toBe('RETIRED');
    for (const not of [{ hoursInStatus: 71.9 }, { outcomesInStatus: 59 }, { probability: 0.051 }])
      expect(nextLabel('SUSPENDED', facts({ ...lost, ...not }))).toBeNull();
    for (const status of ['ACTIVE', 'DEGRADED'] as const)
      expect(nextLabel(status, facts(lost))).toBe('SUSPENDED');
  });

  it('is DEGRADED as soon as a signal gets a size by itself', () => {
    for (const status of ['SUSPENDED', 'RETIRED'] as const)
      expect(nextLabel(status, facts({ size: 0.01, atWork: true }))).toBe('DEGRADED');
    for (const status of ['ACTIVE', 'DEGRADED'] as const)
      expect(nextLabel(status, facts({ size: 0.7, atWork: true }))).toBeNull();
  });

  it('comes to rest at once, and can always be left by evidence', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...STRATEGY_STATUSES),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (status, size) => {
          const next = bySize(status, size);
          expect(bySize(next, size)).toBe(next);
          expect(bySize(status, 1)).toBe('ACTIVE');
        },
      ),
      cases(200),
    );
  });

  it('is explained by what it rests on', () => {
    expect(labelWords({ size: 0.42, probability: 0.31 })).toBe(
      'P(mean R > 0) = .31, its signals get .42 of their size',
    );
    expect(labelWords({ size: 1, probability: 1 })).toBe(
      'P(mean R > 0) = 1.00, its signals get 1.00 of their size',
    );
  });

  it('does not depend on the quality of signals', () => {
    const [given, none] = [new EdgePosterior(), new EdgePosterior()];
    for (const edge of [given, none]) {
      for (let i = 0; i < 60; i += 1) {
        const quality = edge === given ? 0.5 : null;
        const closedAt = START + i * 50 * HOUR;
        const outcome = { strategy: 'A', symbol: 'X', cell: 'RANGING', weight: 1, held: HOUR } as const;
        edge.learn({ ...outcome, r: i % 2 === 0 ? 1 : -1, quality, closedAt });
      }
    }
    // Qualities that are all alike teach nothing.
    expect(given.labelOf('A')).toEqual(none.labelOf('A'));
    const informed = new EdgePosterior();
    for (let i = 0; i < 80; i += 1) {
      const up = i % 2 === 1;
      informed.learn({
        strategy: 'A',
        symbol: 'X',
        cell: 'RANGING',
        weight: 1,
        held: HOUR,
        r: up ? 1 : -1,
        quality: up ? 1 : 0,
        closedAt: START + i * 50 * HOUR,
      });
      const before = informed.labelOf('A').p;
      const plain = informed.predict(informed.leaf('A', 'X', 'RANGING'), null).probability;
      if (i === 79) continue;
      const next = new EdgePosterior();
      next.restore(informed.snapshot());
      next.learn({
        strategy: 'A',
        symbol: 'X',
        cell: 'RANGING',
        weight: 1e-9,
        held: HOUR,
        r: 0,
        quality: 1,
        closedAt: START + (i + 1) * 50 * HOUR,
      });
      // An outcome that says nothing moves the label a tenth of the way to what is expected without a quality.
      expect(next.labelOf('A').p).toBeCloseTo(before + 0.1 * (plain - before), 2);
    }
  });
});

describe('the manager that follows labels', () => {
  const follow = (
    manager: StrategyRetirementManager,
    size: number,
    time: number,
    cause: 'outcome' | 'signal' | 'time' = 'outcome',
  ) => manager.followLabel('A', { size, probability: 0.01, time, cause });

  it('counts observed time: downtime, late outcomes and clocks that jump retire nobody', () => {
    const manager = new StrategyRetirementManager();
    follow(manager, 0.01, START);
    for (let i = 0; i < 80; i += 1) follow(manager, 0.01, START);
    const hours = () => manager.getStrategyHealth('A')!.hoursInStatus;
    expect(hours()).toBe(0);
    follow(manager, 0.01, START + 1000 * HOUR);
    expect(hours()).toBe(2);
    for (let i = 0; i < 50; i += 1) {
      follow(manager, 0.01, START + 990 * HOUR);
      follow(manager, 0.01, START + 1000 * HOUR, 'time');
    }
    expect(hours()).toBe(2);
    expect(manager.statusOf('A')).toBe('SUSPENDED');
    for (let i = 1; i <= 70; i += 1) follow(manager, 0.01, START + (1000 + i) * HOUR, 'time');
    expect(manager.statusOf('A')).toBe('RETIRED');
  });

  it('counts outcomes in the status alone', () => {
    const manager = new StrategyRetirementManager();
    let time = START;
    const step = (cause: 'outcome' | 'time') => {
      time += 2 * HOUR;
      follow(manager, 0.01, time, cause);
      return manager.statusOf('A');
    };
    step('outcome');
    for (let i = 0; i < 100; i += 1) expect(step('time')).toBe('SUSPENDED');
    for (let i = 0; i < 59; i += 1) expect(step('outcome')).toBe('SUSPENDED');
    expect(step('outcome')).toBe('RETIRED');
  });

  it('moves nothing that an operator holds, until the pin ends', () => {
    const manager = new StrategyRetirementManager();
    manager.forceStatus('A', 'SUSPENDED', { ...AUTHOR, pinForHours: 10 });
    follow(manager, 1, START + 9 * HOUR);
    expect(manager.statusOf('A')).toBe('SUSPENDED');
    expect(manager.pinOf('A', START + 9 * HOUR)).toBe('SUSPENDED');
    expect(manager.pinOf('A', START + 10 * HOUR)).toBeNull();
    follow(manager, 1, START + 10 * HOUR);
    expect(manager.statusOf('A')).toBe('ACTIVE');
  });

  it('says in its audit why, with the share that a signal at work stands for', () => {
    const manager = new StrategyRetirementManager();
    follow(manager, 0.01, START);
    follow(manager, 0.01, START + HOUR, 'signal');
    expect(manager.getAuditLog('A').map(({ newStatus, reason }) => [newStatus, reason])).toEqual([
      ['SUSPENDED', 'P(mean R > 0) = .01, its signals get .01 of their size'],
      ['DEGRADED', 'P(mean R > 0) = .01, its signals get .15 of their size'],
    ]);
  });
});

describe('labels of an engine', () => {
  it('equal the published ones', () => {
    const engine = engineWith({ reduceOnly: true });
    // One win in five benches it; a losing streak of two hundred retires it.
    const spaced = { regime: 'RANGING' as const };
    let time = feed(engine, [1.5, ...Array.from({ length: 40 }, (_, i) => (i % 5 === 4 ? 1.5 : -1))], spaced);
    engine.updateOptimization(time + HOUR);
    expect(engine.manager.statusOf('EMA_Trend')).toBe('SUSPENDED');
    time = feed(engine, Array(200).fill(-1), spaced, time);
    engine.updateOptimization(time + HOUR);
    expect(engine.manager.statusOf('EMA_Trend')).toBe('RETIRED');
  });

  it('agree with sizes: of what is benched nothing is sent but to explore', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(-1, -1, 1.5, 0), fc.constantFrom('X', 'Y')), { maxLength: 120 }),
        fc.boolean(),
        (steps, scalable) => {
          const engine = engineWith();
          let time = START;
          for (const [r, symbol] of steps) {
            time = feed(engine, [r], { symbol }, time);
            const { multiplier, reasons, strategy } = engine.decide(signal({ time, symbol, scalable }));
            const benched = ['SUSPENDED', 'RETIRED'].includes(engine.manager.statusOf(strategy));
            if (benched && multiplier > 0) expect(reasons).toContain('EDGE_EXPLORED');
          }
        },
      ),
      cases(40),
    );
  });

  it('are advice where health never blocks: they do not waver with what is sent nevertheless', () => {
    for (const adaptiveWeighting of [true, false]) {
      const engine = engineWith({ retirementManagement: false, adaptiveWeighting });
      let time = START;
      for (let i = 0; i < 150; i += 1) {
        time = feed(engine, [-1], {}, time);
        const { multiplier } = engine.decide(signal({ time }));
        // Where sizes are all or nothing, a cell and a symbol still block.
        if (adaptiveWeighting) expect(multiplier).toBeGreaterThanOrEqual(0.1);
      }
      const labels = engine.manager.getAuditLog('EMA_Trend').map(({ newStatus }) => newStatus);
      expect(labels.slice(0, 2)).toEqual(['DEGRADED', 'SUSPENDED']);
      expect(labels.slice(2).every((label) => label === 'RETIRED')).toBe(true);
    }
  });
});
