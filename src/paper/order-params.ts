import type { OrderSide, OrderWish, PaperOrder, Protection } from './account.ts';

/** What an order says beside its symbol, side, amount and price, under the names that ccxt gives it. */
export type OrderParams = Readonly<Record<string, unknown>>;

const positive = (value: unknown): number | undefined => {
  const number = Number(value);
  return value === undefined || value === null || !(number > 0) ? undefined : number;
};

const nested = (value: unknown): OrderParams =>
  value !== null && typeof value === 'object' ? (value as OrderParams) : {};

/** Whether an order is to be as good as a market order once it is sent or triggered: `stop_market` is, `stop_limit` not. */
export const isMarketType = (type: string): boolean =>
  /market|^stop$|^stop_?loss$|^take_?profit$/i.test(type);

/** Money that a market order is to cost instead of an amount. */
export const costOf = (params: OrderParams): number | undefined =>
  positive(params.cost ?? params.quoteOrderQty);

/** Whether an order is only to rest: refused where it would fill at once. */
export const isPostOnly = (params: OrderParams): boolean =>
  params.postOnly === true || params.timeInForce === 'PO' || params.timeInForce === 'GTX';

/** Whether what does not fill at once is taken back, and whether all of it has to. */
export const immediacyOf = (params: OrderParams): 'IOC' | 'FOK' | undefined =>
  params.timeInForce === 'IOC' || params.timeInForce === 'FOK' ? params.timeInForce : undefined;

/**
 * The prices that an order waits for. A plain trigger is a stop where the market has to move against a position to reach
 * it, as seen from the side of the order, and a target else.
 */
export function triggersOf(
  side: OrderSide,
  params: OrderParams,
  last: number,
): Pick<OrderWish, 'stopLossPrice' | 'takeProfitPrice'> {
  const stopLossPrice = positive(params.stopLossPrice);
  const takeProfitPrice = positive(params.takeProfitPrice);
  const trigger = positive(params.triggerPrice ?? params.stopPrice);
  if (stopLossPrice !== undefined || takeProfitPrice !== undefined || trigger === undefined)
    return { stopLossPrice, takeProfitPrice };
  const isStop = side === 'buy' ? trigger >= last : trigger <= last;
  return {
    stopLossPrice: isStop ? trigger : undefined,
    takeProfitPrice: isStop ? undefined : trigger,
  };
}

/** Stop and target that an order puts on what it opens. */
export function protectionOf(params: OrderParams): Protection | undefined {
  const priceOf = (value: unknown): number | undefined =>
    typeof value === 'object'
      ? positive(nested(value).triggerPrice ?? nested(value).stopPrice)
      : positive(value);
  const stopLossPrice = priceOf(params.stopLoss);
  const takeProfitPrice = priceOf(params.takeProfit);
  return stopLossPrice === undefined && takeProfitPrice === undefined
    ? undefined
    : { stopLossPrice, takeProfitPrice };
}

/** What an order that is edited keeps where the edit says nothing of it. */
export function keptOf(
  { reduceOnly, clientOrderId, stopLossPrice, takeProfitPrice, protection }: PaperOrder,
  params: OrderParams,
): OrderParams {
  const says = (...names: string[]) => names.some((name) => params[name] !== undefined);
  const guarded = (price: number | undefined) => (price === undefined ? {} : { triggerPrice: price });
  return {
    ...(reduceOnly ? { reduceOnly } : {}),
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...(says('stopLossPrice', 'takeProfitPrice', 'triggerPrice', 'stopPrice')
      ? {}
      : { stopLossPrice, takeProfitPrice }),
    ...(protection === undefined || says('stopLoss', 'takeProfit')
      ? {}
      : { stopLoss: guarded(protection.stopLossPrice), takeProfit: guarded(protection.takeProfitPrice) }),
  };
}
