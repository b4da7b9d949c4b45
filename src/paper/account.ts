import type { Candle } from '../model/candle.ts';

/** What a market charges and how finely it trades. Fees are rates. */
export interface MarketRules {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly taker: number;
  readonly maker: number;
}

export type OrderType = 'market' | 'limit';
export type OrderSide = 'buy' | 'sell';
export type OrderStatus = 'open' | 'closed' | 'canceled';

export interface PaperOrder {
  readonly id: string;
  readonly clientOrderId: string | undefined;
  readonly symbol: string;
  readonly type: OrderType;
  readonly side: OrderSide;
  readonly amount: number;
  /** Limit price. */
  readonly price: number | undefined;
  /** An order with one or both of these waits for its trigger; with both, whichever is touched first counts. */
  readonly stopLossPrice: number | undefined;
  readonly takeProfitPrice: number | undefined;
  readonly timestamp: number;
  status: OrderStatus;
  filled: number;
  cost: number;
  fee: number;
  lastTradeTimestamp: number | undefined;
}

/** One execution; the fee is in quote currency. */
export interface PaperFill {
  readonly id: string;
  readonly order: string;
  readonly clientOrderId: string | undefined;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly amount: number;
  readonly price: number;
  readonly fee: number;
  readonly timestamp: number;
}

export interface AccountOptions {
  readonly quote: string;
  readonly balance: number;
  /** What a taker loses to the spread and the book, in basis points of the price. */
  readonly slippageBps: number;
}

/** Final orders kept for a bot that asks again. */
const CLOSED_KEPT = 1000;

/** Why a filled price is what it is: a taker pays slippage and the taker fee, a maker neither. */
interface Execution {
  readonly price: number;
  readonly maker: boolean;
}

/**
 * A simulated spot account. Orders fill on candles that open after they were placed, so that nothing looks
 * ahead: a market order at the next open; a limit order when its price is traded through; a stop or target
 * when it is touched, at the open when the market gapped beyond it, the stop first when one candle touches both.
 */
export class PaperAccount {
  readonly #options: AccountOptions;
  readonly #markets = new Map<string, MarketRules>();
  readonly #balances = new Map<string, number>();
  readonly #open = new Map<string, PaperOrder>();
  readonly #closed = new Map<string, PaperOrder>();
  readonly #fills: PaperFill[] = [];
  readonly #lastPrices = new Map<string, number>();
  #orders = 0;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.#balances.set(options.quote, options.balance);
  }

  addMarket(rules: MarketRules): void {
    this.#markets.set(rules.symbol, rules);
  }

  place(
    order: Pick<
      PaperOrder,
      | 'clientOrderId'
      | 'symbol'
      | 'type'
      | 'side'
      | 'amount'
      | 'price'
      | 'stopLossPrice'
      | 'takeProfitPrice'
      | 'timestamp'
    >,
  ): PaperOrder {
    this.#orders += 1;
    const placed: PaperOrder = {
      ...order,
      id: String(this.#orders),
      status: 'open',
      filled: 0,
      cost: 0,
      fee: 0,
      lastTradeTimestamp: undefined,
    };
    this.#open.set(placed.id, placed);
    return placed;
  }

  cancel(id: string): PaperOrder | undefined {
    const order = this.#open.get(id);
    if (order) this.#finish(order, 'canceled');
    return order;
  }

  /** Lets the open orders of a symbol meet its next candle: entries first, then stops, then targets and limits. */
  onCandle(symbol: string, candle: Candle): void {
    const waiting = [...this.#open.values()].filter(
      (order) => order.symbol === symbol && order.timestamp <= candle.time,
    );
    for (const order of waiting.filter((each) => !isConditional(each))) {
      const execution =
        order.type === 'market' ? { price: candle.open, maker: false } : limitExecution(order, candle);
      if (execution) this.#execute(order, execution, candle.time);
    }
    for (const touched of [stopExecution, targetExecution]) {
      for (const order of waiting.filter((each) => isConditional(each) && each.status === 'open')) {
        const execution = touched(order, candle);
        if (execution) this.#execute(order, execution, candle.time);
      }
    }
    this.mark(symbol, candle.close);
  }

  /** Notes the last price of a symbol: holdings are valued at it, and orders checked against it. */
  mark(symbol: string, price: number): void {
    this.#lastPrices.set(symbol, price);
  }

  order(id: string): PaperOrder | undefined {
    return this.#open.get(id) ?? this.#closed.get(id);
  }

  openOrders(symbol?: string): PaperOrder[] {
    return [...this.#open.values()].filter((order) => symbol === undefined || order.symbol === symbol);
  }

  closedOrders(symbol?: string): PaperOrder[] {
    return [...this.#closed.values()].filter((order) => symbol === undefined || order.symbol === symbol);
  }

  /** Every execution since the account was opened, oldest first. */
  get fills(): readonly PaperFill[] {
    return this.#fills;
  }

  /** Orders placed since the account was opened. */
  get orderCount(): number {
    return this.#orders;
  }

  get quote(): string {
    return this.#options.quote;
  }

  balance(currency: string): number {
    return this.#balances.get(currency) ?? 0;
  }

  get balances(): ReadonlyMap<string, number> {
    return this.#balances;
  }

  /** Money that open buy orders will need, fees included; conditional orders hold nothing until they are touched. */
  reserved(): number {
    let reserved = 0;
    for (const order of this.#open.values()) {
      if (order.side !== 'buy' || isConditional(order)) continue;
      const price = order.price ?? this.#lastPrices.get(order.symbol) ?? 0;
      reserved += order.amount * price * (1 + this.#markets.get(order.symbol)!.taker);
    }
    return reserved;
  }

  /** Quote currency that no open order needs. */
  free(): number {
    return Math.max(0, this.balance(this.#options.quote) - this.reserved());
  }

  lastPrice(symbol: string): number | undefined {
    return this.#lastPrices.get(symbol);
  }

  /** Cash plus holdings at their last close, in quote currency. */
  equity(): number {
    let equity = this.balance(this.#options.quote);
    for (const { symbol, base } of this.#markets.values()) {
      equity += this.balance(base) * (this.#lastPrices.get(symbol) ?? 0);
    }
    return equity;
  }

  #execute(order: PaperOrder, { price: touched, maker }: Execution, time: number): void {
    const rules = this.#markets.get(order.symbol)!;
    const slippage = maker ? 0 : this.#options.slippageBps / 10_000;
    const slipped = touched * (order.side === 'buy' ? 1 + slippage : 1 - slippage);
    const price =
      order.price === undefined
        ? slipped
        : (order.side === 'buy' ? Math.min : Math.max)(slipped, order.price);
    const rate = maker ? rules.maker : rules.taker;
    // A sale never sells more than is held: on a spot account the rest of the order is void.
    const amount = order.side === 'sell' ? Math.min(order.amount, this.balance(rules.base)) : order.amount;
    const cost = amount * price;
    const fee = cost * rate;
    if (!(amount > 0) || (order.side === 'buy' && cost + fee > this.balance(rules.quote))) {
      this.#finish(order, 'canceled');
      return;
    }
    const sign = order.side === 'buy' ? 1 : -1;
    this.#credit(rules.base, sign * amount);
    this.#credit(rules.quote, -sign * cost - fee);
    Object.assign(order, { filled: amount, cost, fee, lastTradeTimestamp: time });
    this.#fills.push({
      id: `f${this.#fills.length + 1}`,
      order: order.id,
      clientOrderId: order.clientOrderId,
      symbol: order.symbol,
      side: order.side,
      amount,
      price,
      fee,
      timestamp: time,
    });
    this.#finish(order, 'closed');
  }

  #finish(order: PaperOrder, status: OrderStatus): void {
    order.status = status;
    this.#open.delete(order.id);
    this.#closed.set(order.id, order);
    if (this.#closed.size > CLOSED_KEPT) this.#closed.delete(this.#closed.keys().next().value!);
  }

  /** Sums of many amounts carry rounding; what is left of a sold-out holding is nothing. */
  #credit(currency: string, amount: number): void {
    const before = this.balance(currency);
    const after = before + amount;
    this.#balances.set(
      currency,
      Math.abs(after) < 1e-12 * Math.max(Math.abs(before), Math.abs(amount)) ? 0 : after,
    );
  }
}

const isConditional = (order: PaperOrder): boolean =>
  order.stopLossPrice !== undefined || order.takeProfitPrice !== undefined;

function limitExecution(
  { side, price = Number.NaN }: PaperOrder,
  { open, high, low }: Candle,
): Execution | null {
  if (side === 'buy' ? open <= price : open >= price) return { price: open, maker: false };
  return (side === 'buy' ? low <= price : high >= price) ? { price, maker: true } : null;
}

function stopExecution({ side, stopLossPrice }: PaperOrder, { open, high, low }: Candle): Execution | null {
  if (stopLossPrice === undefined) return null;
  if (side === 'sell')
    return low <= stopLossPrice ? { price: Math.min(open, stopLossPrice), maker: false } : null;
  return high >= stopLossPrice ? { price: Math.max(open, stopLossPrice), maker: false } : null;
}

function targetExecution(
  { side, takeProfitPrice }: PaperOrder,
  { open, high, low }: Candle,
): Execution | null {
  if (takeProfitPrice === undefined) return null;
  if (side === 'sell')
    return high >= takeProfitPrice ? { price: Math.max(open, takeProfitPrice), maker: false } : null;
  return low <= takeProfitPrice ? { price: Math.min(open, takeProfitPrice), maker: false } : null;
}
