import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EDGE_PRESETS } from '../../src/config/presets.ts';
import { PRIOR_MEAN } from '../../src/edge/constants.ts';
import { RAMPS, settledSize, targetSize, wholeOrNone } from '../../src/edge/size.ts';
import { cases } from '../cases.ts';

const theta = fc.double({ min: -2, max: 2, noNaN: true });
const cap = fc.constantFrom(1, 1.5, 2, 3, 10);
const presets = fc.constantFrom(...Object.values(EDGE_PRESETS).map(({ ramps }) => ramps));

describe('the size that a theta deserves', () => {
  it('equals the published examples under a cap of 1', () => {
    const sizes = [-0.02, 0, 0.01, 0.02].map((each) => targetSize(each, RAMPS, 1));
    for (const [i, size] of [0, 0.5, 0.75, 1].entries()) expect(sizes[i]).toBeCloseTo(size, 12);
  });

  it('has a later and wider ramp under a larger cap, and grows in proportion above .08', () => {
    const sizes = [-0.01, 0, 0.015, 0.03, 0.06, 0.08, 0.1, 0.12, 0.16, 5];
    const under2 = sizes.map((each) => targetSize(each, RAMPS, 2));
    for (const [i, size] of [0, 0, 0.25, 0.5, 1, 1, 1.25, 1.5, 2, 2].entries())
      expect(under2[i]).toBeCloseTo(size, 12);
    expect(targetSize(0.1, RAMPS, 1.1)).toBe(1.1);
    expect(targetSize(0.5, RAMPS, 1)).toBe(1);
  });

  it('begins .02 earlier with the aggressive preset', () => {
    const { ramps } = EDGE_PRESETS.aggressive;
    expect(targetSize(-0.04, ramps, 1)).toBe(0);
    expect(targetSize(-0.02, ramps, 1)).toBeCloseTo(0.5, 12);
    expect(targetSize(0, ramps, 1)).toBe(1);
    expect(targetSize(-0.02, ramps, 2)).toBe(0);
    expect(targetSize(0.01, ramps, 2)).toBeCloseTo(0.5, 12);
  });

  it('lies in [0, cap], never falls when theta rises, has no jumps, and is whole without data', () => {
    fc.assert(
      fc.property(theta, theta, presets, cap, (a, b, ramps, limit) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const [below, above] = [targetSize(low, ramps, limit), targetSize(high, ramps, limit)];
        expect(below).toBeGreaterThanOrEqual(0);
        expect(above).toBeLessThanOrEqual(limit);
        expect(above).toBeGreaterThanOrEqual(below);
        // Nowhere steeper than the narrow ramp of all or nothing.
        expect(above - below).toBeLessThanOrEqual(25 * (high - low) + 1e-12);
        expect(targetSize(PRIOR_MEAN, ramps, limit)).toBe(1);
      }),
      cases(500),
    );
  });
});

describe('the size after the dead band', () => {
  it('stays where it was for less than a quarter', () => {
    expect(settledSize(0.6, null, 2, 'scale')).toBe(0.6);
    expect(settledSize(0.6, 0.4, 2, 'scale')).toBe(0.4);
    expect(settledSize(0.4, 0.6, 2, 'scale')).toBe(0.6);
    expect(settledSize(0.75, 0.5, 2, 'scale')).toBe(0.75);
    expect(settledSize(0.25, 0.5, 2, 'scale')).toBe(0.25);
    expect(settledSize(0.7499, 0.5, 2, 'scale')).toBe(0.5);
  });

  it('always reaches nothing, the whole and the cap', () => {
    expect(settledSize(0, 0.1, 2, 'scale')).toBe(0);
    expect(settledSize(1, 0.9, 2, 'scale')).toBe(1);
    expect(settledSize(2, 1.9, 2, 'scale')).toBe(2);
    expect(settledSize(1.9, 2, 2, 'scale')).toBe(2);
  });

  it('is all or nothing for a host that can send no other, and does not waver', () => {
    const from = (last: number | null) =>
      [0.2, 0.25, 0.26, 0.49, 0.5, 0.74, 0.75, 1].map((each) => wholeOrNone(each, last));
    expect(from(null)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(from(1)).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
    expect(from(0)).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
    expect(settledSize(0.6, 0, 1, 'veto')).toBe(0);
    expect(settledSize(0.6, 1, 1, 'veto')).toBe(1);
  });

  it('is within a quarter of what is deserved, and moves by a quarter or to an end', () => {
    fc.assert(
      fc.property(cap, fc.array(theta, { minLength: 1, maxLength: 30 }), (limit, thetas) => {
        let last: number | null = null;
        for (const each of thetas) {
          const target = targetSize(each, RAMPS, limit);
          const size: number = settledSize(target, last, limit, 'scale');
          expect(Math.abs(size - target)).toBeLessThan(0.25);
          if (last !== null && size !== last && ![0, 1, limit].includes(size))
            expect(Math.abs(size - last)).toBeGreaterThanOrEqual(0.25);
          last = size;
        }
      }),
      cases(200),
    );
  });
});
