import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptiveWeightingOptimizer, weightScore } from '../../src/index.ts';
import type { StrategyEvidence } from '../../src/weighting/targets.ts';
import { harmonicDeviation, kellyFactor } from '../../src/weighting/targets.ts';
import { HOUR, START } from '../fixtures.ts';

const evidence = (
  meanR: number,
  changes: Partial<StrategyEvidence['overall']> = {},
  outcomes = 50,
): StrategyEvidence => ({
  outcomes,
  overall: {
    n: 50,
    meanR,
    grossProfit: 25 + 25 * meanR,
    grossLoss: 25 - 25 * meanR,
    drawdown: 0,
    deviation: 1,
    ...changes,
  },
});

const edges = fc.double({ min: -0.9, max: 0.9, noNaN: true });

describe('adaptive weights', () => {
  it('move towards base times score, by at most 15% a step', () => {
    fc.assert(
      fc.property(edges, fc.double({ min: 0.1, max: 2, noNaN: true }), (meanR, base) => {
        const optimizer = new AdaptiveWeightingOptimizer({ s: base });
        const target = Math.min(2, Math.max(0.1, base * weightScore(evidence(meanR).overall, 0.15).score));
        let weight = base;
        let distance = Math.abs(target - weight);
        for (let i = 1; i <= 60; i += 1) {
          optimizer.updateWeights({ s: evidence(meanR, {}, i) }, START + i * HOUR);
          const next = optimizer.getCurrentWeights().s!;
          expect(Math.abs(next - weight)).toBeLessThanOrEqual(0.15 * weight + 1e-12);
          expect(Math.abs(target - next)).toBeLessThanOrEqual(distance + 1e-12);
          expect(next).toBeGreaterThanOrEqual(0.1);
          expect(next).toBeLessThanOrEqual(2);
          weight = next;
          distance = Math.abs(target - next);
        }
        expect(weight).toBeCloseTo(target, 9);
      }),
    );
  });

  it('stay where they are at break-even and without evidence', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ s: 0.8 });
    expect(optimizer.updateWeights({ s: evidence(0) }, START)).toEqual([]);
    expect(optimizer.getCurrentWeights()).toEqual({ s: 0.8 });
  });

  it('change nothing when an update is repeated', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ s: 1 });
    optimizer.updateWeights({ s: evidence(0.3) }, START);
    const before = optimizer.snapshot();
    for (let i = 0; i < 10; i += 1) expect(optimizer.updateWeights({ s: evidence(0.3) }, START)).toEqual([]);
    expect(optimizer.snapshot()).toEqual(before);
  });

  it('step on new outcomes after an hour, and without any after a day', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ s: 1 });
    const step = (outcomes: number, hours: number) =>
      optimizer
        .updateWeights({ s: evidence(0.5, {}, outcomes) }, START + hours * HOUR)
        .filter(({ cell }) => cell === null);
    expect(step(1, 0)).toHaveLength(1);
    expect(step(2, 0.5)).toEqual([]);
    expect(step(2, 1)).toMatchObject([{ reason: 'new-outcomes', previousWeight: 1.15 }]);
    expect(step(2, 20)).toEqual([]);
    expect(step(2, 25)).toMatchObject([{ reason: 'stale-reversion' }]);
  });

  it('say why they changed', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ s: 1 });
    const [update] = optimizer.updateWeights({ s: evidence(0.1) }, START);
    expect(update).toMatchObject({ strategy: 's', cell: null, previousWeight: 1, newWeight: 1.15 });
    expect(update!.target).toBeCloseTo(1.196509, 6);
    expect(update!.components!.expectancy).toBeCloseTo(Math.tanh(0.4), 12);
    expect(optimizer.getWeightHistory('s')).toHaveLength(1);
  });

  it('blend the score of a cell with that of the strategy by how much the cell has seen', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ s: 1 }, { adjustmentRate: 1 });
    const overall = evidence(0).overall;
    const inCell = { ...evidence(0.5).overall, n: 20 };
    optimizer.updateWeights({ s: { outcomes: 1, overall, cells: { VOLATILE: inCell } } }, START);
    const own = weightScore(inCell, 0.15).score;
    expect(optimizer.getWeightForRegime('s', 'VOLATILE')).toBeCloseTo(0.5 * own + 0.5, 12);
    expect(optimizer.getWeightForRegime('s', 'RANGING')).toBe(1);
  });

  it('refuse a base weight outside the bounds', () => {
    expect(() => new AdaptiveWeightingOptimizer({ s: 3 })).toThrow(
      /CONFIG_INVALID.*weight 3 of s.*\[0.1, 2\]/,
    );
    expect(() => new AdaptiveWeightingOptimizer({ s: Number.NaN })).toThrow(/CONFIG_INVALID/);
  });

  it('refuse evidence that is no number, and change nothing', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ s: 1 });
    for (const bad of [{ meanR: Number.NaN }, { deviation: 0 }, { grossProfit: Number.POSITIVE_INFINITY }]) {
      expect(() => optimizer.updateWeights({ s: evidence(0.1, bad) }, START)).toThrow(/EVIDENCE_INVALID/);
    }
    expect(optimizer.getCurrentWeights()).toEqual({ s: 1 });
  });

  it('can be set by hand, within the bounds', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ s: 1 });
    expect(() => optimizer.setWeights({ s: { weight: 5, cells: {} } }, START)).toThrow(
      /CONFIG_INVALID.*weight 5 of s/,
    );
    optimizer.setWeights({ s: { weight: 1.5, cells: { RANGING: 0.5 } } }, START);
    expect(optimizer.getWeightsByCell()).toEqual({ s: { weight: 1.5, cells: { RANGING: 0.5 } } });
  });

  it('normalise to 1, go back to base, and sum up', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ a: 1, b: 1, c: 0.8 });
    optimizer.updateWeights({ a: evidence(0.5), b: evidence(-0.5) }, START);
    const normalized = Object.values(optimizer.normalizeWeights()).reduce((x, y) => x + y, 0);
    expect(normalized).toBeCloseTo(1, 12);
    expect(optimizer.getAllocationSummary().totalAllocation).toBeCloseTo(1.15 + 0.85 + 0.8, 12);
    expect(optimizer.resetToBaseWeights(START).map(({ reason }) => reason)).toContain('reset');
    expect(optimizer.getCurrentWeights()).toEqual({ a: 1, b: 1, c: 0.8 });
  });

  it('preserve the total when asked to, within the bounds and the step', () => {
    fc.assert(
      fc.property(fc.array(edges, { minLength: 3, maxLength: 3 }), (means) => {
        const bases = { a: 1, b: 0.5, c: 1.5 };
        const optimizer = new AdaptiveWeightingOptimizer(bases, { preserveTotal: true });
        for (let i = 1; i < 20; i += 1) {
          const before = optimizer.getCurrentWeights();
          optimizer.updateWeights(
            Object.fromEntries(Object.keys(bases).map((name, k) => [name, evidence(means[k]!, {}, i)])),
            START + i * HOUR,
          );
          const after = optimizer.getCurrentWeights();
          expect(Object.values(after).reduce((x, y) => x + y, 0)).toBeCloseTo(3, 6);
          for (const [name, weight] of Object.entries(after)) {
            expect(Math.abs(weight - before[name]!)).toBeLessThanOrEqual(0.15 * before[name]! + 1e-9);
            expect(weight).toBeGreaterThanOrEqual(0.1);
            expect(weight).toBeLessThanOrEqual(2);
          }
        }
      }),
    );
  });

  it('follow the better strategy by fixed share', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ a: 1, b: 1 }, { method: 'hedge' });
    for (let i = 1; i <= 100; i += 1) {
      optimizer.recordOutcome('a', 1.5);
      optimizer.recordOutcome('b', -1);
      optimizer.updateWeights({ a: evidence(0, {}, i), b: evidence(0, {}, i) }, START + i * HOUR);
    }
    const { a, b } = optimizer.getCurrentWeights();
    expect(a).toBeGreaterThan(1.5);
    expect(b).toBeLessThan(0.5);
  });

  it('leave the only strategy its whole share, to the last bit', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ a: 1 }, { method: 'hedge' });
    for (let i = 1; i <= 200; i += 1) {
      optimizer.recordOutcome('a', Math.sin(i));
      expect(optimizer.updateWeights({ a: evidence(0, {}, i) }, START + i * HOUR)).toEqual([]);
    }
    expect(optimizer.getCurrentWeights()).toEqual({ a: 1 });
  });

  it('bet a quarter of Kelly at most, and stay neutral without evidence', () => {
    expect(
      kellyFactor({ n: 0, meanR: 0, grossProfit: 0, grossLoss: 0, drawdown: 0, deviation: 1 }, 0.01),
    ).toBe(1);
    const known = kellyFactor(
      { n: 100, meanR: 0.06, grossProfit: 0, grossLoss: 0, drawdown: 0, deviation: 1 },
      0.01,
    );
    expect(known).toBeCloseTo(1 / 6 + (5 / 6) * ((0.25 * 6) / 150 / 0.01), 12);
  });

  it('give each strategy equal risk by risk parity, whatever it earns', () => {
    const [calm, wild] = [evidence(-0.5, { deviation: 1 }).overall, evidence(0.5, { deviation: 3 }).overall];
    expect(harmonicDeviation([calm, wild]) / calm.deviation).toBeCloseTo(1.5, 12);
    expect(harmonicDeviation([calm, wild]) / wild.deviation).toBeCloseTo(0.5, 12);
  });

  it('keep within tighter bounds after a restart with another configuration', () => {
    const wide = new AdaptiveWeightingOptimizer({ s: 1 });
    for (let i = 1; i < 20; i += 1) wide.updateWeights({ s: evidence(0.9, {}, i) }, START + i * HOUR);
    const narrow = new AdaptiveWeightingOptimizer({ s: 1 }, { maxWeight: 1.2 });
    narrow.restore(wide.snapshot());
    expect(narrow.getCurrentWeights().s).toBe(1.2);
  });
});

describe('weights that follow the posterior', () => {
  const targets = (overall: number, outcomes = 1) =>
    new Map([
      [
        'a',
        {
          outcomes,
          overall,
          cells: { TREND_WITH: 1, TREND_AGAINST: 0, RANGING: 0.5, VOLATILE: 1, UNKNOWN: 1 },
          symbols: ['BTC/USDT'],
          onSymbols: [0],
        },
      ],
    ]);

  it('step at most 15% an hour, stay in bounds, and are told by cell and by symbol', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ a: 1 });
    const updates = optimizer.followEdge(targets(0), START);
    expect(optimizer.getCurrentWeights().a).toBeCloseTo(0.85, 12);
    expect(optimizer.getWeightForRegime('a', 'RANGING')).toBeCloseTo(0.85, 12);
    expect(optimizer.getWeightForSymbol('a', 'BTC/USDT')).toBeCloseTo(0.85, 12);
    expect(optimizer.getWeightForSymbol('a', 'ETH/USDT')).toBe(1);
    expect(updates.map(({ cell, symbol }) => cell ?? symbol)).toEqual([
      null,
      'TREND_AGAINST',
      'RANGING',
      'BTC/USDT',
    ]);
    expect(optimizer.followEdge(targets(0), START + HOUR)).toEqual([]);
    for (let i = 2; i < 40; i += 1) optimizer.followEdge(targets(0, i), START + i * HOUR);
    expect(optimizer.getCurrentWeights().a).toBe(0.1);
  });

  it('show the components that moved a cell, blended as its target is', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ a: 1 });
    const evidence = { n: 50, meanR: 0.1, grossProfit: 27.5, grossLoss: 22.5, drawdown: 0, deviation: 1 };
    const updates = optimizer.updateWeights({ a: { outcomes: 1, overall: evidence } }, START);
    for (const { target, components } of updates) expect(components!.score).toBeCloseTo(target, 12);
  });

  it('are no numbers from sums below 0', () => {
    const optimizer = new AdaptiveWeightingOptimizer({ a: 1 });
    const overall = { n: 5, meanR: 0, grossProfit: -3, grossLoss: 1, drawdown: 0, deviation: 1 };
    expect(() => optimizer.updateWeights({ a: { outcomes: 1, overall } }, START)).toThrow(/EVIDENCE_INVALID/);
  });
});
