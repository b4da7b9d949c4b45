import type { Clock } from './clock.ts';
import {
  atStep,
  FEE_RATES,
  floorStep,
  INSTRUMENTS,
  type Instrument,
  isAtStep,
  type Kind,
} from './instruments.ts';
import { Ledger, type LedgerFill, type PositionSide, profit, type Sender } from './ledger.ts';

/** What a venue is like. */
export interface VenueSettings {
  readonly kind: Kind;
  /** Currency of fees: what is received on spot, always quote, or BNB. Contracts: their settling currency, or BNB. */
  readonly fees: 'received' | 'quote' | 'bnb';
  /** Fills that an order needs: a resting one gets them one price at a time. */
  readonly parts: number;
  /** What an order is answered with: everything, an order that is new, or its id alone. */
  readonly answers: 'full' | 'new' | 'id';
  /** Times are rounded down to this, in ms. */
  readonly coarse: number;
  /** Whether a conditional order of a contract keeps its client id when it becomes an order. */
  readonly keepsClientId: boolean;
}

export type OrderType =
  | 'MARKET'
  | 'LIMIT'
  | 'LIMIT_MAKER'
  | 'STOP_LOSS'
  | 'STOP_LOSS_LIMIT'
  | 'TAKE_PROFIT'
  | 'TAKE_PROFIT_LIMIT'
  | 'STOP'
  | 'STOP_MARKET'
  | 'TAKE_PROFIT_MARKET'
  | 'TRAILING_STOP_MARKET';

/** An order as it is asked for. */
export interface Wanted {
  readonly instrument: Instrument;
  readonly side: 'BUY' | 'SELL';
  readonly type: OrderType;
  readonly qty: number;
  /** Instead of a size: quote units to spend or to get. */
  readonly quoteQty?: number;
  readonly price?: number;
  readonly trigger?: number;
  /** In percent. */
  readonly callbackRate?: number;
  readonly reduceOnly?: boolean;
  readonly closePosition?: boolean;
  readonly positionSide?: PositionSide;
  /** Triggers of a stop and a target that come to be with the position that this opens. */
  readonly attached?: { readonly stop?: number; readonly target?: number };
  readonly clientId: string;
  readonly by: Sender;
}

export interface Order extends Omit<Wanted, 'price' | 'qty'> {
  price?: number;
  readonly id: number;
  readonly positionSide: PositionSide;
  /** Lives in the algo service until it triggers, under an id of its own. */
  readonly algo: boolean;
  readonly time: number;
  qty: number;
  updated: number;
  status: 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED';
  filled: number;
  /** Quote units; base units of an inverse contract. */
  cost: number;
  readonly fills: LedgerFill[];
  /** Highest or lowest price since a trailing stop was placed. */
  extreme: number;
  triggered: boolean;
  /** The order that an algo order became. */
  actual?: Order;
  /** The other leg of a pair of which one cancels the other. */
  pair?: Order;
}

/** A refusal, with the venue's own code. */
export class VenueError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const BNB_PRICE = 200;
const LEVERAGE = 20;
/** Accounts whose fees cannot be paid in BNB. */
const NO_BNB: readonly Kind[] = ['coinm', 'bybit'];
/** The algo service counts by itself. */
const ALGO_IDS = 5_000_000;
/** Client ids of orders that the venue makes for a position begin with this. */
export const ATTACHED = 'attached-';
/** Share of a contract's value below which its margin is gone. */
const MAINTENANCE = 0.01;
/** How many times its own money a margin account may hold. */
const MARGIN_FACTOR = 5;
const START_CASH: Readonly<Record<Kind, Readonly<Record<string, number>>>> = {
  spot: { USDT: 20_000, BNB: 20 },
  margin: { USDT: 20_000, BNB: 20 },
  usdm: { USDT: 2000, BNB: 20 },
  hedge: { USDT: 2000, BNB: 20 },
  coinm: { BTC: 2, ETH: 20, BNB: 20 },
  bybit: { USDT: 2000 },
};

export const isOpen = ({ status }: Order): boolean => status === 'NEW' || status === 'PARTIALLY_FILLED';
export const isConditional = ({ trigger, callbackRate }: Wanted): boolean =>
  trigger !== undefined || callbackRate !== undefined;

/** An account at a venue: takes orders, fills them at the prices it is given, and books everything. */
export class Venue {
  readonly ledger = new Ledger();
  readonly settings: VenueSettings;
  readonly instruments: readonly Instrument[];
  readonly orders: Order[] = [];
  readonly clock: Clock;
  readonly #prices = new Map<string, number>();
  /** Ids are counted by instrument, as the real venue's are: two symbols have equal ones. */
  readonly #ids = new Map<string, number>();

  constructor(settings: VenueSettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.instruments = INSTRUMENTS[settings.kind];
    for (const { id, startPrice } of this.instruments) this.#prices.set(id, startPrice);
    for (const [currency, amount] of Object.entries(START_CASH[settings.kind]))
      this.ledger.deposit(currency, amount);
  }

  get hedged(): boolean {
    return this.settings.kind === 'hedge';
  }

  get now(): number {
    return this.clock.now;
  }

  /** What the venue takes the time for. */
  time(): number {
    return Math.floor(this.now / this.settings.coarse) * this.settings.coarse;
  }

  price({ id }: Instrument): number {
    return this.#prices.get(id)!;
  }

  instrument(id: string): Instrument {
    const found = this.instruments.find((each) => each.id === id);
    if (!found) throw new VenueError(-1121, 'Invalid symbol.');
    return found;
  }

  find(instrument: Instrument, by: { id?: number; clientId?: string; algo: boolean }): Order | undefined {
    return this.orders.findLast(
      (order) =>
        order.instrument === instrument &&
        order.algo === by.algo &&
        (by.clientId === undefined ? order.id === by.id : order.clientId === by.clientId),
    );
  }

  place(wanted: Wanted): Order {
    this.#check(wanted);
    return this.#accept(wanted);
  }

  /** Two orders of which one ends the other; they hold back what the larger needs. */
  placePair(first: Wanted, second: Wanted): readonly [Order, Order] {
    this.#check(first);
    this.#check(second);
    const pair = [this.#accept(first), this.#accept(second)] as const;
    pair[0].pair = pair[1];
    pair[1].pair = pair[0];
    return pair;
  }

  #accept(wanted: Wanted): Order {
    const { instrument, type } = wanted;
    const algo = this.settings.kind !== 'bybit' && instrument.type !== 'spot' && isConditional(wanted);
    const price = this.price(instrument);
    const order: Order = {
      ...wanted,
      id: algo ? ALGO_IDS + this.#nextId('algo') : this.#nextId(`${instrument.id}/order`),
      qty: wanted.quoteQty === undefined ? wanted.qty : floorStep(wanted.quoteQty / price, instrument.step),
      positionSide: wanted.positionSide ?? 'BOTH',
      algo,
      time: this.time(),
      updated: this.time(),
      status: 'NEW',
      filled: 0,
      cost: 0,
      fills: [],
      extreme: price,
      triggered: !isConditional(wanted),
    };
    this.orders.push(order);
    if (order.triggered) this.#match(order, type === 'MARKET' ? 'all' : 'part', false);
    return order;
  }

  cancel(order: Order): void {
    if (!isOpen(order)) throw new VenueError(-2011, 'Unknown order sent.');
    this.#end(order, 'CANCELED');
  }

  /** Changes what a resting order is still to fill. */
  amend(order: Order, qty: number, price: number): void {
    this.#check({ ...order, qty, price, clientId: '' });
    order.qty = qty;
    order.price = price;
    order.updated = this.time();
    this.#match(order, 'part', false);
  }

  /** Moves a price, and does what that sets off: triggers, fills, liquidation. */
  move(instrument: Instrument, price: number): void {
    this.#prices.set(instrument.id, atStep(price, instrument.tick));
    for (const order of [...this.orders]) {
      if (order.instrument !== instrument || !isOpen(order)) continue;
      if (!order.triggered) this.#maybeTrigger(order);
      else this.#match(order, 'part', true);
    }
    this.#maybeLiquidate();
  }

  /** Pays funding on a position; a positive rate is paid by who is long. */
  fund(instrument: Instrument, rate: number): void {
    for (const { size, instrument: of } of this.ledger.positions())
      if (of === instrument && size !== 0) {
        const amount = -rate * size * this.#value(instrument, 1);
        this.ledger.fund(instrument, Number(amount.toFixed(8)), this.price(instrument), this.time());
      }
  }

  /** Takes a contract's margin away down to what is just enough, and moves its price against it. */
  ruin(instrument: Instrument): void {
    const held = this.ledger.positions().find((each) => each.instrument === instrument && each.size !== 0);
    if (!held) return;
    const { settle } = instrument;
    const { unrealized, value } = this.#exposed(settle);
    this.ledger.deposit(settle, value * 0.02 - unrealized - this.ledger.cash(settle));
    this.move(instrument, this.price(instrument) * (held.size > 0 ? 0.96 : 1.04));
  }

  /** What may be spent or sold of a currency. */
  free(currency: string): number {
    return this.ledger.cash(currency) - this.locked(currency);
  }

  /** What resting orders hold back of a currency. */
  locked(currency: string): number {
    let sum = 0;
    const counted = new Set<Order>();
    for (const order of this.orders) {
      const { instrument, side, qty, filled, pair } = order;
      if (!isOpen(order) || instrument.type !== 'spot' || (pair && counted.has(pair))) continue;
      counted.add(order);
      const left = qty - filled;
      if (side === 'SELL' && instrument.base === currency) sum += left;
      if (side === 'BUY' && instrument.quote === currency) sum += left * (order.price ?? order.trigger ?? 0);
    }
    return Number(sum.toFixed(8));
  }

  /** Value of a size at a price, in the currency that it settles in. */
  #value(instrument: Instrument, size: number, price = this.price(instrument)): number {
    return instrument.type === 'inverse' ? (size * instrument.contractSize) / price : size * price;
  }

  #nextId(counter: string): number {
    const next = (this.#ids.get(counter) ?? 1000) + 1;
    this.#ids.set(counter, next);
    return next;
  }

  #check(wanted: Wanted): void {
    const { instrument, type, qty, quoteQty, clientId, closePosition, by } = wanted;
    const { step, tick, minQty, minNotional } = instrument;
    const spot = instrument.type === 'spot';
    if (by === 'owner' || by === 'liquidation') return;
    const taken = this.orders.some(
      (order) => order.clientId === clientId && order.instrument === instrument && isOpen(order),
    );
    if (taken)
      throw new VenueError(
        spot ? -2010 : -4116,
        spot ? 'Duplicate order sent.' : 'ClientOrderId is duplicated.',
      );
    if (!closePosition && quoteQty === undefined) {
      if (!(qty > 0) || qty < minQty * (1 - 1e-9))
        throw new VenueError(
          spot ? -1013 : -4003,
          spot ? 'Filter failure: LOT_SIZE' : 'Quantity less than or equal to zero.',
        );
      if (!isAtStep(qty, step))
        throw new VenueError(
          spot ? -1013 : -1111,
          spot ? 'Filter failure: LOT_SIZE' : 'Precision is over the maximum defined for this asset.',
        );
    }
    for (const each of [wanted.price, wanted.trigger])
      if (each !== undefined && !(each > 0 && isAtStep(each, tick)))
        throw new VenueError(
          spot ? -1013 : -4014,
          spot ? 'Filter failure: PRICE_FILTER' : 'Price not increased by tick size.',
        );
    const value = quoteQty ?? this.#value(instrument, qty, wanted.price);
    if (value < minNotional && !wanted.reduceOnly && !closePosition)
      throw new VenueError(
        spot ? -1013 : -4164,
        spot
          ? 'Filter failure: NOTIONAL'
          : `Order's notional must be no smaller than ${minNotional} (unless you choose reduce only).`,
      );
    if (isConditional(wanted) && wanted.callbackRate === undefined && this.#triggers(wanted))
      throw new VenueError(
        spot ? -2010 : -2021,
        spot ? 'Stop price would trigger immediately.' : 'Order would immediately trigger.',
      );
    if (type === 'LIMIT_MAKER' && this.#crosses(wanted))
      throw new VenueError(-2010, 'Order would immediately match and take.');
    if (spot) this.#checkFunds(wanted, value);
    else this.#checkPosition(wanted, value);
  }

  #checkFunds({ instrument, side, qty, trigger, price, quoteQty }: Wanted, value: number): void {
    const [currency, needed] =
      side === 'BUY'
        ? [instrument.quote, quoteQty ?? Math.max(value, (price ?? trigger ?? 0) * qty)]
        : [instrument.base, quoteQty === undefined ? qty : quoteQty / this.price(instrument)];
    const enough =
      this.settings.kind === 'margin'
        ? this.#borrowed() + value <= MARGIN_FACTOR * this.#ownMoney()
        : needed <= this.free(currency) + 1e-9;
    if (!enough) throw new VenueError(-2010, 'Account has insufficient balance for requested action.');
  }

  /** What a margin account holds and owes, at today's prices. */
  #borrowed(): number {
    return this.ledger
      .positions()
      .reduce((sum, { instrument, size }) => sum + Math.abs(size) * this.price(instrument), 0);
  }

  #ownMoney(): number {
    return this.ledger
      .currencies()
      .reduce((sum, currency) => sum + this.ledger.cash(currency) * this.#worth(currency), 0);
  }

  #worth(currency: string): number {
    if (currency === 'USDT' || currency === 'USD') return 1;
    if (currency === 'BNB') return BNB_PRICE;
    const found = this.instruments.find(({ base }) => base === currency);
    return found ? this.price(found) : 0;
  }

  #checkPosition(wanted: Wanted, value: number): void {
    const { instrument, side, positionSide = 'BOTH', reduceOnly, closePosition, qty } = wanted;
    if (this.hedged !== (positionSide !== 'BOTH'))
      throw new VenueError(-4061, "Order's position side does not match user's setting.");
    if (this.hedged && reduceOnly)
      throw new VenueError(-1106, "Parameter 'reduceonly' sent when not required.");
    const held = this.ledger.size(instrument, positionSide);
    const signed = side === 'BUY' ? qty : -qty;
    const reduces = held !== 0 && held * signed < 0;
    const closes = this.hedged && (side === 'BUY') === (positionSide === 'SHORT');
    if (isConditional(wanted)) return;
    if ((reduceOnly || closePosition) && !reduces)
      throw new VenueError(-2022, 'ReduceOnly Order is rejected.');
    if (closes && Math.abs(held) < qty - 1e-9) throw new VenueError(-2022, 'ReduceOnly Order is rejected.');
    if (reduceOnly || closePosition || closes) return;
    const opens = reduces ? Math.max(0, qty - Math.abs(held)) / qty : 1;
    if (opens > 0 && this.#marginLeft(instrument.settle) < (value * opens) / LEVERAGE)
      throw new VenueError(-2019, 'Margin is insufficient.');
  }

  #exposed(settle: string): { readonly unrealized: number; readonly value: number } {
    let [unrealized, value] = [0, 0];
    for (const { instrument, size, entry } of this.ledger.positions()) {
      if (size === 0 || instrument.settle !== settle) continue;
      unrealized += profit(instrument, size, entry, this.price(instrument));
      value += Math.abs(this.#value(instrument, size));
    }
    return { unrealized, value };
  }

  #marginLeft(settle: string): number {
    const { unrealized, value } = this.#exposed(settle);
    return this.ledger.cash(settle) + unrealized - value / LEVERAGE;
  }

  #maybeLiquidate(): void {
    for (const settle of new Set(this.instruments.map((each) => each.settle))) {
      const { unrealized, value } = this.#exposed(settle);
      if (value === 0 || this.instruments[0]!.type === 'spot') continue;
      if (this.ledger.cash(settle) + unrealized >= value * MAINTENANCE) continue;
      for (const order of this.orders)
        if (isOpen(order) && order.instrument.settle === settle) this.#end(order, 'CANCELED');
      for (const { instrument, positionSide, size } of this.ledger.positions()) {
        if (size === 0 || instrument.settle !== settle) continue;
        this.place({
          instrument,
          side: size > 0 ? 'SELL' : 'BUY',
          type: 'MARKET',
          qty: Math.abs(size),
          positionSide,
          clientId: `autoclose-${this.#nextId('autoclose')}`,
          by: 'liquidation',
        });
      }
      // What is missing is the insurance's; the owner pays in again, so that the bot goes on.
      this.ledger.deposit(settle, START_CASH[this.settings.kind][settle]! - this.ledger.cash(settle));
    }
  }

  #triggers({ instrument, side, type, trigger }: Wanted): boolean {
    const price = this.price(instrument);
    const stop = type.startsWith('STOP');
    return (side === 'SELL') === stop ? price <= trigger! : price >= trigger!;
  }

  #maybeTrigger(order: Order): void {
    const { instrument, side, callbackRate } = order;
    const price = this.price(instrument);
    if (callbackRate !== undefined) {
      order.extreme = side === 'SELL' ? Math.max(order.extreme, price) : Math.min(order.extreme, price);
      const share = callbackRate / 100;
      const back =
        side === 'SELL' ? price <= order.extreme * (1 - share) : price >= order.extreme * (1 + share);
      if (!back) return;
    } else if (!this.#triggers(order)) return;
    order.triggered = true;
    order.updated = this.time();
    if (order.pair) this.#end(order.pair, 'EXPIRED');
    if (!order.algo) {
      if (order.closePosition) order.qty = this.#room(order);
      this.#match(order, order.price === undefined ? 'all' : 'part', true);
      return;
    }
    this.#becomeOrder(order);
  }

  /** An algo order that triggers ends, and an order with another id takes its place. */
  #becomeOrder(algo: Order): void {
    const held = this.ledger.size(algo.instrument, algo.positionSide);
    const closing = (algo.reduceOnly ?? false) || (algo.closePosition ?? false) || this.hedged;
    const qty = algo.closePosition ? Math.abs(held) : algo.qty;
    const against = held !== 0 && held > 0 === (algo.side === 'SELL');
    const { trigger, callbackRate, actual, pair, closePosition, ...rest } = algo;
    if ((closing && !against) || !(qty > 0)) {
      this.#end(algo, 'EXPIRED');
      return;
    }
    const order: Order = {
      ...rest,
      id: this.#nextId(`${algo.instrument.id}/order`),
      clientId: this.settings.keepsClientId ? algo.clientId : `algo-${this.#nextId('triggered')}`,
      type: algo.price === undefined ? 'MARKET' : 'LIMIT',
      qty: closing ? Math.min(qty, Math.abs(held)) : qty,
      by: 'conditional',
      algo: false,
      time: this.time(),
      fills: [],
    };
    this.#end(algo, 'FILLED');
    algo.actual = order;
    this.orders.push(order);
    this.#match(order, order.type === 'MARKET' ? 'all' : 'part', false);
  }

  #crosses({ instrument, side, price }: Wanted): boolean {
    const market = this.price(instrument);
    return price !== undefined && (side === 'BUY' ? market <= price : market >= price);
  }

  /** Fills what the price allows: a market order whole, a resting one part by part. */
  #match(order: Order, extent: 'all' | 'part', resting: boolean): void {
    if (order.price !== undefined && !this.#crosses(order)) return;
    if (resting && order.pair && isOpen(order.pair)) this.#end(order.pair, 'EXPIRED');
    const { step, tick } = order.instrument;
    const { parts } = this.settings;
    const maker = resting && order.price !== undefined;
    const market = maker ? order.price! : this.price(order.instrument);
    const away = order.side === 'BUY' ? tick : -tick;
    const part = Math.max(step, floorStep(order.qty / parts, step));
    for (let i = 0; isOpen(order) && (extent === 'all' || i < 1); i += 1) {
      const left = atStep(order.qty - order.filled, step);
      const last = order.fills.length + 1 >= parts || left <= part;
      const room = this.#room(order);
      const qty = Math.min(last ? left : part, room);
      if (!(qty > 0)) {
        this.#end(order, order.filled > 0 || this.settings.kind !== 'bybit' ? 'EXPIRED' : 'CANCELED');
        return;
      }
      this.#execute(order, qty, atStep(market + (extent === 'all' ? i * away : 0), tick), maker);
      if (atStep(order.qty - order.filled, step) === 0) this.#end(order, 'FILLED');
    }
  }

  /** What an order may still fill: one that only reduces stops at the position. */
  #room({ reduceOnly, closePosition, instrument, positionSide, side }: Order): number {
    const closes = this.hedged && (side === 'BUY') === (positionSide === 'SHORT');
    if (!reduceOnly && !closePosition && !closes) return Number.POSITIVE_INFINITY;
    const held = this.ledger.size(instrument, positionSide);
    return Math.max(0, side === 'SELL' ? held : -held);
  }

  #execute(order: Order, qty: number, price: number, maker: boolean): void {
    const { instrument, side } = order;
    const rate = FEE_RATES[instrument.type][maker ? 'maker' : 'taker'];
    const value = this.#value(instrument, qty, price);
    const [fee, feeCurrency] = this.#fee(instrument, side, rate, qty, value);
    const quote = instrument.type === 'inverse' ? price : 1;
    const fill: LedgerFill = {
      id: this.#nextId(`${instrument.id}/trade`),
      orderId: order.id,
      clientId: order.clientId,
      by: order.by === 'bot' && order.trigger !== undefined ? 'conditional' : order.by,
      instrument,
      side: side === 'BUY' ? 'buy' : 'sell',
      positionSide: order.positionSide,
      price,
      qty,
      fee,
      feeCurrency,
      feeInQuote: fee * (feeCurrency === 'BNB' ? BNB_PRICE : feeCurrency === instrument.base ? price : quote),
      maker,
      time: this.time(),
    };
    order.filled = atStep(order.filled + qty, instrument.step);
    order.cost = Number((order.cost + value).toFixed(10));
    order.updated = this.time();
    order.status = 'PARTIALLY_FILLED';
    order.fills.push(fill);
    this.ledger.fill(fill);
    this.#attach(order);
  }

  /** A stop and a target that came with an entry belong to the position: the last ones count, and they end with it. */
  #attach({ attached, instrument, positionSide, side }: Order): void {
    const flat = this.ledger.size(instrument, positionSide) === 0;
    if (!flat && attached === undefined) return;
    for (const order of this.orders)
      if (
        isOpen(order) &&
        order.instrument === instrument &&
        order.clientId.startsWith(ATTACHED) &&
        !order.triggered
      )
        this.#end(order, 'CANCELED');
    if (flat || !attached) return;
    const common = {
      instrument,
      side: side === 'BUY' ? 'SELL' : 'BUY',
      qty: 0,
      closePosition: true,
      by: 'bot',
    } as const;
    const { stop, target } = attached;
    const legs = [
      ...(stop === undefined ? [] : [{ ...common, type: 'STOP_MARKET' as const, trigger: stop }]),
      ...(target === undefined ? [] : [{ ...common, type: 'TAKE_PROFIT_MARKET' as const, trigger: target }]),
    ].map((leg) => this.#accept({ ...leg, clientId: `${ATTACHED}${this.#nextId('attached')}` }));
    if (legs.length === 2) {
      legs[0]!.pair = legs[1]!;
      legs[1]!.pair = legs[0]!;
    }
  }

  #fee(
    { type, base, settle, quote }: Instrument,
    side: Order['side'],
    rate: number,
    qty: number,
    value: number,
  ): readonly [number, string] {
    const rounded = (fee: number) => Number(fee.toFixed(8));
    if (this.settings.fees === 'bnb' && !NO_BNB.includes(this.settings.kind))
      return [
        rounded((0.75 * rate * value * this.#worth(type === 'inverse' ? settle : quote)) / BNB_PRICE),
        'BNB',
      ];
    if (type !== 'spot') return [rounded(rate * value), settle];
    if (this.settings.fees === 'received' && side === 'BUY') return [rounded(rate * qty), base];
    return [rounded(rate * value), quote];
  }

  #end(order: Order, status: Order['status']): void {
    order.status = status;
    order.updated = this.time();
  }
}
