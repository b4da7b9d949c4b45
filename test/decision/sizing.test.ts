import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawdownGuard, qualityFactor, roundToLot, sizeMultiplier } from '../../src/index.ts';

const factor = fc.double({ min: 0, max: 3, noNaN: true });

describe('multiplier', () => {
  it('is the product of its factors, in [0, cap]', () => {
    expect(
      sizeMultiplier(
        { weight: 1.2, health: 0.5, qualityFactor: 1, edgeFactor: 1, guard: 0.5, fleetGuard: 1 },
        2,
      ),
    ).toBeCloseTo(0.3, 12);
    fc.assert(
      fc.property(
        factor,
        factor,
        factor,
        factor,
        fc.constantFrom(1, 2),
        (weight, health, quality, guard, cap) => {
          const multiplier = sizeMultiplier(
            { weight, health, qualityFactor: quality, edgeFactor: 1, guard, fleetGuard: 1 },
            cap,
          );
          expect(multiplier).toBeGreaterThanOrEqual(0);
          expect(multiplier).toBeLessThanOrEqual(cap);
        },
      ),
    );
  });

  it('halves for a degraded strategy, before the cap', () => {
    const at = (health: number) =>
      sizeMultiplier({ weight: 0.9, health, qualityFactor: 1, edgeFactor: 1, guard: 1, fleetGuard: 1 }, 2);
    expect(at(0.5)).toBe(at(1) / 2);
  });
});

describe('quality factor', () => {
  it('is 1 from the threshold up and one half at a score of 0', () => {
    expect([0, 0.35, 0.7, 1].map((q) => qualityFactor(q, 0.7))).toEqual([0.5, 0.75, 1, 1]);
    expect(qualityFactor(0, 0)).toBe(1);
  });
});

describe('drawdown guard', () => {
  it('equals the published examples', () => {
    const values = [0, 0.125, 0.15, 0.2].map((drawdown) => drawdownGuard(drawdown, 0.1, 0.2));
    [1, 0.75, 0.5, 0].forEach((expected, i) => {
      expect(values[i]).toBeCloseTo(expected, 12);
    });
  });

  it('never rises with the drawdown and has no jumps', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1e-6, noNaN: true }),
        (drawdown, more) => {
          const [here, there] = [drawdownGuard(drawdown, 0.1, 0.2), drawdownGuard(drawdown + more, 0.1, 0.2)];
          expect(there).toBeLessThanOrEqual(here);
          expect(here - there).toBeLessThanOrEqual(1.0001e-5);
        },
      ),
    );
  });
});

describe('lot rounding', () => {
  const steps = fc.constantFrom(1e-8, 1e-5, 0.001, 0.01, 0.1, 0.25, 0.5, 1, 10);

  it('is never above the request, a multiple of the step, and does nothing twice', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e6, noNaN: true }), steps, (quantity, step) => {
        const rounded = roundToLot(quantity, step);
        expect(rounded).toBeLessThanOrEqual(quantity);
        const lots = rounded / step;
        expect(Math.abs(lots - Math.round(lots))).toBeLessThan(1e-6 + lots * 1e-15);
        expect(roundToLot(rounded, step)).toBe(rounded);
      }),
    );
  });

  it('is not fooled by binary fractions', () => {
    expect(roundToLot(0.3, 0.1)).toBe(0.3);
    expect(roundToLot(0.1 + 0.2, 0.1)).toBe(0.3);
    expect(roundToLot(0.07, 0.01)).toBe(0.07);
    expect(roundToLot(1.23456789, 1e-5)).toBe(1.23456);
  });

  it('is 0 below the minimum, never rounded up to it', () => {
    expect(roundToLot(0.09, 0.01, 0.1)).toBe(0);
    expect(roundToLot(0.1, 0.01, 0.1)).toBe(0.1);
    expect([Number.NaN, Number.POSITIVE_INFINITY, -1, 0].map((q) => roundToLot(q, 0.1))).toEqual([
      0, 0, 0, 0,
    ]);
  });
});
