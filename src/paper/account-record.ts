import { LotBook, type Unit } from '../../adapters/core/lots.ts';
import { PerformanceDecomposer } from '../performance/decomposer.ts';
import { drawdown } from '../statistics/equity-curve.ts';
import type { PaperAccount, PaperFill } from './account.ts';
import type { AccountSummary } from './report.ts';
import { Thinned } from './thinned.ts';

/** Whose a fill is, as its bot says. */
export interface FillOwner {
  readonly strategy: string;
  readonly stop?: number | undefined;
}

export interface AccountRecordOptions {
  readonly account: PaperAccount;
  readonly ownerOf: (fill: PaperFill) => FillOwner;
  /** What one unit of an amount stands for; base units where absent. */
  readonly unitOf?: (symbol: string) => Unit;
}

const RISK_PER_TRADE = 0.01;
/** Points of an equity curve in the report. */
const CURVE = 400;

/** The account's own books, paired without any overlay: the second opinion on what the overlay recorded. */
export class AccountRecord {
  readonly #options: AccountRecordOptions;
  readonly #start: number;
  readonly #curve = new Thinned(CURVE);
  readonly #decomposer = new PerformanceDecomposer({ riskPerTrade: RISK_PER_TRADE });
  readonly #lots: LotBook;
  /** What is held of each symbol; negative where it is short. */
  readonly #held = new Map<string, number>();
  #booked = 0;
  #fees = 0;
  #refused = 0;
  #peak: number;
  /** Equity when it was looked at last. */
  #equity: number;
  #maxDrawdown = 0;

  constructor(options: AccountRecordOptions) {
    this.#options = options;
    this.#lots = new LotBook(options.unitOf);
    this.#start = options.account.equity();
    this.#peak = this.#start;
    this.#equity = this.#start;
  }

  /** Counts an order that the exchange refused. */
  refused(): void {
    this.#refused += 1;
  }

  /** Books what has filled since, and notes what the account is worth. */
  look(): void {
    const { account } = this.#options;
    for (; this.#booked < account.fills.length; this.#booked += 1) this.#book(account.fills[this.#booked]!);
    const equity = account.equity();
    this.#equity = equity;
    this.#curve.add(equity);
    this.#peak = Math.max(this.#peak, equity);
    this.#maxDrawdown = Math.max(this.#maxDrawdown, drawdown(this.#peak, equity));
  }

  summary(): AccountSummary {
    const { account } = this.#options;
    const equity = account.equity();
    const names = this.#decomposer.getStrategies();
    return {
      startBalance: this.#start,
      equity,
      returnRate: equity / this.#start - 1,
      maxDrawdown: this.#maxDrawdown,
      orders: account.orderCount,
      fills: account.fills.length,
      fees: this.#fees,
      refused: this.#refused,
      trades: this.#decomposer.getPortfolioPerformance().trades,
      curve: this.#curve.values,
      byStrategy: Object.fromEntries(
        names.map((name) => [name, this.#decomposer.getStrategyPerformance(name)]),
      ),
    };
  }

  #book(fill: PaperFill): void {
    const { symbol, side, amount } = fill;
    const sign = side === 'buy' ? 1 : -1;
    const held = this.#held.get(symbol) ?? 0;
    const closed = Math.min(amount, Math.max(0, -sign * held));
    this.#held.set(symbol, held + sign * amount);
    this.#fees += fill.fee;
    const owner = { ...this.#options.ownerOf(fill), symbol, from: fill.order, equityAtEntry: this.#equity };
    const part = (units: number) => ({
      id: fill.id,
      time: fill.timestamp,
      price: fill.price,
      amount: units,
      fee: fill.fee * (units / amount),
    });
    if (closed > 0)
      for (const trade of this.#lots.close({ ...owner, side: sign > 0 ? 'short' : 'long' }, part(closed)))
        this.#decomposer.recordTrade(trade);
    if (amount > closed)
      this.#lots.open({ ...owner, side: sign > 0 ? 'long' : 'short' }, part(amount - closed));
  }
}
