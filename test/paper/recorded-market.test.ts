import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../src/index.ts';
import { RecordedMarket } from '../../src/paper/recorded-market.ts';
import { HOUR, START } from '../fixtures.ts';

const S = 'BTC/USDT';
const candles = (count: number, at: (i: number) => Partial<Candle> = () => ({})): Candle[] =>
  Array.from({ length: count }, (_, i) => ({
    time: START + i * HOUR,
    open: 100 + i,
    high: 102 + i,
    low: 99 + i,
    close: 101 + i,
    volume: 10,
    ...at(i),
  }));
const market = (own = candles(48), start = START) => new RecordedMarket(new Map([[S, own]]), HOUR, start);

describe('a recorded market', () => {
  it('knows closed candles whole, and of the forming one its open alone', () => {
    const made = market();
    expect(made.price(S)).toBe(100);
    expect(made.rows(S, '1h')).toEqual([[START, 100, 100, 100, 100, 0]]);
    expect(made.nextClose).toBe(START + HOUR);
    expect(made.goTo(START + 2 * HOUR).map(({ candle }) => candle.close)).toEqual([101, 102]);
    expect(made.rows(S, '1h')).toEqual([
      [START, 100, 102, 99, 101, 10],
      [START + HOUR, 101, 103, 100, 102, 10],
      [START + 2 * HOUR, 102, 102, 102, 102, 0],
    ]);
    expect(made.price(S)).toBe(102);
  });

  it('puts longer candles together, answers since and limit, and has no shorter ones', () => {
    const made = market();
    made.goTo(START + 10 * HOUR);
    expect(made.rows(S, '4h', START)).toEqual([
      [START, 100, 105, 99, 104, 40],
      [START + 4 * HOUR, 104, 109, 103, 108, 40],
      [START + 8 * HOUR, 108, 111, 107, 110, 20],
    ]);
    expect(made.rows(S, '1h', START + 3 * HOUR, 2)!.map(([time]) => time)).toEqual([
      START + 3 * HOUR,
      START + 4 * HOUR,
    ]);
    expect(made.rows(S, '1h', undefined, 3)!.map(([time]) => time)).toEqual(
      [8, 9, 10].map((i) => START + i * HOUR),
    );
    expect(made.rows(S, '15m')).toBeNull();
  });

  it('ends with its candles, and goes over gaps', () => {
    const made = market(candles(4).filter((_, i) => i !== 2));
    made.goTo(START + 2 * HOUR);
    expect(made.price(S)).toBe(102);
    expect(made.nextClose).toBe(START + 4 * HOUR);
    made.goTo(START + 9 * HOUR);
    expect(made.nextClose).toBeNull();
    expect(made.day(S)).toEqual({ open: 100, high: 105, low: 99, volume: 30, money: 10 * (101 + 102 + 104) });
  });

  it('tells nothing of what comes later, wherever one looks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 0, max: HOUR - 1 }), (hour, within) => {
        const cut = START + hour * HOUR + within;
        const changed = candles(48, (i) =>
          START + (i + 1) * HOUR > cut ? { high: 1e6, low: 1, close: 5e5, volume: 1e9 } : {},
        );
        const seen = [market(), market(changed)].map((made) => {
          made.goTo(cut);
          return [made.price(S), made.day(S), made.rows(S, '1h'), made.rows(S, '1d')];
        });
        expect(seen[1]).toEqual(seen[0]);
      }),
    );
  });
});
