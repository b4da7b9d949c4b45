import { describe, expect, it } from 'vitest';
import { OptimizationMonitor } from '../../src/index.ts';
import { AUTHOR, engineWith, feed, HOUR, rulesWith, START, signal, trade, walk } from '../fixtures.ts';

const DAY = 24 * HOUR;

describe('what the overlay does, in figures', () => {
  it('says nothing of nothing, with n = 0', () => {
    const { averageQuality, filteredShare, winRateImprovement, weightCorrelation, recoveryRate } =
      new OptimizationMonitor(engineWith()).getEffectiveness();
    for (const figure of [averageQuality, filteredShare, winRateImprovement, weightCorrelation, recoveryRate])
      expect(figure).toEqual({ value: null, n: 0 });
  });

  it('counts what was filtered and what it came to', () => {
    const engine = rulesWith({ enforcement: 'strict', retirementManagement: false });
    const candles = walk(400, 2, { drift: -0.003 });
    for (const candle of candles.slice(0, 200)) engine.recordCandle('BTC/USDT', '1h', candle);
    const time = START + 200 * HOUR;
    for (let i = 0; i < 3; i += 1) {
      const decision = engine.decide(
        signal({ time: time + i, regime: 'TRENDING', alignment: 1, confidence: 1 }),
      );
      engine.recordTrade(trade(i === 0 ? -1 : 2, { decision, entryTime: time, exitTime: time + i }));
    }
    engine.decide(signal({ time: time + 5, confidence: 0, alignment: 0 }));
    for (const candle of candles.slice(200)) engine.recordCandle('BTC/USDT', '1h', candle);
    engine.updateOptimization(START + 400 * HOUR);
    const figures = new OptimizationMonitor(engine).getEffectiveness();
    expect(figures.filteredShare).toEqual({ value: 0.25, n: 4 });
    expect(figures.averageQuality.n).toBe(3);
    expect(figures.averageQuality.value).toBeGreaterThan(0.7);
    // Two of three that were sent won; of all four, the blocked one lost.
    expect(figures.winRateImprovement.n).toBe(3);
    expect(figures.winRateImprovement.value).toBeCloseTo(2 / 3 - 2 / 4, 12);
    expect(figures.weightCorrelation.n).toBe(4);
    expect(figures.averageWeight.EMA_Trend).toEqual({ value: 1, n: 4 });
  });

  it('measures the time in DEGRADED, and how often a strategy recovers from it', () => {
    const engine = engineWith();
    let now = feed(engine, Array(22).fill(-0.2));
    expect(engine.manager.statusOf('EMA_Trend')).toBe('DEGRADED');
    now = feed(engine, Array(60).fill(1.5), {}, now);
    expect(engine.manager.statusOf('EMA_Trend')).toBe('ACTIVE');
    engine.forceStatus('EMA_Trend', 'DEGRADED', { ...AUTHOR, time: now, pinForHours: 'forever' });
    const figures = new OptimizationMonitor(engine).getEffectiveness();
    expect(figures.recoveryRate).toEqual({ value: 1, n: 1 });
    expect(figures.hoursDegraded.n).toBe(2);
    expect(figures.hoursDegraded.value).toBeGreaterThan(0);
    expect(figures.statuses.DEGRADED).toEqual({ value: 1, n: 1 });
    expect(figures.weightChangesPerDay.n).toBe(0);
    engine.updateOptimization(now + HOUR);
    expect(new OptimizationMonitor(engine).getEffectiveness().weightChangesPerDay.n).toBe(1);
  });
});

describe('a track record', () => {
  const recordOf = (outcomes: readonly number[]) => {
    const engine = engineWith();
    outcomes.forEach((r, i) => {
      engine.recordTrade(trade(r, { entryTime: START + i * DAY, exitTime: START + (i + 1) * DAY }));
    });
    return new OptimizationMonitor(engine).getTrackRecords()[0]!;
  };

  it('says how many more outcomes an edge needs to show, and how long that takes at this pace', () => {
    const record = recordOf(Array.from({ length: 40 }, (_, i) => (i % 5 < 2 ? 1.7 : -1)));
    expect(record.probabilisticSharpe).toBeGreaterThan(0.5);
    expect(record.probabilisticSharpe).toBeLessThan(0.95);
    expect(record.outcomes).toBe(40);
    expect(record.moreOutcomes).toBe(record.outcomesNeeded! - 40);
    expect(record.moreWeeks).toBeCloseTo(record.moreOutcomes! / 7, 9);
    expect(record.summary).toBe(
      `needs about ${record.moreOutcomes} more outcomes, about ${Math.round(record.moreWeeks!)} weeks at this pace`,
    );
  });

  it('shows the latest trades beside it, which may fail after a life that proved something', () => {
    const record = recordOf([
      ...Array.from({ length: 300 }, (_, i) => (i % 2 ? 2 : -0.5)),
      ...Array(50).fill(-1),
    ]);
    expect(record).toMatchObject({ outcomes: 350, moreOutcomes: 0, window: { trades: 50 } });
    expect(record.window.expectancy).toBeCloseTo(-1, 9);
    expect(recordOf([1]).window.trades).toBe(1);
  });

  it('says when there is enough of it, nothing in it, or too little', () => {
    expect(recordOf(Array.from({ length: 60 }, (_, i) => (i % 2 ? 2 : -0.5))).summary).toMatch(/long enough/);
    expect(recordOf(Array.from({ length: 60 }, (_, i) => (i % 2 ? 0.5 : -1))).summary).toMatch(
      /no edge so far/,
    );
    expect(recordOf([1, 1.1]).summary).toMatch(/needs about 28 more outcomes/);
    expect(recordOf([1])).toMatchObject({
      probabilisticSharpe: null,
      summary: expect.stringMatching(/too few/),
    });
  });
});
