import type { Candle } from '../model/candle.ts';
import { type Execution, limitExecution, stopExecution, targetExecution } from './executions.ts';
import { Holdings, type MarketRules, type SwapPosition } from './holdings.ts';

export type OrderType = 'market' | 'limit';
export type OrderSide = 'buy' | 'sell';
export type OrderStatus = 'open' | 'closed' | 'canceled';

/** Stop and target that an order puts on what it opens. */
export interface Protection {
  readonly stopLossPrice: number | undefined;
  readonly takeProfitPrice: number | undefined;
}

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
  /** Closes and never opens. */
  readonly reduceOnly: boolean;
  /** Placed for what this order opens, as soon as it has filled. */
  readonly protection: Protection | undefined;
  readonly timestamp: number;
  status: OrderStatus;
  /** Whether it waits for its trigger. */
  waits: boolean;
  /** Whether it stands in the book: then it fills at its own price, as a maker. */
  rests: boolean;
  filled: number;
  cost: number;
  fee: number;
  lastTradeTimestamp: number | undefined;
}

/** An order as it is wished for. */
export type OrderWish = Pick<
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
> &
  Partial<Pick<PaperOrder, 'reduceOnly' | 'protection'>>;

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
  /** Money at the start in quote currency, or what there is of each currency. */
  readonly balance: number | Readonly<Record<string, number>>;
  /** What a taker loses to the spread and the book, in basis points of the price. */
  readonly slippageBps: number;
  /** Share of a candle's volume that one order may be, in (0,1]; the rest of it waits. Absent: orders fill whole. */
  readonly participation?: number;
}

/** Final orders kept for a bot that asks again. */
const CLOSED_KEPT = 1000;
/** Steps in which the price is found at which an account is liquidated. */
const HALVINGS = 40;

/**
 * A simulated account on spot and linear swaps. Orders fill on candles that open after they were placed, so that nothing
 * looks ahead: a market order at the next open; a limit order when its price is traded through; a stop or target when it
 * is touched, at the open when the market gapped beyond it, the stop first when one candle touches both.
 */
export class PaperAccount {
  readonly #options: AccountOptions;
  readonly #holdings: Holdings;
  readonly #open = new Map<string, PaperOrder>();
  readonly #closed = new Map<string, PaperOrder>();
  readonly #fills: PaperFill[] = [];
  #orders = 0;

  constructor(options: AccountOptions) {
    const { quote, balance } = options;
    this.#options = options;
    this.#holdings = new Holdings(quote, typeof balance === 'number' ? { [quote]: balance } : balance);
  }

  addMarket(rules: MarketRules): void {
    this.#holdings.addMarket(rules);
  }

  place({ reduceOnly = false, protection, ...wish }: OrderWish): PaperOrder {
    this.#orders += 1;
    const placed: PaperOrder = {
      ...wish,
      reduceOnly,
      protection,
      id: String(this.#orders),
      status: 'open',
      rests: false,
      waits: wish.stopLossPrice !== undefined || wish.takeProfitPrice !== undefined,
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

  /** Opens an order again that was cancelled for another, which the venue did not take. */
  reopen(order: PaperOrder): void {
    order.status = 'open';
    this.#closed.delete(order.id);
    this.#open.set(order.id, order);
  }

  /**
   * Lets the open orders of a symbol meet its next candle: entries first, then stops, then targets and limits.
   * @param placedBy orders that were placed later do not meet it, ms; by default the candle's open
   */
  onCandle(symbol: string, candle: Candle, placedBy: number = candle.time): void {
    const met = () =>
      [...this.#open.values()].filter((order) => order.symbol === symbol && order.timestamp <= placedBy);
    const before = met();
    for (const order of before.filter(({ waits }) => !waits)) this.#meet(order, candle);
    // What was opened just now has its stop already; whether its target came before, nobody knows.
    for (const order of met()) this.#touch(order, stopExecution(order, candle), candle);
    for (const order of before) this.#touch(order, targetExecution(order, candle), candle);
    this.#answerFor(symbol, candle);
    this.mark(symbol, candle.close);
    // What other symbols came to meanwhile is seen by now.
    if (this.#holdings.isLiquidated) this.#liquidate(candle.time);
  }

  /** Executes at once what can be at the last price: a market order, or a limit order that is as good as one. */
  meetNow(order: PaperOrder, time: number): void {
    const price = this.lastPrice(order.symbol);
    if (price === undefined || order.waits) return;
    this.#meet(order, { time, open: price, high: price, low: price, close: price, volume: 0 });
    if (order.type === 'limit') order.rests = true;
  }

  /** Notes the last price of a symbol: holdings are valued at it, and orders checked against it. */
  mark(symbol: string, price: number): void {
    this.#holdings.mark(symbol, price);
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

  get slippageBps(): number {
    return this.#options.slippageBps;
  }

  get quote(): string {
    return this.#options.quote;
  }

  balance(currency: string): number {
    return this.#holdings.balance(currency);
  }

  get balances(): ReadonlyMap<string, number> {
    return this.#holdings.balances;
  }

  get positions(): readonly SwapPosition[] {
    return this.#holdings.positions;
  }

  position(symbol: string): SwapPosition {
    return this.#holdings.position(symbol);
  }

  leverage(symbol: string): number {
    return this.#holdings.leverage(symbol);
  }

  setLeverage(symbol: string, leverage: number): void {
    this.#holdings.setLeverage(symbol, leverage);
  }

  /** How much of an order may close what is held. */
  closable(symbol: string, side: OrderSide): number {
    return this.#holdings.closable(symbol, side);
  }

  /** Money that opening an amount at a price binds, its fee included. */
  cost(symbol: string, side: OrderSide, amount: number, price: number): number {
    return this.#holdings.cost(symbol, side, amount, price);
  }

  /** Money that open orders will need, fees included; conditional orders hold nothing until they are touched. */
  reserved(): number {
    let reserved = 0;
    for (const { symbol, side, amount, filled, price, waits, reduceOnly } of this.#open.values()) {
      if (waits || reduceOnly) continue;
      const at = price ?? this.lastPrice(symbol) ?? 0;
      reserved += this.#holdings.cost(symbol, side, amount - filled, at);
    }
    return reserved;
  }

  /** Coins of a currency that open sell orders have put up. */
  offered(currency: string): number {
    let offered = 0;
    for (const { symbol, side, amount, filled, waits } of this.#open.values()) {
      const { base, contractSize } = this.#holdings.rules(symbol)!;
      if (!waits && side === 'sell' && base === currency && contractSize === undefined)
        offered += amount - filled;
    }
    return offered;
  }

  /** Quote currency that no open order or position needs. */
  free(): number {
    const { quote } = this.#options;
    const unbound = this.balance(quote) + this.#holdings.unrealised() - this.#holdings.margin();
    return Math.max(0, unbound - this.reserved());
  }

  lastPrice(symbol: string): number | undefined {
    return this.#holdings.lastPrice(symbol);
  }

  /** What positions would make or lose at the last prices, in quote currency. */
  unrealised(): number {
    return this.#holdings.unrealised();
  }

  /** Cash plus what is held at its last price, in quote currency. */
  equity(): number {
    return this.#holdings.equity();
  }

  #meet(order: PaperOrder, candle: Candle): void {
    const execution =
      order.type === 'market' ? { price: candle.open, maker: false } : limitExecution(order, candle);
    if (execution) this.#execute(order, execution, candle);
  }

  /** An order that waits and is touched is executed; one with a limit price rests at it from now on. */
  #touch(order: PaperOrder, execution: Execution | null, candle: Candle): void {
    if (execution === null || !order.waits || order.status !== 'open') return;
    order.waits = false;
    const { type, side, price = Number.NaN } = order;
    const isWithin = side === 'buy' ? execution.price <= price : execution.price >= price;
    if (type === 'market' || isWithin) this.#execute(order, execution, candle);
    else order.rests = true;
  }

  #execute(order: PaperOrder, { price: touched, maker }: Execution, candle: Candle): void {
    const { symbol, side } = order;
    const rules = this.#holdings.rules(symbol)!;
    const slippage = maker ? 0 : this.#options.slippageBps / 10_000;
    const slipped = touched * (side === 'buy' ? 1 + slippage : 1 - slippage);
    const price =
      order.price === undefined ? slipped : (side === 'buy' ? Math.min : Math.max)(slipped, order.price);
    const wanted = this.#fillable(order);
    const amount = Math.min(wanted, this.#available(candle));
    const cost = amount * price * (rules.contractSize ?? 1);
    const fee = cost * (maker ? rules.maker : rules.taker);
    if (!(amount > 0) || !this.#canPay(order, amount, price, fee)) {
      this.#finish(order, 'canceled');
      return;
    }
    this.#holdings.book(symbol, side, amount, price, fee);
    order.filled += amount;
    order.cost += cost;
    order.fee += fee;
    order.lastTradeTimestamp = candle.time;
    this.#fills.push({
      id: `f${this.#fills.length + 1}`,
      order: order.id,
      clientOrderId: order.clientOrderId,
      symbol,
      side,
      amount,
      price,
      fee,
      timestamp: candle.time,
    });
    this.#dropVoid(symbol);
    if (order.protection) this.#protect(order, order.protection, amount, candle.time);
    if (amount < wanted) {
      order.rests = order.type === 'limit';
      return;
    }
    this.#finish(order, 'closed');
  }

  /** A sale never sells more than is held on spot, and what only closes never opens: the rest of the order is void. */
  #fillable({ symbol, side, amount, filled, reduceOnly }: PaperOrder): number {
    const rest = amount - filled;
    const isSpot = this.#holdings.rules(symbol)!.contractSize === undefined;
    if (!reduceOnly && !(isSpot && side === 'sell')) return rest;
    return Math.min(rest, this.#holdings.closable(symbol, side));
  }

  /** How much the market takes of one order now. A candle without volume, or an instant of one, says nothing of that. */
  #available({ volume }: Candle): number {
    const { participation } = this.#options;
    return participation === undefined || !(volume > 0) ? Number.POSITIVE_INFINITY : participation * volume;
  }

  #canPay({ symbol, side }: PaperOrder, amount: number, price: number, fee: number): boolean {
    const { contractSize } = this.#holdings.rules(symbol)!;
    if (contractSize === undefined)
      return side === 'sell' || amount * price + fee <= this.balance(this.#options.quote);
    if (amount <= this.closable(symbol, side)) return true;
    const unbound = this.balance(this.#options.quote) + this.#holdings.unrealised() - this.#holdings.margin();
    return this.#holdings.cost(symbol, side, amount, price) <= unbound;
  }

  /** What only closes ends with what it would have closed. */
  #dropVoid(symbol: string): void {
    for (const order of this.openOrders(symbol))
      if (order.waits && order.reduceOnly && this.closable(symbol, order.side) === 0)
        this.#finish(order, 'canceled');
  }

  /** Puts stop and target on what was opened just now. */
  #protect(opened: PaperOrder, protection: Protection, amount: number, timestamp: number): void {
    this.place({
      clientOrderId: undefined,
      symbol: opened.symbol,
      type: 'market',
      side: opened.side === 'buy' ? 'sell' : 'buy',
      amount,
      price: undefined,
      ...protection,
      reduceOnly: true,
      timestamp,
    });
  }

  /** Where a candle goes further than the account can answer for, the venue closes everything on the way. */
  #answerFor(symbol: string, { time, open, high, low }: Candle): void {
    const { contracts } = this.position(symbol);
    if (contracts === 0) return;
    const worst = contracts > 0 ? low : high;
    const isTooFar = (price: number) => {
      this.mark(symbol, price);
      return this.#holdings.isLiquidated;
    };
    if (!isTooFar(worst)) return;
    let [held, lost] = [open, worst];
    if (isTooFar(open)) lost = open;
    else
      for (let i = 0; i < HALVINGS; i += 1) {
        const between = (held + lost) / 2;
        if (isTooFar(between)) lost = between;
        else held = between;
      }
    this.mark(symbol, lost);
    this.#liquidate(time);
  }

  /** The venue closes everything at the last prices; what the account cannot pay is the venue's loss. */
  #liquidate(time: number): void {
    for (const { symbol, contracts } of this.positions) {
      const order = this.place({
        clientOrderId: undefined,
        symbol,
        type: 'market',
        side: contracts > 0 ? 'sell' : 'buy',
        amount: Math.abs(contracts),
        price: undefined,
        stopLossPrice: undefined,
        takeProfitPrice: undefined,
        reduceOnly: true,
        timestamp: time,
      });
      this.meetNow(order, time);
    }
    this.#holdings.forgive();
  }

  #finish(order: PaperOrder, status: OrderStatus): void {
    order.status = status;
    this.#open.delete(order.id);
    this.#closed.set(order.id, order);
    if (this.#closed.size > CLOSED_KEPT) this.#closed.delete(this.#closed.keys().next().value!);
  }
}
