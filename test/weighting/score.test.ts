import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_EVIDENCE, weightScore } from '../../src/weighting/score.ts';

const score = (
  n: number,
  meanR: number,
  grossProfit: number,
  grossLoss: number,
  drawdown: number,
  deviation: number,
) => weightScore({ n, meanR, grossProfit, grossLoss, drawdown, deviation }, 0.15).score;

const evidence = fc.record({
  n: fc.double({ min: 0, max: 100, noNaN: true }),
  meanR: fc.double({ min: -10, max: 10, noNaN: true }),
  grossProfit: fc.double({ min: 0, max: 1000, noNaN: true }),
  grossLoss: fc.double({ min: 0, max: 1000, noNaN: true }),
  drawdown: fc.double({ min: 0, max: 1, noNaN: true }),
  deviation: fc.double({ min: 0.05, max: 10, noNaN: true }),
});

describe('weight score', () => {
  it('equals the published examples', () => {
    expect(score(50, 0.1, 27.5, 22.5, 0.05, 1)).toBeCloseTo(1.196509, 6);
    expect(score(50, -0.2, 20, 30, 0.12, 1)).toBeCloseTo(0.554304, 6);
    expect(score(50, 0, 25, 25, 0.05, 1)).toBe(1);
    expect(score(20, 1, 20, 0, 0, 0.05)).toBeCloseTo(1.399866, 6);
  });

  it('is neutral without evidence', () => {
    expect(weightScore(NO_EVIDENCE, 0.15).score).toBe(1);
  });

  it('stays in [0,2]', () => {
    fc.assert(
      fc.property(evidence, (given) => {
        const value = weightScore(given, 0.15).score;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('rises with mean R and gains, falls with losses and drawdown', () => {
    const step = fc.double({ min: 0, max: 5, noNaN: true });
    fc.assert(
      fc.property(evidence, step, (given, by) => {
        const at = (change: object) => weightScore({ ...given, ...change }, 0.15).score;
        const here = at({});
        expect(at({ meanR: given.meanR + by })).toBeGreaterThanOrEqual(here - 1e-12);
        expect(at({ grossProfit: given.grossProfit + by })).toBeGreaterThanOrEqual(here - 1e-12);
        expect(at({ grossLoss: given.grossLoss + by })).toBeLessThanOrEqual(here + 1e-12);
        expect(at({ drawdown: Math.min(1, given.drawdown + by) })).toBeLessThanOrEqual(here + 1e-12);
      }),
    );
  });

  it('has no jumps', () => {
    const keys = fc.constantFrom('n', 'meanR', 'grossProfit', 'grossLoss', 'drawdown', 'deviation');
    fc.assert(
      fc.property(evidence, keys, (given, key) => {
        const near = weightScore({ ...given, [key]: given[key] + 1e-9 }, 0.15).score;
        expect(Math.abs(near - weightScore(given, 0.15).score)).toBeLessThan(1e-6);
      }),
    );
  });
});
