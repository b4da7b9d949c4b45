import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanInterval, studentT95, wilsonInterval } from '../../src/statistics/interval.ts';
import {
  addToMoments,
  emptyMoments,
  kurtosis,
  sampleDeviation,
  sampleVariance,
  skewness,
} from '../../src/statistics/moments.ts';

const momentsOf = (values: readonly number[]) => {
  const moments = emptyMoments();
  for (const value of values) addToMoments(moments, value);
  return moments;
};

describe('streaming moments', () => {
  it('equal the two-pass formulas', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 200 }),
        (values) => {
          const moments = momentsOf(values);
          const n = values.length;
          const mean = values.reduce((a, b) => a + b, 0) / n;
          const central = (k: number) => values.reduce((sum, x) => sum + (x - mean) ** k, 0);
          expect(moments.mean).toBeCloseTo(mean, 9);
          expect(moments.m2).toBeCloseTo(central(2), 5);
          expect(sampleVariance(moments)).toBeCloseTo(central(2) / (n - 1), 5);
          if (central(2) / n < 1) return;
          expect(skewness(moments)).toBeCloseTo(central(3) / n / (central(2) / n) ** 1.5, 6);
          expect(kurtosis(moments)).toBeCloseTo(central(4) / n / (central(2) / n) ** 2, 6);
        },
      ),
    );
  });

  it('keep their digits far from zero, where sums of squares lose them', () => {
    expect(sampleVariance(momentsOf([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]))).toBeCloseTo(30, 6);
  });

  it('say null, not zero, where there is no spread', () => {
    expect(sampleDeviation(momentsOf([0.1, 0.1, 0.1]))).toBeNull();
    expect(sampleDeviation(momentsOf([3]))).toBeNull();
    expect(sampleVariance(momentsOf([]))).toBeNull();
  });
});

describe('intervals', () => {
  it('equal the published Wilson interval', () => {
    // Newcombe, Statistics in Medicine 17, 1998, table I: 81 of 263 and 0 of 20.
    const [low, high] = wilsonInterval(81, 263)!;
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
    expect(wilsonInterval(0, 20)![1]).toBeCloseTo(0.1611, 4);
    expect(wilsonInterval(0, 0)).toBeNull();
  });

  it("equal the tables of Student's t within 1%", () => {
    for (const [freedom, t] of [
      [4, 2.776],
      [9, 2.262],
      [29, 2.045],
      [99, 1.984],
    ] as const) {
      expect(Math.abs(studentT95(freedom) / t - 1)).toBeLessThan(0.01);
    }
  });

  it('say nothing about a mean of fewer than five values', () => {
    expect(meanInterval(momentsOf([1, 2, 3, 4]))).toBeNull();
    const [low, high] = meanInterval(momentsOf([1, 2, 3, 4, 5]))!;
    expect((low + high) / 2).toBeCloseTo(3, 9);
    expect(high - low).toBeCloseTo(2 * 2.776 * Math.sqrt(2.5 / 5), 1);
  });
});
