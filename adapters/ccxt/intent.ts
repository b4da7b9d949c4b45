import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { RegimeLabel } from '../../src/index.ts';
import type { OrderCall } from './calls.ts';

/** What the bot knows about an order that a ccxt call does not say. */
export interface OrderIntent {
  readonly strategy?: string;
  /** Two calls with one id are one signal, such as a retried order. */
  readonly signalId?: string;
  readonly confidence?: number;
  readonly confluence?: number;
  readonly alignment?: number;
  readonly regime?: RegimeLabel;
  /** Stop and target price of the position that the order opens; those that it attaches where absent. */
  readonly stop?: number;
  readonly target?: number;
  /** See `Signal`: `host` when the bot leaves by these prices and by `engine.recordExitSignal` alone. */
  readonly exitRule?: 'host';
  /** What a market order of the bot slips, as a rate; as configured where absent. */
  readonly slippageRate?: number;
}

/** An intent whose strategy is known. */
export type NamedIntent = OrderIntent & { readonly strategy: string };

/** Looks up what the bot knows about an order; undefined for one that is somebody's by hand. */
export type Identify = (order: OrderCall) => OrderIntent | undefined;

const UNNAMED = 'default';
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

/** Whose order it is, by the first that knows: the context, `identify`, a tag, the attachment; null for one by hand. */
export function intentOf(
  call: OrderCall,
  options: {
    readonly identify?: Identify | undefined;
    readonly strategy?: string | undefined;
    readonly strategies: readonly string[];
    readonly failed: (error: unknown) => void;
  },
): NamedIntent | null {
  const said = current.getStore();
  let looked: OrderIntent | undefined = {};
  try {
    if (options.identify) looked = synchronous(options.identify(call));
  } catch (error) {
    options.failed(error);
  }
  const tag = strategyOfTag(call.params.clientOrderId, options.strategies);
  const strategy = said?.strategy ?? looked?.strategy ?? tag ?? options.strategy;
  if (strategy === undefined && looked === undefined && said === undefined) return null;
  return { ...looked, ...said, strategy: strategy ?? UNNAMED };
}

/** An order does not wait: what is promised for later is no intent, and its failure ends no bot. */
function synchronous(looked: OrderIntent | undefined): OrderIntent | undefined {
  const { then } = (looked ?? {}) as { readonly then?: unknown };
  if (typeof then !== 'function') return looked;
  Promise.resolve(looked).catch(() => undefined);
  throw new TypeError('identify returned a promise; it must answer at once: identify: (order) => ({ ... })');
}

const PREFIX = 'ek';

/** So many letters and digits that stand for a text. */
const markOf = (text: string, length: number): string =>
  BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 12)}`)
    .toString(36)
    .padStart(length, '0')
    .slice(-length);

/** A client order id of 22 letters and digits by which an order of a strategy is known again after a restart. */
export const orderTag = (strategy: string, time: number, sequence: number): string =>
  `${PREFIX}${markOf(strategy, 8)}${time.toString(36).padStart(9, '0').slice(-9)}${(sequence % 46_656).toString(36).padStart(3, '0')}`;

/** The strategy, of those that are known, whose tag a client order id is. */
export function strategyOfTag(clientOrderId: unknown, strategies: readonly string[]): string | undefined {
  if (typeof clientOrderId !== 'string' || !clientOrderId.startsWith(PREFIX)) return undefined;
  return strategies.find((strategy) => clientOrderId.startsWith(PREFIX + markOf(strategy, 8)));
}

/** Longest id that a trade may have, less what is appended to it. */
const LONGEST_ID = 84;

/** An id that fits into a trade: a longer one is cut, and told from others by its mark. */
export const fittingId = (id: string): string =>
  id.length <= LONGEST_ID ? id : `${id.slice(0, LONGEST_ID - 11)}~${markOf(id, 10)}`;

/** What tells an account from others on its exchange: a mark of its key, never the key. */
export function accountOf(exchange: { readonly id?: string; readonly apiKey?: unknown }): string {
  const { id = 'exchange', apiKey } = exchange;
  return typeof apiKey === 'string' && apiKey !== '' ? `${id}-${markOf(apiKey, 8)}` : id;
}
