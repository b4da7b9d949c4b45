import { describe, expect, it } from 'vitest';
import { normalCdf } from '../../src/statistics/normal.ts';
import { posterior } from '../../src/statistics/posterior.ts';

describe('normal distribution function', () => {
  it('equals the tables', () => {
    // Abramowitz and Stegun, table 26.1.
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 14);
    expect(normalCdf(-1.96)).toBeCloseTo(0.02499789514822, 14);
    expect(normalCdf(3)).toBeCloseTo(0.99865010196837, 14);
    expect(normalCdf(-6)).toBeCloseTo(9.865876450377e-10, 14);
    expect([normalCdf(-40), normalCdf(40), normalCdf(Number.NEGATIVE_INFINITY)]).toEqual([0, 1, 0]);
  });
});

describe('posterior of an edge', () => {
  it('equals the published examples', () => {
    expect(posterior(30, 6, 0, 1.44, 20)).toBeCloseTo(0.76025, 6);
    expect(posterior(30, -6, 0, 1.44, 20)).toBeCloseTo(0.23975, 6);
  });

  it('is exactly one half without data', () => {
    expect(posterior(0, 0, 0, 1, 20)).toBe(0.5);
  });
});
