import type { OptimizationEngine, TradeInput } from '../../src/index.ts';
import type { Abandoned } from '../core/lots.ts';
import type { Account } from './accounts.ts';
import { tellable } from './endings.ts';
import { mayGrow, positionOf, type SentOrder } from './sent-orders.ts';

/** Hands what was closed, and what nobody knows the end of, to the engine. */
export class Records {
  readonly #engine: OptimizationEngine;
  readonly #now: () => number;

  constructor(engine: OptimizationEngine, now: () => number) {
    this.#engine = engine;
    this.#now = now;
  }

  /**
   * Records what was closed; what ends a position once its order can fill no more.
   * @param orders that are watched on the symbol
   */
  tell(account: Account, orders: readonly SentOrder[], trades: readonly TradeInput[] = []): void {
    if (account.endings.length + trades.length === 0) return;
    const { now, later } = tellable([...account.endings, ...trades], (trade) => ({
      open: account.book.openOf(trade),
      mayGrow: orders.some((order) => positionOf(order) === trade.positionId && mayGrow(order)),
    }));
    account.endings = later;
    for (const trade of now) this.#record(trade);
  }

  count(unknown: readonly Abandoned[]): void {
    for (const { strategy, symbol, positionId, size } of unknown)
      this.#engine.recordUnknownExit({ strategy, symbol, positionId, size, time: this.#now() });
  }

  feeUnknown(order: SentOrder): void {
    this.#engine.countError(
      'FEES_UNKNOWN',
      new Error(
        `${order.strategy} ${order.symbol}: the venue does not tell a fee, or in a currency without a price`,
      ),
    );
  }

  #record(trade: TradeInput): void {
    try {
      this.#engine.recordTrade(trade);
    } catch (error) {
      this.#engine.countError('ADAPTER_FAILED', error);
    }
  }
}
