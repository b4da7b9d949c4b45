import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/effect/comparison.ts';
import { cases } from '../cases.ts';
import { outcome, outcomes } from './fixtures.ts';

const rows = (record: Parameters<typeof compare>[0]) =>
  Object.fromEntries(compare(record).map(({ metric, with: after, without }) => [metric, [after, without]]));

describe('what happened with the overlay and without it', () => {
  it('is counted in R of the host’s own size', () => {
    const record = [outcome(2, 1), outcome(-1, 0), outcome(-1, 0.5), outcome(1, 0.5)];
    const { meanR, expectancy, sharpe, profitFactor, winRate, maxDrawdown } = rows(record);
    expect(meanR).toEqual([1, 0.25]);
    expect(expectancy).toEqual([0.5, 0.25]);
    expect(profitFactor).toEqual([5, 1.5]);
    expect(winRate).toEqual([2 / 3, 0.5]);
    expect(maxDrawdown).toEqual([0.5, 2]);
    expect(sharpe![1]).toBeCloseTo(0.25 / 1.5, 12);
  });

  it('takes what the overlay would have given, where something else went out', () => {
    const record = [
      outcome(2, 1, { intended: 0.25, observed: true }),
      outcome(-4, 1, { intended: 0, inArm: true }),
    ];
    expect(rows(record).expectancy).toEqual([0.25, -1]);
    expect(rows(record).winRate).toEqual([1, 0.5]);
  });

  it('winsorises at 10 R', () => {
    expect(rows([outcome(400, 1), outcome(-30, 1)]).expectancy).toEqual([0, 0]);
    expect(rows([outcome(400, 1)]).expectancy).toEqual([10, 10]);
  });

  it('is the same on both sides where every size is the host’s own', () => {
    fc.assert(
      fc.property(outcomes, (record) => {
        for (const { with: after, without } of compare(record.map((each) => ({ ...each, intended: 1 }))))
          expect(after).toBe(without);
      }),
      cases(50),
    );
  });

  it('says nothing of nothing, and no mean of a unit of size where none was sent', () => {
    for (const { with: after, without } of compare([])) expect([after, without]).toEqual([null, null]);
    expect(rows([outcome(1, 0)]).meanR).toEqual([null, 1]);
    expect(rows([outcome(1, 0)]).winRate).toEqual([null, 1]);
  });
});
