import { setTimeout } from 'node:timers/promises';
import type { Candle } from '../../src/index.ts';
import type { Clock, MarketData } from '../../src/model/ports.ts';
import { ccxtMarketData } from '../../src/node/index.ts';
import { type CcxtExchange, marketOf } from './market.ts';
import { patiently } from './patience.ts';
import { classNames } from './venue.ts';

type Log = Parameters<typeof ccxtMarketData>[1]['log'];
type Asked = Parameters<typeof ccxtMarketData>[0];

/** Whoever waits for the next try does not keep a bot alive that is done. */
const UNHURRIED: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    setTimeout(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined),
};

/** ccxt has more than one build, each with errors of its own: they are told by the names of their classes. */
class NetworkError extends Error {
  static override [Symbol.hasInstance](error: unknown): boolean {
    return classNames(error).includes('NetworkError');
  }
}

interface Source {
  readonly exchange: CcxtExchange;
  readonly data: MarketData;
  readonly mayAsk: () => boolean;
}

/** Candles of the symbols that a bot trades, by its own exchanges, and none before they may be asked. */
export class BotCandles implements MarketData {
  readonly #log: Log;
  readonly #sources: Source[] = [];
  readonly #symbols: Set<string>;
  readonly #signal: AbortSignal;

  /**
   * @param symbols from the start; others come as the bot trades them
   * @param signal ends the pauses between tries
   */
  constructor(log: Log, symbols: readonly string[], signal: AbortSignal) {
    this.#log = log;
    this.#symbols = new Set(symbols);
    this.#signal = signal;
  }

  /** Symbols whose candles are wanted, now: more may come. */
  get symbols(): readonly string[] {
    return [...this.#symbols];
  }

  /** A symbol is traded. Returns whether it was not known before. */
  want(symbol: string): boolean {
    if (this.#symbols.has(symbol)) return false;
    this.#symbols.add(symbol);
    return true;
  }

  /** Asks this exchange, too, by the methods that it has now. Call it before they are wrapped. */
  by(exchange: CcxtExchange, mayAsk: () => boolean): void {
    const asked = exchange as CcxtExchange & Partial<Asked>;
    if (!exchange.has?.fetchOHLCV || typeof asked.fetchOHLCV !== 'function') return;
    const original = asked.fetchOHLCV;
    const fetchOHLCV = (...args: Parameters<Asked['fetchOHLCV']>) =>
      patiently('fetchOHLCV', original.apply(exchange, args));
    const source = { id: exchange.id ?? 'the exchange', fetchOHLCV } as Asked;
    const data = ccxtMarketData(source, {
      clock: UNHURRIED,
      log: this.#log,
      networkError: NetworkError,
      signal: this.#signal,
    });
    this.#sources.push({ exchange, data, mayAsk });
  }

  async candles(symbol: string, timeframe: string, since: number, until: number): Promise<Candle[]> {
    const source = this.#sources.find(
      ({ exchange, mayAsk }) => mayAsk() && marketOf(exchange, symbol) !== undefined,
    );
    return source === undefined ? [] : source.data.candles(symbol, timeframe, since, until);
  }
}
