import type { OptimizationEngine } from '../../src/index.ts';
import { accountOf } from './intent.ts';
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

/** What an account is worth, the currency that it is counted in, and what is counted of it. */
interface Worth {
  readonly amount: number;
  readonly currency: string;
  readonly counted: string;
}

/** How often equity is told at most, in ms: a bot may look at its balance every second. */
const TELL_EVERY = 60_000;
/** How a balance is asked for that says nothing of which account it is. */
const PLAIN = '{}';

/** Accounts of the exchanges that are attached to an engine: equity is that of all of them. */
const accounts = new WeakMap<OptimizationEngine, Accounts>();

class Accounts {
  readonly #worths = new Map<string, Worth>();
  /** What was counted when equity was told last; null before. */
  #counted: string | null = null;

  /** Where another account, or something more of one, is counted than before, the difference is no gain and no loss. */
  tell(engine: OptimizationEngine, account: string, worth: Worth, time: number): void {
    this.#worths.set(account, worth);
    const all = [...this.#worths].sort(([a], [b]) => (a < b ? -1 : 1));
    if (new Set(all.map(([, { currency }]) => currency)).size > 1) return;
    const equity = all.reduce((sum, [, { amount }]) => sum + amount, 0);
    const counted = JSON.stringify(all.map(([name, each]) => [name, each.counted]));
    const before = this.#counted !== null && counted !== this.#counted ? engine.portfolio.equity : null;
    this.#counted = counted;
    engine.recordEquity({ time, equity, ...(before === null ? {} : { deposit: equity - before }) });
  }
}

/**
 * Tells the engine what the account is worth, by the balances that are read: what it holds of the currency that its
 * symbols are paid in, and on spot of what they buy. Whatever else is there does not count. One kind of balance alone is
 * told of, the plain one if there is any: a wallet of another account would look like a loss.
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
    const { engine, exchange, now } = this.#options;
    const kind = JSON.stringify(params ?? {});
    if (this.#kind !== null && kind !== this.#kind && kind !== PLAIN) return;
    const time = now();
    if (kind === this.#kind && time - this.#toldAt < TELL_EVERY) return;
    const worth = this.#worth(balance);
    if (worth === null) return;
    this.#kind = kind;
    this.#toldAt = time;
    let all = accounts.get(engine);
    if (!all) {
      all = new Accounts();
      accounts.set(engine, all);
    }
    all.tell(engine, accountOf(exchange), { ...worth, counted: `${kind} ${worth.counted}` }, time);
  }

  /** Null where a price is missing, or the symbols are paid in several currencies. */
  #worth(balance: unknown): Worth | null {
    const { exchange, prices, engine, symbols } = this.#options;
    const totals = totalsOf(balance);
    const markets = symbols().flatMap((symbol) => marketOf(exchange, symbol) ?? []);
    const currencies = new Set(markets.map(({ settle, quote }) => settle ?? quote));
    const [currency] = currencies;
    if (currency === undefined || currencies.size > 1 || !totals.has(currency)) return null;
    let amount = totals.get(currency)!;
    const bought = new Map(markets.flatMap(({ spot, base, symbol }) => (spot ? [[base, symbol]] : [])));
    for (const [base, symbol] of bought) {
      const units = totals.get(base!) ?? 0;
      if (units === 0) continue;
      const price = prices.of(symbol!) ?? engine.detector.lastClose(symbol!);
      if (price == null) return null;
      amount += units * price;
    }
    return amount > 0 ? { amount, currency, counted: [...bought.keys()].sort().join() } : null;
  }
}
