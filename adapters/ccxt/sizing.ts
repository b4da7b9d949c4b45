import type { OrderCall } from './calls.ts';
import { type CcxtExchange, type CcxtMarket, unitValue } from './market.ts';

export const SIZINGS = ['veto-only', 'host-reads-position', 'translate-exits'] as const;
/**
 * What the bot does with its exits. `veto-only`: it sells what it once asked for, so entries are sent whole or not
 * at all; `host-reads-position`: it sells what it holds, so entries can be scaled; `translate-exits`: entries are
 * scaled, and an exit by the quantity the bot believes in becomes the same share of what is held.
 */
export type Sizing = (typeof SIZINGS)[number];

/** Where an order by cost says what to spend, and how much. */
export interface Cost {
  readonly key: 'cost' | 'quoteOrderQty' | 'amount';
  readonly cost: number;
}

/** What an order by cost spends; null for an order by amount. Only spot has them. */
export function costOf(call: OrderCall, market: CcxtMarket, exchange: CcxtExchange): Cost | null {
  const { params, amount, type, side, price } = call;
  if (market.spot === false) return null;
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

/** Whether nobody can tell if a scaled amount is above what the venue takes: its least cost needs a price. */
export const needsPrice = ({ limits }: CcxtMarket, price: number | undefined): boolean =>
  price === undefined && (limits?.cost?.min ?? 0) > 0;

/** An amount at the venue's precision, or 0 where it is below what the venue takes. */
export function sendableAmount(
  exchange: CcxtExchange,
  market: CcxtMarket,
  amount: number,
  price: number | undefined,
): number {
  const { limits } = market;
  const least = limits?.amount?.min ?? 0;
  if (!(amount > 0) || amount < least) return 0;
  let rounded: number;
  try {
    // The nudge undoes the noise of a product; what is truncated stays below the request all the same.
    rounded = Number(exchange.amountToPrecision(market.symbol!, amount * (1 + 1e-12)));
  } catch {
    // ccxt answers an amount below the smallest step with InvalidOrder.
    return 0;
  }
  if (!(Number.isFinite(rounded) && rounded > 0) || rounded < least) return 0;
  if (price !== undefined && rounded * unitValue(market, price) < (limits?.cost?.min ?? 0)) return 0;
  return rounded;
}

/** A cost at the venue's precision, or 0 where it is below what the venue takes. */
export function sendableCost(exchange: CcxtExchange, market: CcxtMarket, cost: number): number {
  const least = market.limits?.cost?.min ?? 0;
  if (!(cost > 0) || cost < least) return 0;
  try {
    const rounded = Number(exchange.costToPrecision?.(market.symbol!, cost) ?? cost);
    return rounded > 0 && rounded <= cost && rounded >= least ? rounded : 0;
  } catch {
    // As above: too small to be a cost at all.
    return 0;
  }
}

/** An amount that closes, at the venue's precision: what adding up fills leaves below the last digit does not shorten it. */
export function closableAmount(exchange: CcxtExchange, market: CcxtMarket, amount: number): number {
  try {
    return Number(exchange.amountToPrecision(market.symbol!, amount * (1 + 1e-9)));
  } catch {
    // Too small to be sent at all: the exchange says so to the bot.
    return amount;
  }
}
