import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToTally, emptyTally, successRate } from '../../src/quality/success-rate.ts';

describe('historical success rate', () => {
  it('equals the published cascade', () => {
    const strategy = { wins: 12, losses: 8 };
    const cell = { wins: 7, losses: 3 };
    const leaf = { wins: 2, losses: 0 };
    expect(successRate([strategy, undefined, undefined])).toBeCloseTo(0.55, 12);
    expect(successRate([strategy, cell, undefined])).toBeCloseTo(0.58, 12);
    expect(successRate([strategy, cell, leaf])).toBeCloseTo(0.6, 12);
  });

  it('is one half without outcomes', () => {
    expect(successRate([undefined, undefined, undefined])).toBe(0.5);
  });

  it('stays in [0,1] and never falls with a win more', () => {
    const tally = fc.record({
      wins: fc.double({ min: 0, max: 100, noNaN: true }),
      losses: fc.double({ min: 0, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(tally, tally, tally, fc.nat(2), (a, b, c, level) => {
        const levels = [a, b, c] as const;
        const before = successRate(levels);
        expect(before).toBeGreaterThanOrEqual(0);
        expect(before).toBeLessThanOrEqual(1);
        const raised = levels.map((t, i) => (i === level ? { ...t, wins: t.wins + 1 } : t)) as [
          typeof a,
          typeof a,
          typeof a,
        ];
        expect(successRate(raised)).toBeGreaterThanOrEqual(before - 1e-15);
      }),
    );
  });

  it('counts a scratch as half a win', () => {
    const tally = emptyTally();
    addToTally(tally, 1e-12);
    expect(tally).toEqual({ wins: 0.5, losses: 0.5 });
  });

  it('forgets: an outcome weighs 0.99 of the next', () => {
    const tally = emptyTally();
    addToTally(tally, 1);
    addToTally(tally, -1);
    expect(tally).toEqual({ wins: 0.99, losses: 1 });
  });
});
