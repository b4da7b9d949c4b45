import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addReturn, recentDrawdown, startEquityCurve } from '../../src/statistics/equity-curve.ts';
import { addToEwCell, emptyEwCell, ewDeviation, ewMean, ewVariance } from '../../src/statistics/ew-cell.ts';

describe('equity curve', () => {
  it('compounds on equity, and adds up on a fixed capital', () => {
    const compounding = startEquityCurve();
    const additive = startEquityCurve();
    for (const rate of [0.1, -0.2]) {
      addReturn(compounding, rate, true);
      addReturn(additive, rate, false);
    }
    expect(compounding.maxDrawdown).toBeCloseTo(0.2, 12);
    expect(additive.maxDrawdown).toBeCloseTo(0.2 / 1.1, 12);
  });

  it('keeps drawdowns in [0,1] and everything finite', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { maxLength: 300 }),
        fc.boolean(),
        (rates, compounds) => {
          const curve = startEquityCurve();
          for (const rate of rates) addReturn(curve, rate, compounds);
          expect(Object.values(curve).every(Number.isFinite)).toBe(true);
          for (const value of [curve.maxDrawdown, recentDrawdown(curve)]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('stays finite over a million winning trades', () => {
    const curve = startEquityCurve();
    for (let i = 0; i < 1_000_000; i += 1) addReturn(curve, 0.01, true);
    addReturn(curve, -0.5, true);
    expect(curve.maxDrawdown).toBeCloseTo(0.5, 9);
  });

  it('forgives an old peak: the recent drawdown fades by 1% with each flat trade', () => {
    const curve = startEquityCurve();
    addReturn(curve, -0.2, true);
    for (let i = 0; i < 100; i += 1) addReturn(curve, 0, true);
    const gap = 0.2 * 0.99 ** 101;
    expect(recentDrawdown(curve)).toBeCloseTo(gap / (0.8 + gap), 9);
    expect(curve.maxDrawdown).toBeCloseTo(0.2, 12);
  });
});

describe('exponentially weighted cell', () => {
  it('equals the weighted sums', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 60 }),
        (values) => {
          const cell = emptyEwCell();
          for (const r of values) addToEwCell(cell, r);
          const winsorised = values.map((r) => Math.min(10, Math.max(-10, r)));
          const sum = (f: (r: number) => number) =>
            winsorised.reduce((total, r, i) => total + 0.99 ** (values.length - 1 - i) * f(r), 0);
          expect(cell.n).toBeCloseTo(
            sum(() => 1),
            9,
          );
          expect(cell.s1).toBeCloseTo(
            sum((r) => r),
            9,
          );
          expect(cell.gains - cell.losses).toBeCloseTo(
            sum((r) => r),
            9,
          );
          expect(ewVariance(cell)).toBeCloseTo((sum((r) => r * r) + 5) / (cell.n + 5), 9);
          expect(ewDeviation(cell)).toBeCloseTo(Math.sqrt((sum((r) => r * r) + 24) / (cell.n + 20)), 9);
        },
      ),
    );
  });

  it('has a mean of 0 without outcomes', () => {
    expect(ewMean(emptyEwCell())).toBe(0);
  });
});
