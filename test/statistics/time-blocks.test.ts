import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksInPeriod, TimeBlocks } from '../../src/statistics/time-blocks.ts';
import { cases } from '../cases.ts';
import { HOUR } from '../fixtures.ts';

const times = fc.array(fc.integer({ min: -1e13, max: 4e12 }), { maxLength: 40 });

describe('blocks of time', () => {
  it('sum what falls into the same hour, whatever comes first', () => {
    const blocks = new TimeBlocks(2);
    blocks.add(5 * HOUR + 1, 1, 10);
    blocks.add(3 * HOUR, 1, -2);
    blocks.add(6 * HOUR - 1, 1, 5);
    blocks.add(-1, 1, 7);
    expect(blocks.sorted().map(([index, sums]) => [index, ...sums])).toEqual([
      [-1, 1, 7],
      [3, 1, -2],
      [5, 2, 15],
    ]);
    expect(blocks.base).toBe(HOUR);
  });

  it('merge in pairs aligned to the epoch, once there are more than 1024', () => {
    const blocks = new TimeBlocks(1);
    // From an odd hour on, so that the first has no neighbour.
    for (let i = 0; i < 1024; i += 1) blocks.add((2 * i + 1) * HOUR, 1);
    expect([blocks.base, blocks.sorted().length]).toEqual([HOUR, 1024]);
    blocks.add(2 * 1024 * HOUR, 1);
    // Two hours do not suffice: none has a neighbour within them but the last.
    expect(blocks.base).toBe(4 * HOUR);
    expect(blocks.sorted()).toHaveLength(513);
    expect(blocks.sorted().slice(0, 2)).toEqual([
      [0, Float64Array.of(2)],
      [1, Float64Array.of(2)],
    ]);
    expect(blocks.sorted().at(-1)).toEqual([512, Float64Array.of(1)]);
  });

  it('are the shortest that fit, in every order of arrival, and lose nothing', () => {
    const many = Array.from({ length: 3000 }, (_, i) => (i * 7919 * HOUR) % (9000 * HOUR));
    const [one, other] = [new TimeBlocks(2), new TimeBlocks(2)];
    many.forEach((time, i) => {
      one.add(time, 1, i);
    });
    for (const [i, time] of [...many.entries()].reverse()) other.add(time, 1, i);
    expect(other.snapshot()).toEqual(one.snapshot());
    expect(one.sorted().length).toBeLessThanOrEqual(1024);
    expect(new Set(many.map((time) => Math.floor((2 * time) / one.base))).size).toBeGreaterThan(1024);
    expect(one.sorted().reduce((sum, [, [n]]) => sum + n!, 0)).toBe(3000);
  });

  it('go on from what was saved', () => {
    fc.assert(
      fc.property(times, times, (before, after) => {
        const [whole, first, second] = [new TimeBlocks(1), new TimeBlocks(1), new TimeBlocks(1)];
        for (const time of before) first.add(time, 1);
        second.restore(JSON.parse(JSON.stringify(first.snapshot())));
        for (const time of after) second.add(time, 1);
        for (const time of [...before, ...after]) whole.add(time, 1);
        expect(second.snapshot()).toEqual(whole.snapshot());
      }),
      cases(50),
    );
  });

  it('are not touched through what was saved', () => {
    const [one, other] = [new TimeBlocks(1), new TimeBlocks(1)];
    one.add(0, 1);
    other.restore(one.snapshot());
    other.add(0, 1);
    expect(one.sorted()).toEqual([[0, Float64Array.of(1)]]);
  });
});

describe('a period', () => {
  it('is a day or more, twice what a position is held, and a power of two of blocks', () => {
    expect(blocksInPeriod(HOUR, 0)).toBe(32);
    expect(blocksInPeriod(HOUR, 16 * HOUR)).toBe(32);
    expect(blocksInPeriod(HOUR, 16 * HOUR + 1)).toBe(64);
    expect(blocksInPeriod(8 * HOUR, HOUR)).toBe(4);
    expect(blocksInPeriod(32 * HOUR, HOUR)).toBe(1);
    expect(blocksInPeriod(32 * HOUR, 20 * HOUR)).toBe(2);
  });
});
