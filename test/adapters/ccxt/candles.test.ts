import { describe, expect, it } from 'vitest';
import { CandleFeed } from '../../../adapters/ccxt/candles.ts';
import { engineWith, HOUR, START } from '../../fixtures.ts';

const SYMBOL = 'BTC/USDT';
const QUARTER = HOUR / 4;

function fed() {
  const engine = engineWith();
  const seen: object[] = [];
  engine.subscribe((event) => {
    if (event.type === 'candle') seen.push(event.candle);
  });
  const feed = new CandleFeed(engine);
  return {
    seen,
    take: (timeframe: string, rows: number[][], now: number) => feed.take(SYMBOL, timeframe, rows, now),
  };
}

const quarter = (i: number, price: number) => [
  START + i * QUARTER,
  price,
  price + 2,
  price - 2,
  price + 1,
  10,
];

describe('candles that a bot looks at', () => {
  it("of the overlay's timeframe are taken once they have closed, and once", () => {
    const { take, seen } = fed();
    const rows = [
      [START, 100, 101, 99, 100, 1],
      [START + HOUR, 100, 102, 98, 101, 1],
    ];
    take('1h', rows, START + HOUR + 1);
    take('1h', rows, START + HOUR + 1);
    expect(seen).toHaveLength(1);
    take('1h', rows, START + 2 * HOUR);
    expect(seen).toHaveLength(2);
  });

  it('of a finer timeframe are put together, whatever order and pages they come in', () => {
    const { take, seen } = fed();
    const rows = [0, 1, 2, 3, 4].map((i) => quarter(i, 100 + i));
    take('15m', rows.slice(0, 2).toReversed(), START + 2 * QUARTER);
    take('15m', rows, START + 5 * QUARTER);
    expect(seen).toEqual([{ time: START, open: 100, high: 105, low: 98, close: 104, volume: 40 }]);
  });

  it('are left out where they were not seen from their beginning, or are coarser', () => {
    const { take, seen } = fed();
    take(
      '15m',
      [2, 3].map((i) => quarter(i, 100)),
      START + 4 * QUARTER,
    );
    take('4h', [[START - 4 * HOUR, 100, 101, 99, 100, 1]], START);
    take('1M', [[START, 100, 101, 99, 100, 1]], START + 40 * 24 * HOUR);
    expect(seen).toEqual([]);
    take(
      '15m',
      [4, 5, 6, 7].map((i) => quarter(i, 100)),
      START + 8 * QUARTER,
    );
    expect(seen).toMatchObject([{ time: START + HOUR, volume: 40 }]);
  });

  it('that lack a part in a quiet market are taken when the next begins', () => {
    const { take, seen } = fed();
    take(
      '15m',
      [0, 1, 4].map((i) => quarter(i, 100)),
      START + 5 * QUARTER,
    );
    expect(seen).toMatchObject([{ time: START, volume: 20 }]);
  });
});
