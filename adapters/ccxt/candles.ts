import { type OptimizationEngine, timeframeMs } from '../../src/index.ts';

/** A candle of the engine's timeframe that is being put together. */
interface Bucket {
  readonly time: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** End of the last part that is in it. */
  to: number;
}

/** A closed candle of the parts' timeframe. */
type Row = readonly [time: number, open: number, high: number, low: number, close: number, volume?: number];

/**
 * Feeds the regimes with the candles that a bot looks at anyway. Finer ones are put together to the timeframe of the
 * overlay; one that was not seen from its beginning is left out.
 */
export class CandleFeed {
  readonly #engine: OptimizationEngine;
  readonly #buckets = new Map<string, Bucket>();
  /** Begin of the first and end of the last part seen, by symbol and timeframe. */
  readonly #seen = new Map<string, { readonly from: number; to: number }>();

  constructor(engine: OptimizationEngine) {
    this.#engine = engine;
  }

  /** Takes rows as ccxt answers them; the last one may not have closed yet. */
  take(
    symbol: string,
    timeframe: string,
    rows: readonly (readonly (number | undefined)[])[],
    now: number,
  ): void {
    const { timeframe: wanted } = this.#engine.config;
    const [part, whole] = [lengthOf(timeframe), lengthOf(wanted)];
    if (part === null || whole === null || part > whole || whole % part !== 0) return;
    const sorted = rows.filter(([time]) => Number.isFinite(time)).toSorted((a, b) => a[0]! - b[0]!);
    for (const row of sorted as unknown as Row[]) {
      if (row[0] + part > now) continue;
      if (part === whole) this.#record(symbol, row);
      else this.#join(symbol, timeframe, row, part, whole);
    }
  }

  #join(symbol: string, timeframe: string, row: Row, part: number, whole: number): void {
    const key = `${symbol}\n${timeframe}`;
    const [time, open, high, low, close, volume = 0] = row;
    const seen = this.#seen.get(key) ?? { from: time, to: time };
    this.#seen.set(key, seen);
    if (time + part <= seen.to) return;
    seen.to = time + part;
    const start = Math.floor(time / whole) * whole;
    let bucket = this.#buckets.get(key);
    if (bucket && bucket.time !== start) {
      this.#finish(symbol, bucket);
      bucket = undefined;
    }
    if (!bucket) {
      // Of a candle that began before anybody looked nobody knows its first prices.
      if (time !== start && seen.from >= start) return;
      bucket = { time: start, open, high, low, close, volume: 0, to: start };
      this.#buckets.set(key, bucket);
    }
    bucket.high = Math.max(bucket.high, high);
    bucket.low = Math.min(bucket.low, low);
    bucket.close = close;
    bucket.volume += volume;
    bucket.to = time + part;
    if (bucket.to < start + whole) return;
    this.#buckets.delete(key);
    this.#finish(symbol, bucket);
  }

  #finish(symbol: string, { time, open, high, low, close, volume }: Bucket): void {
    this.#record(symbol, [time, open, high, low, close, volume]);
  }

  #record(symbol: string, [time, open, high, low, close, volume = 0]: Row): void {
    if (!(time > this.#engine.detector.lastTime(symbol))) return;
    const { timeframe } = this.#engine.config;
    this.#engine.recordCandle(symbol, timeframe, { time, open, high, low, close, volume });
  }
}

/** Length in ms, or null for a timeframe that is none. */
function lengthOf(timeframe: string): number | null {
  try {
    return timeframeMs(timeframe);
  } catch {
    return null;
  }
}
