import type { EngineEvent } from '../../src/engine/events.ts';
import type { OptimizationEngine } from '../../src/index.ts';
import type { Kept } from '../../src/node/kept.ts';
import { isRecord } from './answers.ts';
import { accountOf } from './intent.ts';
import { type CcxtExchange, type CcxtMarket, marketOf } from './market.ts';
import { patiently } from './patience.ts';
import { totalsOf } from './positions.ts';
import { isPermanent } from './venue.ts';

/** What is kept over restarts: the accounts that count, and the currency that they are counted in. */
interface Counted {
  readonly currency: string;
  readonly accounts: readonly string[];
}

interface Source {
  readonly exchange: CcxtExchange;
  readonly balance: () => Promise<unknown>;
  readonly mayAsk: () => boolean;
}

/** What the trades of a market are paid in; undefined for a coin-margined one, whose profit is none of its quote. */
const currencyOf = ({ inverse, settle, quote }: CcxtMarket): string | undefined =>
  inverse ? undefined : (settle ?? quote);

/**
 * Tells the engine what the accounts of a bot are worth: what each had when it was first traded, asked for once, and what
 * was booked since. Deposits, other wallets, half-told balances and old prices are then neither gain nor loss; what is
 * open counts when it is closed. It rests for good once the bot tells its equity itself.
 */
export class BotEquity {
  readonly #engine: OptimizationEngine;
  readonly #kept: Kept;
  readonly #sources: Source[] = [];
  readonly #traded = new Set<string>();
  #counted: Counted | null;
  #rests: boolean;
  #isTelling = false;
  #booked = 0;

  constructor(engine: OptimizationEngine, kept: Kept) {
    this.#engine = engine;
    this.#kept = kept;
    const found = kept.load();
    this.#rests = isRecord(found) && found.rests === true;
    this.#counted = isCounted(found) ? found : null;
  }

  /** Counts the account of this exchange, too, by the methods that it has now. Call it before they are wrapped. */
  by(exchange: CcxtExchange, mayAsk: () => boolean): void {
    const { has, fetchBalance } = exchange as CcxtExchange & { fetchBalance?: () => Promise<unknown> };
    if (!has?.fetchBalance || typeof fetchBalance !== 'function') return;
    this.#sources.push({
      exchange,
      mayAsk,
      balance: () => patiently('fetchBalance', fetchBalance.call(exchange)),
    });
  }

  /** Follows what the engine was told. */
  follow(event: EngineEvent): void {
    if (event.type === 'decision') this.#traded.add(event.decision.symbol);
    if (event.type === 'trade') this.#book(event.trade.symbol, event.trade.pnl);
    if (event.type === 'equity' && !this.#isTelling && !this.#rests) {
      this.#rests = true;
      this.#kept.save({ rests: true });
    }
  }

  /** Asks what the accounts have that are traded and do not count yet. Rejects as the exchange does. */
  async look(): Promise<void> {
    for (const source of [...this.#sources]) {
      if (this.#rests || !source.mayAsk()) continue;
      const account = accountOf(source.exchange);
      if (this.#counted?.accounts.includes(account)) continue;
      const markets = [...this.#traded].flatMap((symbol) => marketOf(source.exchange, symbol) ?? []);
      const currency = this.#counted?.currency ?? markets.map(currencyOf).find((each) => each !== undefined);
      if (currency === undefined || !markets.some((market) => currencyOf(market) === currency)) continue;
      try {
        const worth = this.#worthOf(totalsOf(await source.balance()), markets, currency);
        if (worth === null) continue;
        const accounts = [...(this.#counted?.accounts ?? []), account];
        this.#counted = { currency, accounts };
        this.#kept.save(this.#counted);
        this.#tell(worth, worth);
      } catch (error) {
        if (isPermanent(error)) this.#sources.splice(this.#sources.indexOf(source), 1);
        throw error;
      }
    }
  }

  /** Cash and, on spot, what it has bought; null where a price is not known yet, or there is nothing. */
  #worthOf(
    totals: ReadonlyMap<string, number>,
    markets: readonly CcxtMarket[],
    currency: string,
  ): number | null {
    let worth = totals.get(currency) ?? 0;
    const bought = new Map(
      markets.flatMap(({ spot, quote, base, symbol }) =>
        spot && quote === currency ? [[base!, symbol!] as const] : [],
      ),
    );
    for (const [base, symbol] of bought) {
      const units = totals.get(base) ?? 0;
      if (units === 0) continue;
      const price = this.#engine.detector.lastClose(symbol);
      if (price === null) return null;
      worth += units * price;
    }
    return worth > 0 ? worth : null;
  }

  #book(symbol: string, pnl: number): void {
    const { currency } = this.#counted ?? {};
    if (this.#rests || currency === undefined) return;
    const isPaidSo = this.#sources.some(({ exchange }) => {
      const market = marketOf(exchange, symbol);
      return market !== undefined && currencyOf(market) === currency;
    });
    if (!isPaidSo) return;
    if (this.#booked === 0)
      queueMicrotask(() => {
        const booked = this.#booked;
        this.#booked = 0;
        this.#tell(booked, 0);
      });
    this.#booked += pnl;
  }

  /** @param deposit what came to be counted, and was not earned */
  #tell(change: number, deposit: number): void {
    const { portfolio } = this.#engine;
    const before = portfolio.equity;
    const time = Math.max(Date.now(), portfolio.snapshot().time + 1);
    this.#isTelling = true;
    try {
      const equity = (before ?? 0) + change;
      this.#engine.recordEquity(before === null ? { time, equity } : { time, equity, deposit });
    } catch (error) {
      this.#engine.countError('EQUITY_FAILED', error);
    } finally {
      this.#isTelling = false;
    }
  }
}

const isCounted = (found: unknown): found is Counted =>
  isRecord(found) && typeof found.currency === 'string' && Array.isArray(found.accounts);
