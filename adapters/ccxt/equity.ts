import type { OptimizationEngine } from '../../src/index.ts';
import { type CcxtExchange, marketOf } from './market.ts';
import { totalsOf } from './positions.ts';
import type { Prices } from './prices.ts';

export interface EquityOptions {
  readonly exchange: CcxtExchange;
  readonly engine: OptimizationEngine;
  readonly prices: Prices;
  /** Symbols that the bot trades. */
  readonly symbols: () => readonly string[];
  readonly now: () => number;
}

/** How often equity is told at most, in ms: a bot may look at its balance every second. */
const TELL_EVERY = 60_000;

/**
 * Tells the engine what the account is worth, by the balances that are read: what it holds of the currency that its
 * symbols are paid in, and on spot of what they buy. Whatever else is there does not count. One kind of balance alone is
 * told of: the first one that is read, for a wallet of another account would look like a loss.
 */
export class EquityFeed {
  readonly #options: EquityOptions;
  #kind: string | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: EquityOptions) {
    this.#options = options;
  }

  /** When equity was told last, in ms; -Infinity before. */
  get toldAt(): number {
    return this.#toldAt;
  }

  /** @param params with which the balance was asked for: another account, as a rule, has others */
  learn(balance: unknown, params: unknown): void {
    const { engine, now } = this.#options;
    const kind = JSON.stringify(params ?? {});
    if (this.#kind !== null && kind !== this.#kind) return;
    const time = now();
    if (time - this.#toldAt < TELL_EVERY) return;
    const equity = this.#worth(balance);
    if (equity === null) return;
    this.#kind = kind;
    this.#toldAt = time;
    engine.recordEquity({ time, equity });
  }

  /** Null where a price is missing, or the symbols are paid in several currencies. */
  #worth(balance: unknown): number | null {
    const { exchange, prices, engine, symbols } = this.#options;
    const totals = totalsOf(balance);
    const markets = symbols().flatMap((symbol) => marketOf(exchange, symbol) ?? []);
    const currencies = new Set(markets.map(({ settle, quote }) => settle ?? quote));
    const [currency] = currencies;
    if (currency === undefined || currencies.size > 1 || !totals.has(currency)) return null;
    let worth = totals.get(currency)!;
    const bought = new Map(markets.flatMap(({ spot, base, symbol }) => (spot ? [[base, symbol]] : [])));
    for (const [base, symbol] of bought) {
      const units = totals.get(base!) ?? 0;
      if (units === 0) continue;
      const price = prices.of(symbol!) ?? engine.detector.lastClose(symbol!);
      if (price == null) return null;
      worth += units * price;
    }
    return worth > 0 ? worth : null;
  }
}
