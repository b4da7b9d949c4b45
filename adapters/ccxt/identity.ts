import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { OrderIntent } from './attach.ts';

const current = new AsyncLocalStorage<OrderIntent>();

/**
 * Runs a function whose orders, wherever it awaits, belong to a strategy: for bots with several strategies on one exchange.
 *
 * @example
 * await withStrategy('EMA_Trend', () => exchange.createOrder('BTC/USDT', 'market', 'buy', 0.1));
 * await withStrategy({ strategy: 'EMA_Trend', confidence: 0.8, stop: 58_000 }, () => bot.enter());
 */
export function withStrategy<T>(strategy: string | OrderIntent, work: () => T): T {
  return current.run(typeof strategy === 'string' ? { strategy } : strategy, work);
}

/** What `withStrategy` said about the order that is being made now. */
export const currentIntent = (): OrderIntent | undefined => current.getStore();

const PREFIX = 'ek';

/** Eight letters and digits that stand for a strategy. */
const markOf = (strategy: string): string =>
  BigInt(`0x${createHash('sha256').update(strategy).digest('hex').slice(0, 12)}`)
    .toString(36)
    .padStart(8, '0')
    .slice(-8);

/** A client order id of 22 letters and digits by which an order of a strategy is known again after a restart. */
export const orderTag = (strategy: string, time: number, sequence: number): string =>
  `${PREFIX}${markOf(strategy)}${time.toString(36).padStart(9, '0').slice(-9)}${(sequence % 46_656).toString(36).padStart(3, '0')}`;

/** The strategy, of those that are known, whose tag a client order id is. */
export function strategyOfTag(clientOrderId: unknown, strategies: readonly string[]): string | undefined {
  if (typeof clientOrderId !== 'string' || !clientOrderId.startsWith(PREFIX)) return undefined;
  return strategies.find((strategy) => clientOrderId.startsWith(PREFIX + markOf(strategy)));
}
