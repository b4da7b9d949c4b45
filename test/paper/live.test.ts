import { describe, expect, it } from 'vitest';
import { type Batch, liveFeed } from '../../src/paper/index.ts';
import { HOUR, START, walk } from '../fixtures.ts';

describe('the live feed', () => {
  it('brings candles that come late as late: nobody could have traded on them', async () => {
    const stop = new AbortController();
    const clock = {
      time: START + 60_000,
      now: () => clock.time,
      async sleep(ms: number) {
        clock.time += ms;
        if (clock.time > START + 6 * HOUR) stop.abort();
      },
    };
    const candles = walk(6);
    const silent = (now: number) => now > START + HOUR + 60_000 && now < START + 4 * HOUR;
    const feed = liveFeed({
      data: {
        candles: async (_symbol, _timeframe, since, until) =>
          silent(until) ? [] : candles.filter(({ time }) => time >= since && time + HOUR <= until),
      },
      symbols: ['A'],
      timeframe: '1h',
      interval: HOUR,
      clock,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      signal: stop.signal,
      start: START,
    });
    const batches: Batch[] = [];
    for await (const batch of feed.batches()) batches.push(batch);
    expect(
      batches.map(({ closedAt, candles: of, late }) => [(closedAt - START) / HOUR, of.length, late ?? false]),
    ).toEqual([
      [1, 1, false],
      [2, 0, false],
      [3, 0, false],
      [2, 1, true],
      [3, 1, true],
      [4, 1, false],
      [5, 1, false],
    ]);
  });
});
