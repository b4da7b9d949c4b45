import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correlation, ranks, spearman } from '../../src/statistics/correlation.ts';

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 3, maxLength: 40 });

describe('ranks', () => {
  it('gives equal values the mean of their ranks', () => {
    expect(ranks([10, 20, 20, 5])).toEqual([2, 3.5, 3.5, 1]);
    expect(ranks([])).toEqual([]);
  });
});

describe('a rank correlation', () => {
  it("gives Spearman's IQ and television example, rho -0.17575758", () => {
    const iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110];
    const hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17];
    expect(spearman(iq, hours)?.rho).toBeCloseTo(-0.17575757575757578, 12);
  });

  it('is 1 for any increasing relation, and has no interval then', () => {
    const xs = Array.from({ length: 20 }, (_, i) => i);
    expect(spearman(xs, xs.map(Math.exp))).toEqual({ n: 20, rho: 1, interval: null });
  });

  it('does not exist without spread or with fewer than three pairs', () => {
    expect(spearman([1, 1, 1, 1], [1, 2, 3, 4])).toBeNull();
    expect(correlation([1, 2], [1, 2])).toBeNull();
    expect(correlation([0.1, 0.1, 0.1], [1, 2, 3])).toBeNull();
  });

  it('stays in [-1,1], inside its interval, and does not mind which comes first', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const n = Math.min(a.length, b.length);
        const [xs, ys] = [a.slice(0, n), b.slice(0, n)];
        const found = spearman(xs, ys);
        if (found === null) return;
        expect(Math.abs(found.rho)).toBeLessThanOrEqual(1);
        expect(spearman(ys, xs)?.rho).toBeCloseTo(found.rho, 12);
        if (found.interval) {
          expect(found.interval[0]).toBeLessThanOrEqual(found.rho);
          expect(found.interval[1]).toBeGreaterThanOrEqual(found.rho);
        }
      }),
    );
  });
});
