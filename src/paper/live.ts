import type { Candle } from '../model/candle.ts';
import type { Clock, Log, MarketData } from '../model/ports.ts';
import type { Batch, Feed } from './feed.ts';

export interface LiveFeedOptions {
  readonly data: MarketData;
  readonly symbols: readonly string[];
  readonly timeframe: string;
  /** Length of a candle in ms. */
  readonly interval: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the feed. */
  readonly signal: AbortSignal;
  /** Closed candles before this time are history, ms UTC. */
  readonly start: number;
}

/** Exchanges need a moment to publish the candle that just closed. */
const SETTLE = 2000;

/**
 * Polls an exchange once after each candle closes. A symbol whose data fail is left out and caught up
 * later; a batch comes each time, empty if need be, so that what waits for time to pass can run.
 */
export function liveFeed({
  data,
  symbols,
  timeframe,
  interval,
  clock,
  log,
  signal,
  start,
}: LiveFeedOptions): Feed {
  const sorted = [...symbols].sort();
  const next = new Map(sorted.map((symbol) => [symbol, Math.floor(start / interval) * interval]));

  async function poll(now: number): Promise<Map<number, [string, Candle][]>> {
    const byTime = new Map<number, [string, Candle][]>();
    for (const symbol of sorted) {
      if (signal.aborted) break;
      try {
        for (const candle of await data.candles(symbol, timeframe, next.get(symbol)!, now)) {
          const batch = byTime.get(candle.time) ?? [];
          batch.push([symbol, candle]);
          byTime.set(candle.time, batch);
          next.set(symbol, candle.time + interval);
        }
      } catch (error) {
        log.warn(`no new candles of ${symbol}`, { error: (error as Error).message });
      }
    }
    return byTime;
  }

  return {
    total: null,
    async *batches(): AsyncIterable<Batch> {
      while (!signal.aborted) {
        const boundary = (Math.floor(clock.now() / interval) + 1) * interval;
        await clock.sleep(boundary + SETTLE - clock.now(), signal);
        if (signal.aborted) return;
        const byTime = await poll(clock.now());
        let last = 0;
        for (const time of [...byTime.keys()].sort((a, b) => a - b)) {
          last = time + interval;
          yield { closedAt: last, candles: byTime.get(time)!, late: last < boundary };
        }
        if (last < boundary) yield { closedAt: boundary, candles: [] };
      }
    },
  };
}
