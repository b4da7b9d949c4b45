import { type Candle, candleFault, timeframeMs } from '../model/candle.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Clock, Log, MarketData } from '../model/ports.ts';
import type { CcxtInstance } from '../paper/exchange.ts';

export interface CcxtMarketDataOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the pauses between tries. */
  readonly signal?: AbortSignal;
  /** ccxt's class of errors that pass: time-outs, dropped connections, 429 and 5xx answers. */
  readonly networkError: new (
    ...args: never[]
  ) => Error;
}

const PAGE = 500;
const ATTEMPTS = 5;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/**
 * Closed candles from any ccxt exchange: in pages, at ccxt's own rate limit, tried again with growing
 * pauses while the network fails. Market data are public: no key is read or sent.
 */
export function ccxtMarketData(
  exchange: CcxtInstance,
  { clock, log, networkError, signal }: CcxtMarketDataOptions,
): MarketData {
  async function page(symbol: string, timeframe: string, since: number): Promise<(number | undefined)[][]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await exchange.fetchOHLCV(symbol, timeframe, since, PAGE);
      } catch (cause) {
        const { message } = cause as Error;
        if (!(cause instanceof networkError) || attempt === ATTEMPTS) {
          throw new EdgekeeperError(
            'MARKET_DATA_UNAVAILABLE',
            {
              found: `no candles of ${symbol} from ${exchange.id} after ${attempt} tries: ${message}`,
              expected: 'candles by fetchOHLCV',
              hint: 'Regimes become UNKNOWN while data are missing; the next poll tries again.',
            },
            { cause },
          );
        }
        const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1));
        log.warn('market data: trying again', { symbol, attempt, pause, error: message });
        await clock.sleep(pause, signal);
        if (signal?.aborted) return [];
      }
    }
  }

  return {
    async candles(symbol, timeframe, since, until) {
      const interval = timeframeMs(timeframe);
      const candles: Candle[] = [];
      let next = since;
      // A page that brings nothing new ends the walk, whatever the exchange claims to have.
      while (next + interval <= until) {
        const rows = await page(symbol, timeframe, next);
        const fresh = rows
          .map(candleFrom)
          .filter(
            (candle): candle is Candle =>
              candle !== null && candle.time >= next && candle.time + interval <= until,
          );
        if (fresh.length === 0) break;
        fresh.sort((a, b) => a.time - b.time);
        for (const candle of fresh) if (candle.time > (candles.at(-1)?.time ?? -1)) candles.push(candle);
        next = candles.at(-1)!.time + interval;
        if (rows.length < 2) break;
      }
      return candles;
    },
  };
}

function candleFrom(row: (number | undefined)[]): Candle | null {
  const [time = -1, open = Number.NaN, high = Number.NaN, low = Number.NaN, close = Number.NaN, volume = 0] =
    row;
  const candle = { time, open, high, low, close, volume };
  return candleFault(candle) === null ? candle : null;
}
