import type { PaperAccount } from './account.ts';
import type { CcxtInstance } from './exchange.ts';

interface Ticker {
  readonly last?: number | undefined;
  readonly close?: number | undefined;
  readonly bid?: number | undefined;
}

/** How often prices are looked at while something waits for them, in ms. */
const LOOK_EVERY = 5000;

/** Lets the orders of a paper account meet what exchanges say that the last prices are. */
export class LivePrices {
  readonly #account: PaperAccount;
  readonly #onLook: (hasFilled: boolean) => void;
  readonly #tickers = new WeakMap<CcxtInstance, (symbol: string) => Promise<Ticker>>();
  readonly #traded = new Map<string, CcxtInstance>();
  readonly #timer: NodeJS.Timeout;

  /** @param onLook told after each look at all that waits, and after each fill */
  constructor(account: PaperAccount, onLook: (hasFilled: boolean) => void) {
    this.#account = account;
    this.#onLook = onLook;
    this.#timer = setInterval(() => void this.#lookAtAll(), LOOK_EVERY);
    this.#timer.unref();
  }

  /** Symbols that were traded. */
  get symbols(): readonly string[] {
    return [...this.#traded.keys()];
  }

  /** Asks this exchange, by the method that it has now. */
  take(exchange: CcxtInstance): void {
    const { fetchTicker } = exchange as unknown as { fetchTicker: (symbol: string) => Promise<Ticker> };
    this.#tickers.set(exchange, (symbol) => fetchTicker.call(exchange, symbol));
  }

  /** Marks the price of a symbol that is traded; what happened since the last look is a candle from then to now. */
  async look(exchange: CcxtInstance, symbol: string): Promise<void> {
    this.#traded.set(symbol, exchange);
    const { last, close, bid } = await this.#tickers.get(exchange)!(symbol);
    const price = Number(last ?? close ?? bid);
    if (!(price > 0)) return;
    const [open, time, fills] = [
      this.#account.lastPrice(symbol) ?? price,
      Date.now(),
      this.#account.fills.length,
    ];
    const [low, high] = [Math.min(open, price), Math.max(open, price)];
    this.#account.onCandle(symbol, { time, open, high, low, close: price, volume: 0 });
    if (this.#account.fills.length > fills) this.#onLook(true);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #lookAtAll(): Promise<void> {
    for (const [symbol, exchange] of this.#traded) {
      const waits = this.#account.openOrders(symbol).length > 0;
      // A price that cannot be had now is looked at again soon.
      if (waits || this.#account.position(symbol).contracts !== 0)
        await this.look(exchange, symbol).catch(() => undefined);
    }
    this.#onLook(false);
  }
}
