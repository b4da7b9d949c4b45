import type { Side } from '../../src/index.ts';
import type { CcxtExchange, CcxtMarket } from './orders.ts';

/** A ccxt order call, as `identify` sees it. */
export interface OrderCall {
  readonly symbol: string;
  readonly type: string;
  readonly side: string;
  /** Base units on spot, contracts on derivatives; quote currency for an order by cost. */
  readonly amount: number;
  /** The amount as the bot gave it: an order by cost may have none. */
  readonly given?: unknown;
  readonly price: number | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What an order does to exposure: how much of it opens, how much closes, on which side. */
export interface Exposure {
  /** Side of the position that the order opens or closes. */
  readonly side: Side;
  readonly opens: number;
  readonly closes: number;
}

/** Side of the position that hedge-mode parameters name, where they do: by binance, okx and bybit. */
function hedgeSide({ positionSide, posSide, positionIdx }: OrderCall['params']): Side | null {
  const named = String(positionSide ?? posSide ?? '').toUpperCase();
  if (named === 'LONG' || Number(positionIdx) === 1) return 'long';
  if (named === 'SHORT' || Number(positionIdx) === 2) return 'short';
  return null;
}

const reduces = ({
  reduceOnly,
  reduce_only,
  closePosition,
  tradeSide,
  offset,
}: OrderCall['params']): boolean =>
  Boolean(reduceOnly) ||
  Boolean(reduce_only) ||
  Boolean(closePosition) ||
  String(tradeSide).toLowerCase() === 'close' ||
  String(offset).toLowerCase() === 'close';

/** Whether an order says of itself that it only closes, or waits to. */
export const saysExit = ({ params }: OrderCall): boolean => reduces(params) || isConditionalExit(params);

const isConditionalExit = ({ stopLossPrice, takeProfitPrice }: OrderCall['params']): boolean =>
  stopLossPrice !== undefined || takeProfitPrice !== undefined;

/** Whether an order trades on the spot balance alone: it can only sell what is held. */
export function isSpot({ params, symbol }: OrderCall, exchange: CcxtExchange): boolean {
  return (
    exchange.market(symbol).spot !== false &&
    params.marginMode === undefined &&
    params.margin !== true &&
    params.type !== 'margin' &&
    params.leverage === undefined &&
    (params.tdMode === undefined || params.tdMode === 'cash')
  );
}

/** Whether only the account's position tells what an order does. */
export function needsPosition(call: OrderCall, exchange: CcxtExchange): boolean {
  return !isSpot(call, exchange) && !saysExit(call) && hedgeSide(call.params) === null;
}

/**
 * What an order does, by the first rule that knows: it says that it reduces; it waits for a stop or a target;
 * hedge mode names the side; spot sells what is held; else the position decides, of which a larger opposite
 * order is an exit first and an entry for the rest.
 * @param position signed size, positive for long; null where it is not known: then nothing is an entry
 */
export function exposureOf(call: OrderCall, spot: boolean, position: number | null): Exposure {
  const { side, params, amount } = call;
  const buys = side === 'buy';
  const exit = (of: Side): Exposure => ({ side: of, opens: 0, closes: amount });
  const entry = (of: Side): Exposure => ({ side: of, opens: amount, closes: 0 });
  const hedged = hedgeSide(params);
  if (saysExit(call)) return exit(hedged ?? (buys && !spot ? 'short' : 'long'));
  if (hedged !== null) return buys === (hedged === 'long') ? entry(hedged) : exit(hedged);
  if (spot) return buys ? entry('long') : exit('long');
  if (position === null) return exit(buys ? 'short' : 'long');
  const signed = buys ? amount : -amount;
  if (position * signed >= 0) return entry(buys ? 'long' : 'short');
  const closes = Math.min(amount, Math.abs(position));
  // What adding up fills leaves between two equal amounts opens nothing.
  return amount - closes <= amount * 1e-9
    ? exit(position > 0 ? 'long' : 'short')
    : { side: buys ? 'long' : 'short', opens: amount - closes, closes };
}

/** Where an order by cost says what to spend, and how much; null for an order by amount. */
export function costOf(
  call: OrderCall,
  exchange: CcxtExchange,
): { readonly key: 'cost' | 'quoteOrderQty' | 'amount'; readonly cost: number } | null {
  const { params, amount, type, side, price } = call;
  for (const key of ['cost', 'quoteOrderQty'] as const)
    if (params[key] !== undefined) return { key, cost: Number(params[key]) };
  const inQuote =
    params.tgtCcy === 'quote_ccy' ||
    params.createMarketBuyOrderRequiresPrice === false ||
    exchange.options?.createMarketBuyOrderRequiresPrice === false;
  return inQuote && type === 'market' && side === 'buy' && price === undefined
    ? { key: 'amount', cost: amount }
    : null;
}

/** Quote units of one unit of amount at a price: contracts are worth their size. */
const unitValue = ({ contractSize = 1, inverse }: CcxtMarket, price: number): number =>
  inverse ? contractSize : contractSize * price;

/** An amount at the venue's precision, or 0 where it is below what the venue takes. */
export function sendableAmount(
  exchange: CcxtExchange,
  symbol: string,
  amount: number,
  price: number | undefined,
): number {
  const market = exchange.market(symbol);
  const { limits } = market;
  if (!(amount > 0) || amount < (limits?.amount?.min ?? 0)) return 0;
  let rounded: number;
  try {
    // The nudge undoes the noise of a product; what is truncated stays below the request all the same.
    rounded = Number(exchange.amountToPrecision(symbol, amount * (1 + 1e-12)));
  } catch {
    // ccxt answers an amount below the smallest step with InvalidOrder.
    return 0;
  }
  if (!(Number.isFinite(rounded) && rounded > 0) || rounded < (limits?.amount?.min ?? 0)) return 0;
  if (price !== undefined && rounded * unitValue(market, price) < (limits?.cost?.min ?? 0)) return 0;
  return rounded;
}

/** A cost at the venue's precision, or 0 where it is below what the venue takes. */
export function sendableCost(exchange: CcxtExchange, symbol: string, cost: number): number {
  const { limits } = exchange.market(symbol);
  if (!(cost > 0) || cost < (limits?.cost?.min ?? 0)) return 0;
  try {
    const rounded = Number(exchange.costToPrecision?.(symbol, cost) ?? cost);
    return rounded > 0 && rounded <= cost && rounded >= (limits?.cost?.min ?? 0) ? rounded : 0;
  } catch {
    // As above: too small to be a cost at all.
    return 0;
  }
}
