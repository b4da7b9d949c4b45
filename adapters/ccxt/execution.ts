import { type CcxtMarket, unitOf, unitValue } from './market.ts';
import { type CcxtOrder, type CcxtTrade, type PriceOf, splitFees } from './orders.ts';

/** How far an order has come: units filled, their value, and fees where somebody said them. */
export interface Filled {
  readonly amount: number;
  /** Units x price; of an inverse contract units / price. */
  readonly value: number;
  readonly fee: number | null;
  readonly baseFee: number | null;
  readonly time: number;
}

/** A new part of an order's execution. */
export interface Part {
  readonly id: string;
  readonly time: number;
  readonly amount: number;
  readonly price: number;
  /** In the currency that settles, at the taker's rate where the exchange did not say. */
  readonly fee: number;
  readonly baseFee: number;
  /** False where the fee is estimated. */
  readonly feeKnown: boolean;
}

/** An execution between two processes, as plain JSON. */
export interface ExecutionState {
  readonly reported: Filled;
  readonly trades: readonly (readonly [id: string, part: Filled])[];
  readonly booked: Filled;
}

const NOTHING: Filled = { amount: 0, value: 0, fee: 0, baseFee: 0, time: 0 };
/** Amounts closer than this share are the same. */
const ROUNDING = 1e-9;

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

/**
 * Turns the order and trade reports of one order, in any order and repeated, into each part of its execution
 * exactly once: what counts is how far the cumulative filled amount has come.
 */
export class Execution {
  /** Name of the order in the ids of what is recorded of it. */
  readonly id: string;
  readonly #market: CcxtMarket;
  readonly #priceOf: PriceOf | undefined;
  #reported: Filled;
  #booked: Filled;
  readonly #trades: Map<string, Filled>;

  constructor(id: string, market: CcxtMarket, priceOf?: PriceOf, state?: ExecutionState) {
    this.id = id;
    this.#market = market;
    this.#priceOf = priceOf;
    this.#reported = state?.reported ?? NOTHING;
    this.#booked = state?.booked ?? NOTHING;
    this.#trades = new Map(state?.trades ?? []);
  }

  state(): ExecutionState {
    return { reported: this.#reported, trades: [...this.#trades], booked: this.#booked };
  }

  /** Units that are known to have filled. */
  get amount(): number {
    return Math.max(this.#reported.amount, this.#traded().amount);
  }

  /** Whether trades account for all that is known to have filled. */
  get isTraded(): boolean {
    return this.#traded().amount >= this.amount * (1 - ROUNDING);
  }

  /** Whether something filled that is not booked yet. */
  get isAhead(): boolean {
    return this.amount > this.#booked.amount * (1 + ROUNDING) + Number.MIN_VALUE;
  }

  /** Units that filled and are not booked yet. */
  get ahead(): number {
    return Math.max(0, this.amount - this.#booked.amount);
  }

  /** Whether the fees on all that filled are known. */
  get isPriced(): boolean {
    return this.#reported.amount >= this.amount * (1 - ROUNDING) && this.#reported.fee !== null;
  }

  /** Takes an order report. */
  report(order: CcxtOrder, now: number): void {
    const amount = Number(order.filled ?? 0);
    const price = Number(order.average ?? order.price ?? Number.NaN);
    const cost = Number(order.cost ?? Number.NaN);
    // Of contracts the cost is in other units: their price counts.
    const value = this.#market.spot !== false && cost > 0 ? cost : this.#valueOf(amount, price);
    if (!(amount > this.#reported.amount * (1 + ROUNDING)) || !(value > 0) || !Number.isFinite(value)) return;
    const fees = splitFees(order, this.#market, this.#priceOf);
    const time = Number(order.lastTradeTimestamp ?? order.timestamp ?? now);
    this.#reported = { amount, value, fee: fees?.settled ?? null, baseFee: fees?.base ?? null, time };
  }

  /** Takes a trade report; false for one that was seen before, or says nothing. */
  trade(trade: CcxtTrade, now: number): boolean {
    if (trade.id === undefined || this.#trades.has(trade.id)) return false;
    const part = filledBy(trade, this.#market, this.#priceOf, now);
    if (part === null) return false;
    this.#trades.set(trade.id, part);
    return true;
  }

  /** What filled since the last time; null where that is nothing. */
  take(): Part | null {
    if (!this.isAhead) return null;
    const traded = this.#traded();
    const source = this.isTraded && (traded.fee !== null || !this.isPriced) ? traded : this.#reported;
    const booked = this.#booked;
    const amount = source.amount - booked.amount;
    const value = source.value - booked.value;
    if (!(amount > 0) || !(value > 0)) return null;
    const { inverse } = unitOf(this.#market);
    const price = inverse ? amount / value : value / amount;
    const feeKnown = source.fee !== null;
    // What was estimated before is taken back once the exchange says what it charged.
    const estimate = (booked.fee ?? 0) + this.#taken(amount, price);
    const fee = source.fee ?? estimate;
    const baseFee = source.baseFee ?? booked.baseFee ?? 0;
    this.#booked = { ...source, fee, baseFee };
    return {
      id: `${this.id}@${source.amount}`,
      time: source.time,
      amount,
      price,
      fee: fee - (booked.fee ?? 0),
      baseFee: baseFee - (booked.baseFee ?? 0),
      feeKnown,
    };
  }

  /** The taker's fee on units at a price. */
  #taken(amount: number, price: number): number {
    const { size, inverse } = unitOf(this.#market);
    const value = inverse ? (amount * size) / price : amount * unitValue(this.#market, price);
    return value * (this.#market.taker ?? 0);
  }

  #traded(): Filled {
    let sum = NOTHING;
    for (const each of this.#trades.values())
      sum = {
        amount: sum.amount + each.amount,
        value: sum.value + each.value,
        fee: plus(sum.fee, each.fee),
        baseFee: plus(sum.baseFee, each.baseFee),
        time: Math.max(sum.time, each.time),
      };
    return sum;
  }

  #valueOf(amount: number, price: number): number {
    return unitOf(this.#market).inverse ? amount / price : amount * price;
  }
}

/** One trade as an amount that filled; null where it cannot be read. */
export function filledBy(
  trade: CcxtTrade,
  market: CcxtMarket,
  priceOf: PriceOf | undefined,
  now: number,
): Filled | null {
  const [amount, price] = [Number(trade.amount), Number(trade.price)];
  if (!(amount > 0) || !(price > 0) || !Number.isFinite(amount * price)) return null;
  const fees = splitFees(trade, market, priceOf);
  return {
    amount,
    value: unitOf(market).inverse ? amount / price : amount * price,
    fee: fees?.settled ?? null,
    baseFee: fees?.base ?? null,
    time: Number(trade.timestamp ?? now),
  };
}

/** One trade of an order that is not watched; null where it cannot be read. */
export function partOf(
  id: string,
  trade: CcxtTrade,
  market: CcxtMarket,
  priceOf: PriceOf | undefined,
  now: number,
): Part | null {
  const filled = filledBy(trade, market, priceOf, now);
  if (filled === null) return null;
  const { amount, time, fee, baseFee } = filled;
  const price = Number(trade.price);
  return { id, time, amount, price, fee: fee ?? 0, baseFee: baseFee ?? 0, feeKnown: fee !== null };
}
