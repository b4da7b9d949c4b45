import { EdgekeeperError, type Side } from '../../src/index.ts';

/** An order as a home-grown bot is about to send it. Whatever else it has on it is passed on. */
export interface BotOrder {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  /** Base units. */
  readonly amount: number;
  /** What two calls have in common that are one order tried again. */
  readonly id?: string;
  readonly strategy?: string;
  readonly price?: number;
  /** True for an order that only closes. */
  readonly reduceOnly?: boolean;
  /** Side of the position that the order is about, for bots that hold both at once. */
  readonly positionSide?: Side;
  readonly confidence?: number;
  readonly confluence?: number;
  readonly stop?: number;
  readonly target?: number;
  /** Host time in ms; the time of the call where absent. */
  readonly time?: number;
}

/** One execution of an order. */
export interface BotFill {
  /** Two fills of a strategy on a symbol with one id are one fill. */
  readonly id: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  /** Base units. */
  readonly amount: number;
  readonly price: number;
  /** In quote currency. */
  readonly fee?: number;
  readonly strategy?: string;
  /** Id of the order that it fills, as the order had it. */
  readonly orderId?: string;
  readonly positionSide?: Side;
  readonly time?: number;
}

/** What a venue takes. */
export interface LotRules {
  readonly step?: number;
  readonly minAmount?: number;
  /** Least value of an order in quote currency. */
  readonly minNotional?: number;
}

const isPositive = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value > 0;

/** What makes an order, or an execution of one, unreadable, as `ORDER_INVALID`; null where nothing does. */
export function faultOf(order: BotOrder | BotFill, what: 'order' | 'fill'): EdgekeeperError | null {
  const { symbol, side, amount, price, fee = 0 } = (order ?? {}) as Partial<BotFill>;
  const isFill = what === 'fill';
  const fits =
    typeof symbol === 'string' &&
    (side === 'buy' || side === 'sell') &&
    isPositive(amount) &&
    (isFill ? isPositive(price) && Number.isFinite(fee) : true);
  if (fits) return null;
  return new EdgekeeperError('ORDER_INVALID', {
    found: `a ${what} ${JSON.stringify(side)} of ${String(amount)} ${String(symbol)}${isFill ? ` at ${String(price)} with a fee of ${String(fee)}` : ''}`,
    expected: `side "buy" or "sell" in small letters, and a positive amount${isFill ? ' and price' : ''}`,
    hint: isFill ? 'Nothing was recorded.' : 'The order goes out as it is, unjudged.',
  });
}
