import { type Candle, timeframeMs } from '../model/candle.ts';

/** A candle as ccxt answers it. */
export type Row = [time: number, open: number, high: number, low: number, close: number, volume: number];

/** What closed at a time. */
export interface Closed {
  readonly symbol: string;
  readonly candle: Candle;
}

/** Candles answered where a bot does not say how many, as most venues do. */
const USUAL_LIMIT = 500;
const DAY = 86_400_000;

/**
 * Recorded candles at a time that goes on: what closed by then is known whole, of the candle that is forming its open
 * alone. Nothing looks ahead. All candles are of one timeframe.
 */
export class RecordedMarket {
  readonly #candles: ReadonlyMap<string, readonly Candle[]>;
  readonly interval: number;
  /** Candles of each symbol that have closed. */
  readonly #closed = new Map<string, number>();
  #now: number;

  /** @param interval length of a candle in ms */
  constructor(candles: ReadonlyMap<string, readonly Candle[]>, interval: number, start: number) {
    this.#candles = candles;
    this.interval = interval;
    this.#now = start;
    for (const [symbol, own] of candles) this.#closed.set(symbol, countUntil(own, start - interval));
  }

  get symbols(): readonly string[] {
    return [...this.#candles.keys()];
  }

  /** When the next candle closes, ms UTC; null after the last one. */
  get nextClose(): number | null {
    let next = Number.POSITIVE_INFINITY;
    for (const [symbol, own] of this.#candles)
      next = Math.min(
        next,
        (own[this.#closed.get(symbol)!]?.time ?? Number.POSITIVE_INFINITY) + this.interval,
      );
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  /** Goes on to a time. Returns what closed on the way, in order. */
  goTo(time: number): Closed[] {
    this.#now = Math.max(this.#now, time);
    const passed: Closed[] = [];
    for (const [symbol, own] of this.#candles) {
      let count = this.#closed.get(symbol)!;
      for (; count < own.length && own[count]!.time + this.interval <= this.#now; count += 1)
        passed.push({ symbol, candle: own[count]! });
      this.#closed.set(symbol, count);
    }
    return passed.sort((a, b) => a.candle.time - b.candle.time);
  }

  /** The last price that anybody knows; undefined before the first candle. */
  price(symbol: string): number | undefined {
    return this.#forming(symbol)?.open ?? this.#candles.get(symbol)?.[this.#closed.get(symbol)! - 1]?.close;
  }

  /**
   * Candles of a timeframe that is a multiple of the recorded one, the forming one last; null for any other timeframe.
   * @param since open time of the first, ms; without it the latest
   */
  rows(symbol: string, timeframe: string, since?: number, limit = USUAL_LIMIT): Row[] | null {
    const length = timeframeMs(timeframe);
    if (length < this.interval || length % this.interval !== 0) return null;
    const from = since ?? (Math.floor(this.#now / length) - limit + 1) * length;
    const start = Math.ceil(from / length) * length;
    const own = this.#candles.get(symbol) ?? [];
    const rows: Row[] = [];
    for (let i = countUntil(own, start - 1); i < this.#closed.get(symbol)!; i += 1) {
      if (!join(rows, own[i]!, length, limit)) return rows;
    }
    const forming = this.#forming(symbol);
    if (forming && forming.time >= start) join(rows, flat(forming), length, limit);
    return rows;
  }

  /** What was traded in the last day. */
  day(symbol: string): { high: number; low: number; open: number; volume: number; money: number } | null {
    const price = this.price(symbol);
    if (price === undefined) return null;
    const own = this.#candles.get(symbol)!;
    const day = { high: price, low: price, open: price, volume: 0, money: 0 };
    for (let i = this.#closed.get(symbol)! - 1; i >= 0 && own[i]!.time > this.#now - DAY; i -= 1) {
      const { open, high, low, close, volume } = own[i]!;
      day.open = open;
      day.high = Math.max(day.high, high);
      day.low = Math.min(day.low, low);
      day.volume += volume;
      day.money += volume * close;
    }
    return day;
  }

  #forming(symbol: string): Candle | undefined {
    const next = this.#candles.get(symbol)?.[this.#closed.get(symbol)!];
    return next !== undefined && next.time <= this.#now ? next : undefined;
  }
}

/** How many candles opened at or before a time. */
function countUntil(candles: readonly Candle[], time: number): number {
  let [low, high] = [0, candles.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (candles[middle]!.time <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const flat = ({ time, open }: Candle): Candle => ({
  time,
  open,
  high: open,
  low: open,
  close: open,
  volume: 0,
});

/** Adds a candle to the rows of a longer timeframe. Returns false where that would be one row too many. */
function join(
  rows: Row[],
  { time, open, high, low, close, volume }: Candle,
  length: number,
  limit: number,
): boolean {
  const start = Math.floor(time / length) * length;
  const last = rows.at(-1);
  if (last?.[0] !== start) {
    if (rows.length === limit) return false;
    rows.push([start, open, high, low, close, volume]);
    return true;
  }
  last[2] = Math.max(last[2], high);
  last[3] = Math.min(last[3], low);
  last[4] = close;
  last[5] += volume;
  return true;
}
