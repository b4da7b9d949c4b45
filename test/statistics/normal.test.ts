import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalCdf, normalQuantile } from '../../src/statistics/normal.ts';
import { cases } from '../cases.ts';

describe('the normal distribution function', () => {
  // From another implementation of erfc, on both sides of where the approximations meet.
  it.each([
    [-8, '6.22096057427e-16'],
    [-6.6, '2.05578890940e-11'],
    [-4, '3.16712418331e-5'],
    [-2.5, '6.20966532578e-3'],
    [-1, '1.58655253931e-1'],
    [-0.3, '3.82088577811e-1'],
    [0.3, '6.17911422189e-1'],
    [1.5, '9.33192798731e-1'],
    [4, '9.99968328758e-1'],
  ])('is known to twelve digits at %s', (x, expected) => {
    expect(normalCdf(x).toExponential(11)).toBe(expected);
  });

  it('keeps its digits far out, has ends, and grows', () => {
    expect(normalCdf(-10) / 7.619853024160593e-24).toBeCloseTo(1, 12);
    expect(normalCdf(-37) / 5.725571222525139e-300).toBeCloseTo(1, 11);
    expect([Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY].map(normalCdf)).toEqual([0, 0.5, 1]);
    expect(normalCdf(Number.NaN)).toBeNaN();
    fc.assert(
      fc.property(
        fc.double({ min: -9, max: 9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        (x, step) => {
          expect(normalCdf(x + step)).toBeGreaterThanOrEqual(normalCdf(x));
          expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 15);
        },
      ),
      cases(100),
    );
  });
});

describe('the normal quantile', () => {
  it('gives the published points', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(0.95)).toBeCloseTo(1.6448536269514722, 12);
    expect(normalQuantile(0.8)).toBeCloseTo(0.8416212335729143, 12);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306167813, 11);
    expect(normalQuantile(1e-9)).toBeCloseTo(-5.997807015007687, 6);
    expect(normalQuantile(0.5)).toBe(0);
  });

  it('is the inverse of the distribution function, and odd about one half', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (p) => {
        expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 12);
        expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 6);
      }),
    );
  });

  it('has infinite ends and no value outside of them', () => {
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(1.1)).toBeNaN();
    expect(normalQuantile(Number.NaN)).toBeNaN();
  });
});
