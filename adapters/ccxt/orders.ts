/** The part of a ccxt exchange that the adapter touches; any ccxt 4 instance has it. */
export interface CcxtExchange {
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price?: number,
    params?: Record<string, unknown>,
  ): Promise<CcxtOrder>;
  amountToPrecision(symbol: string, amount: number): string;
  costToPrecision?(symbol: string, cost: number): string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly has?: Readonly<Record<string, unknown>>;
  market(symbol: string): CcxtMarket;
  milliseconds(): number;
  markets?: Record<string, unknown> | undefined;
  loadMarkets?(): Promise<unknown>;
  fetchPositions?(symbols: string[]): Promise<unknown>;
  fetchMyTrades?(symbol: string, since?: number, limit?: number): Promise<unknown>;
}

export interface CcxtMarket {
  readonly spot?: boolean;
  readonly taker?: number;
  readonly quote?: string;
  readonly base?: string;
  readonly settle?: string | undefined;
  /** Base units of one contract, or quote units of an inverse one; 1 on spot. */
  readonly contractSize?: number | undefined;
  readonly inverse?: boolean | undefined;
  readonly limits?: { readonly amount?: Range; readonly cost?: Range };
}
interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export interface CcxtOrder {
  readonly id?: string;
  readonly symbol?: string;
  readonly clientOrderId?: string | undefined;
  readonly side?: string | undefined;
  readonly status?: string | undefined;
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

/** Price of one unit of a currency in another; undefined where nobody knows. */
export type PriceOf = (currency: string, quote: string) => number | undefined;

/** Fees in quote and in base currency. A fee in a third currency counts at its price, and as unknown without one. */
export function splitFees(
  source: { readonly fee?: CcxtFee | undefined; readonly fees?: readonly CcxtFee[] | undefined },
  market: CcxtMarket,
  priceOf: PriceOf = () => undefined,
): { readonly quote: number; readonly base: number } | null {
  const fees = source.fees?.length ? source.fees : source.fee ? [source.fee] : [];
  let known = false;
  let [quote, base] = [0, 0];
  for (const { currency, cost } of fees) {
    const amount = Number(cost);
    if (cost === undefined || !Number.isFinite(amount)) continue;
    const price = currency === undefined ? undefined : priceOf(currency, market.quote ?? '');
    if (currency === market.quote) quote += amount;
    else if (currency === market.base) base += amount;
    else if (price !== undefined) quote += amount * price;
    else continue;
    known = true;
  }
  return known ? { quote, base } : null;
}

/** What an order had filled when it was last looked at. */
interface Progress {
  filled: number;
  cost: number;
  quoteFee: number;
  baseFee: number;
}

/** A new part of an order's execution. */
export interface OrderFill {
  readonly id: string;
  readonly time: number;
  readonly amount: number;
  readonly price: number;
  /** In quote currency, at the taker's rate where the exchange did not say. */
  readonly quoteFee: number;
  readonly baseFee: number;
  /** False where the fee is estimated. */
  readonly feeKnown: boolean;
}

/**
 * Turns the order and trade reports of one order, in any order and repeated, into each part of its
 * execution exactly once: what counts is how far the cumulative filled amount has come.
 */
export class OrderProgress {
  readonly #id: string;
  readonly #market: CcxtMarket;
  readonly #done: Progress = { filled: 0, cost: 0, quoteFee: 0, baseFee: 0 };
  readonly #trades = new Map<string, CcxtTrade>();

  readonly #priceOf: PriceOf | undefined;

  constructor(id: string, market: CcxtMarket, priceOf?: PriceOf) {
    this.#id = id;
    this.#market = market;
    this.#priceOf = priceOf;
  }

  /** The part that an order report adds, or null. */
  fromOrder(order: CcxtOrder, now: number): OrderFill | null {
    const filled = Number(order.filled ?? 0);
    const price = Number(order.average ?? order.price ?? Number.NaN);
    // Of contracts the cost is in other units: their price counts.
    const spot = this.#market.spot !== false;
    const cost = spot && Number(order.cost ?? Number.NaN) > 0 ? Number(order.cost) : filled * price;
    const fees = splitFees(order, this.#market, this.#priceOf);
    return this.#advance(filled, cost, fees, Number(order.lastTradeTimestamp ?? order.timestamp ?? now));
  }

  /** The part that a trade report adds, or null. */
  fromTrade(trade: CcxtTrade, now: number): OrderFill | null {
    if (trade.id === undefined || this.#trades.has(trade.id)) return null;
    this.#trades.set(trade.id, trade);
    let [filled, cost, quote, base] = [0, 0, 0, 0];
    let known = true;
    for (const each of this.#trades.values()) {
      const fees = splitFees(each, this.#market, this.#priceOf);
      filled += Number(each.amount ?? 0);
      const value = Number(each.amount) * Number(each.price);
      cost += this.#market.spot === false ? value : Number(each.cost ?? value);
      quote += fees?.quote ?? 0;
      base += fees?.base ?? 0;
      known &&= fees !== null;
    }
    return this.#advance(filled, cost, known ? { quote, base } : null, Number(trade.timestamp ?? now));
  }

  #advance(
    filled: number,
    cost: number,
    fees: { readonly quote: number; readonly base: number } | null,
    time: number,
  ): OrderFill | null {
    const amount = filled - this.#done.filled;
    const paid = cost - this.#done.cost;
    if (!(amount > filled * 1e-12) || !(paid > 0) || !Number.isFinite(amount) || !Number.isFinite(paid))
      return null;
    // What was estimated before is taken back once the exchange says what it charged.
    const { taker = 0, contractSize = 1, inverse } = this.#market;
    const value = inverse ? amount * contractSize : paid * contractSize;
    const quoteFee = fees === null ? value * taker : fees.quote - this.#done.quoteFee;
    const baseFee = fees === null ? 0 : fees.base - this.#done.baseFee;
    Object.assign(this.#done, { filled, cost });
    this.#done.quoteFee += quoteFee;
    this.#done.baseFee += baseFee;
    const price = paid / amount;
    return { id: `${this.#id}@${filled}`, time, amount, price, quoteFee, baseFee, feeKnown: fees !== null };
  }
}
