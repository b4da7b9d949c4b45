import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { luckySharpe, minimumTrackRecord, probabilisticSharpe } from '../../src/statistics/sharpe-test.ts';

describe('the probabilistic Sharpe ratio', () => {
  it('gives the worked example of Bailey and Lopez de Prado: 2 years of months, 0.458, -2.448, 10.164', () => {
    const record = { n: 24, sharpe: 0.458, skewness: -2.448, kurtosis: 10.164 };
    expect(probabilisticSharpe(record)).toBeCloseTo(0.913, 3);
    expect(minimumTrackRecord(record)).toBeCloseTo(35, 0);
  });

  it('needs as many normal months as published: a yearly 1.5 against 1 at 95%', () => {
    const needed = (annual: number, against: number) =>
      minimumTrackRecord(
        { n: 0, sharpe: annual / Math.sqrt(12), skewness: 0, kurtosis: 3 },
        against / Math.sqrt(12),
      )! / 12;
    expect(needed(2, 1)).toBeCloseTo(3.24, 1);
    expect(needed(1.5, 1)).toBeGreaterThan(needed(2, 1));
  });

  it('reaches the confidence exactly at the minimum track record', () => {
    const numbers = fc.record({
      sharpe: fc.double({ min: 0.01, max: 1, noNaN: true }),
      skewness: fc.double({ min: -1, max: 1, noNaN: true }),
      kurtosis: fc.double({ min: 3, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(numbers, (shape) => {
        const n = minimumTrackRecord({ n: 0, ...shape })!;
        expect(probabilisticSharpe({ n, ...shape })).toBeCloseTo(0.95, 9);
      }),
    );
  });

  it('says nothing about one trade, and no length proves what is not there', () => {
    expect(probabilisticSharpe({ n: 1, sharpe: 1, skewness: 0, kurtosis: 3 })).toBeNull();
    expect(minimumTrackRecord({ n: 50, sharpe: -0.1, skewness: 0, kurtosis: 3 })).toBeNull();
  });
});

describe('the luck of many trials', () => {
  it('gives the worked example of the paper: 100 trials with variance 1/2 a year, about 0.1132 a day', () => {
    expect(luckySharpe(100, 0.5 / 250)).toBeCloseTo(0.1132, 3);
  });

  it('is nothing for one trial and grows with trials', () => {
    expect(luckySharpe(1, 1)).toBe(0);
    expect(luckySharpe(20, 1)).toBeGreaterThan(luckySharpe(2, 1));
  });
});
