import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agreementOf,
  confluenceOrNull,
  type QualityInputs,
  qualityScore,
  rateOrNull,
} from '../../src/quality/score.ts';

const rate = fc.double({ min: 0, max: 1, noNaN: true });
const inputs = fc.record({
  confidence: fc.option(rate),
  confluence: fc.option(fc.integer({ min: 1, max: 10 })),
  alignment: rate,
  successRate: rate,
  adjustment: fc.double({ min: 0, max: 2, noNaN: true }),
});

describe('quality score', () => {
  it('equals the published examples', () => {
    expect(
      qualityScore({ confidence: 0.75, alignment: 0.85, successRate: 0.5, confluence: 3, adjustment: 1.1 }),
    ).toBeCloseTo(0.748, 12);
    expect(
      qualityScore({ confidence: 1, alignment: 1, successRate: 0.5, confluence: 3, adjustment: 0.8 }),
    ).toBeCloseTo(0.64, 12);
  });

  it('reaches 0.7 in a volatile market only with a perfect signal', () => {
    const perfect = { confidence: 1, alignment: 1, successRate: 1, confluence: 3, adjustment: 0.7 };
    expect(qualityScore(perfect)).toBeCloseTo(0.7, 12);
    expect(qualityScore({ ...perfect, confidence: 0.99 })).toBeLessThan(0.7);
  });

  it('scales the other weights when there is no confidence, and ignores a missing confluence', () => {
    expect(
      qualityScore({ confidence: null, alignment: 0.6, successRate: 0.6, confluence: null, adjustment: 1 }),
    ).toBeCloseTo(0.6, 12);
  });

  it('is always in [0,1]', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const q = qualityScore(given);
        expect(q).toBeGreaterThanOrEqual(0);
        expect(q).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('never falls when confidence, alignment, success rate, confluence or adjustment rises', () => {
    const raised = fc.constantFrom('confidence', 'alignment', 'successRate', 'confluence', 'adjustment');
    fc.assert(
      fc.property(inputs, raised, fc.double({ min: 0, max: 1, noNaN: true }), (given, key, by) => {
        const value = given[key];
        fc.pre(value !== null);
        const more =
          key === 'confluence' ? value + 1 : key === 'adjustment' ? value + by : Math.min(1, value + by);
        const higher: QualityInputs = { ...given, [key]: more };
        expect(qualityScore(higher)).toBeGreaterThanOrEqual(qualityScore(given) - 1e-15);
      }),
    );
  });
});

describe('rates from a host', () => {
  it('takes a percentage, a NaN and a negative number for missing, never divides', () => {
    expect([75, 1.01, Number.NaN, -0.1, Number.POSITIVE_INFINITY, undefined].map(rateOrNull)).toEqual(
      Array(6).fill(null),
    );
    expect([0, 0.75, 1].map(rateOrNull)).toEqual([0, 0.75, 1]);
  });

  it('takes an impossible confluence for missing, and none at all for none that agrees', () => {
    expect([-1, Number.NaN, Number.POSITIVE_INFINITY, undefined].map(confluenceOrNull)).toEqual(
      Array(4).fill(null),
    );
    expect(agreementOf(confluenceOrNull(0))).toBeLessThan(agreementOf(confluenceOrNull(1)));
    expect(confluenceOrNull(2)).toBe(2);
  });
});
