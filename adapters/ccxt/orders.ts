import type { CcxtMarket } from './market.ts';

/** A ccxt order, as an exchange reports it. */
export interface CcxtOrder {
  readonly id?: string;
  readonly symbol?: string;
  readonly clientOrderId?: string | undefined;
  readonly side?: string | undefined;
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly amount?: number | undefined;
  readonly filled?: number | undefined;
  readonly average?: number | undefined;
  readonly price?: number | undefined;
  readonly cost?: number | undefined;
  readonly timestamp?: number | undefined;
  readonly lastTradeTimestamp?: number | undefined;
  readonly fee?: CcxtFee | undefined;
  readonly fees?: readonly CcxtFee[] | undefined;
  readonly [key: string]: unknown;
}

export interface CcxtTrade {
  readonly id?: string;
  readonly order?: string;
  readonly symbol?: string;
  readonly side?: string | undefined;
  readonly amount?: number;
  readonly price?: number;
  readonly cost?: number | undefined;
  readonly timestamp?: number | undefined;
  readonly fee?: CcxtFee | undefined;
  readonly fees?: readonly CcxtFee[] | undefined;
}

export interface CcxtFee {
  readonly currency?: string | undefined;
  readonly cost?: number | undefined;
}

const FINAL = new Set(['closed', 'canceled', 'cancelled', 'expired', 'rejected']);

/** Whether an order can fill no more. */
export const isFinal = ({ status }: CcxtOrder): boolean => FINAL.has(status ?? '');

/** Price of one unit of a currency in another; undefined where nobody knows. */
export type PriceOf = (currency: string, quote: string) => number | undefined;

/**
 * Fees of an execution: what was charged in the currency that settles (quote, or base of an inverse contract), and
 * what spot kept in base. A fee in a third currency counts at its price; null where one has none, or nothing is said.
 */
export function splitFees(
  source: { readonly fee?: CcxtFee | undefined; readonly fees?: readonly CcxtFee[] | undefined },
  market: CcxtMarket,
  priceOf: PriceOf = () => undefined,
): { readonly settled: number; readonly base: number } | null {
  const spot = market.spot !== false;
  const settles = spot ? market.quote : (market.settle ?? (market.inverse ? market.base : market.quote));
  const charged = (source.fees?.length ? source.fees : source.fee ? [source.fee] : []).filter(
    ({ cost }) => cost !== undefined && cost !== null && Number.isFinite(Number(cost)),
  );
  if (charged.length === 0) return null;
  let [settled, base] = [0, 0];
  for (const { currency, cost } of charged) {
    const amount = Number(cost);
    if (amount === 0) continue;
    if (currency === settles) settled += amount;
    else if (spot && currency === market.base) base += amount;
    else {
      const price = currency === undefined ? undefined : priceOf(currency, settles ?? '');
      if (price === undefined) return null;
      settled += amount * price;
    }
  }
  return { settled, base };
}
