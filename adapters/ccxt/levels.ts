import { attachedPrices, hasAttached, isConditional, type OrderCall } from './calls.ts';

/** A price at which something waits at the venue to close a position: with a loss, or with a profit. */
export interface Level {
  readonly kind: 'stop' | 'target';
  readonly price: number;
}

/**
 * How a trade fits to what waits: it is at one of its prices, past one as after a gap, at none where it could have
 * filled, or nobody knows the prices.
 */
export type Fit = 'at' | 'past' | 'never' | 'unknown';

/** How far from its trigger what waited may fill, as a share of the price. */
const SLIPPAGE = 0.005;
/** Levels of one position that are remembered. */
const MOST = 20;

const level = (kind: Level['kind'], price: unknown): Level[] =>
  Number(price) > 0 ? [{ kind, price: Number(price) }] : [];

/** The limit of what comes with an order: once its trigger is met, it may fill there. */
const limitOf = (attached: unknown): unknown =>
  typeof attached === 'object' && attached !== null ? (attached as { price?: unknown }).price : undefined;

/** Prices at which an order, or what comes with it, closes a position; null where one of them is not known. */
export function levelsOf(call: OrderCall): readonly Level[] | null {
  const { params, price } = call;
  if (isConditional(call)) {
    const { stopLossPrice, takeProfitPrice } = params;
    const known = [...level('stop', stopLossPrice), ...level('target', takeProfitPrice)];
    return known.length === 1 ? [...known, ...level(known[0]!.kind, price)] : null;
  }
  if (!hasAttached(call)) return null;
  const { stop, target } = attachedPrices(call);
  const { stopLoss, takeProfit, attachAlgoOrds, close } = params;
  const known = [...level('stop', stop), ...level('target', target)];
  const named = [stopLoss, takeProfit, attachAlgoOrds, typeof close === 'object' ? close : undefined];
  if (known.length !== named.filter((each) => each !== undefined && each !== null).length) return null;
  return [...known, ...level('stop', limitOf(stopLoss)), ...level('target', limitOf(takeProfit))];
}

/** What waits for a position, and more of it; null once something of it is not known. */
export const joinedLevels = (
  known: readonly Level[] | null,
  more: readonly Level[] | null,
): readonly Level[] | null => (known === null || more === null ? null : [...known, ...more].slice(-MOST));

/** Whether a trade can be what waited at these prices. */
export function fitOf(levels: readonly Level[] | null, buys: boolean, price: number): Fit {
  if (levels === null || levels.length === 0) return 'unknown';
  if (levels.some((each) => Math.abs(price / each.price - 1) <= SLIPPAGE)) return 'at';
  const isPast = levels.some((each) =>
    (each.kind === 'stop') === buys ? price > each.price : price < each.price,
  );
  return isPast ? 'past' : 'never';
}
