import { describe, expect, it } from 'vitest';
import { percentileInterval, stationaryBootstrap } from '../../src/statistics/bootstrap.ts';
import { seededRandom } from '../../src/statistics/random.ts';

const meanOf = (series: readonly number[]) => (positions: Uint32Array) =>
  positions.reduce((sum, at) => sum + series[at]!, 0) / positions.length;
const spread = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
};

describe('the stationary bootstrap', () => {
  const random = seededRandom(3);
  const independent = Array.from({ length: 500 }, () => random.normal());
  let last = 0;
  const dependent = independent.map((shock) => {
    last = 0.8 * last + shock;
    return last;
  });

  it('gives the standard error of a mean of independent values', () => {
    const means = stationaryBootstrap(500, meanOf(independent), { seed: 1 });
    expect(means).toHaveLength(1000);
    expect(spread(means) / (spread(independent) / Math.sqrt(500))).toBeCloseTo(1, 0);
  });

  it('sees that dependent values say less than their number', () => {
    const blocks = spread(stationaryBootstrap(500, meanOf(dependent), { seed: 1, meanBlock: 25 }));
    const single = spread(stationaryBootstrap(500, meanOf(dependent), { seed: 1, meanBlock: 1 }));
    expect(blocks).toBeGreaterThan(1.8 * single);
  });

  it('is the same for the same seed, and another for another', () => {
    const run = (seed: number) => stationaryBootstrap(50, meanOf(independent), { seed, resamples: 5 });
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('leaves out resamples without a value', () => {
    expect(stationaryBootstrap(10, () => null, { seed: 1 })).toEqual([]);
    expect(stationaryBootstrap(0, () => 1, { seed: 1 })).toEqual([]);
  });
});

describe('a percentile interval', () => {
  it('holds the middle share of the values', () => {
    const values = Array.from({ length: 101 }, (_, i) => 100 - i);
    const [low, high] = percentileInterval(values, 0.9)!;
    expect(low).toBeCloseTo(5, 12);
    expect(high).toBeCloseTo(95, 12);
    expect(percentileInterval([])).toBeNull();
  });
});
