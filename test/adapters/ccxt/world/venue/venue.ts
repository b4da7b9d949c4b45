import type { Clock } from '../clock.ts';
import { atStep, FEE_RATES, floorStep, INSTRUMENTS, type Instrument } from './instruments.ts';
import { Ledger, type LedgerFill } from './ledger.ts';
import { BNB_PRICE, exposed, feeOf, isRuined, lockedBy, START_CASH, worthAt } from './money.ts';
import {
  ATTACHED,
  closesSide,
  crosses,
  isConditional,
  isOpen,
  type Order,
  triggers,
  VenueError,
  type VenueSettings,
  type Wanted,
} from './order.ts';
import { check } from './rules.ts';

/** The algo service counts by itself. */
const ALGO_IDS = 5_000_000;

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
    check(wanted, this);
    return this.#accept(wanted);
  }

  /** The owner trades by hand, and is never refused. */
  tradeByHand(wanted: Omit<Wanted, 'clientId' | 'by' | 'type'>): void {
    this.#accept({ ...wanted, type: 'MARKET', clientId: `web-${this.#nextId('web')}`, by: 'owner' });
  }

  /** Two orders of which one ends the other; they hold back what the larger needs. */
  placePair(first: Wanted, second: Wanted): readonly [Order, Order] {
    check(first, this);
    check(second, this);
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
    check({ ...order, qty, price, clientId: '' }, this);
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
        const amount = -rate * worthAt(instrument, size, this.price(instrument));
        this.ledger.fund({ instrument, size, amount: Number(amount.toFixed(8)), time: this.time() });
      }
  }

  /** Takes a contract's margin away down to what is just enough, and moves its price against it. */
  ruin(instrument: Instrument): void {
    const held = this.ledger.positions().find((each) => each.instrument === instrument && each.size !== 0);
    if (!held) return;
    const { settle } = instrument;
    const { unrealized, value } = exposed(this, settle);
    this.ledger.deposit(settle, value * 0.02 - unrealized - this.ledger.cash(settle));
    this.move(instrument, this.price(instrument) * (held.size > 0 ? 0.96 : 1.04));
  }

  /** What may be spent or sold of a currency. */
  free(currency: string): number {
    return this.ledger.cash(currency) - this.locked(currency);
  }

  /** What resting orders hold back of a currency. */
  locked(currency: string): number {
    return lockedBy(this.orders.filter(isOpen), currency);
  }

  #nextId(counter: string): number {
    const next = (this.#ids.get(counter) ?? 1000) + 1;
    this.#ids.set(counter, next);
    return next;
  }

  #maybeLiquidate(): void {
    for (const settle of new Set(this.instruments.map((each) => each.settle))) {
      if (!isRuined(this, settle)) continue;
      for (const order of this.orders)
        if (isOpen(order) && order.instrument.settle === settle) this.#end(order, 'CANCELED');
      for (const { instrument, positionSide, size } of this.ledger.positions()) {
        if (size === 0 || instrument.settle !== settle) continue;
        this.#accept({
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

  #maybeTrigger(order: Order): void {
    const { instrument, side, callbackRate } = order;
    const price = this.price(instrument);
    if (callbackRate !== undefined) {
      order.extreme = side === 'SELL' ? Math.max(order.extreme, price) : Math.min(order.extreme, price);
      const share = callbackRate / 100;
      const back =
        side === 'SELL' ? price <= order.extreme * (1 - share) : price >= order.extreme * (1 + share);
      if (!back) return;
    } else if (!triggers(order, price)) return;
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
    const closing = (algo.reduceOnly ?? false) || (algo.closePosition ?? false) || closesSide(algo);
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

  /** Fills what the price allows: a market order whole, a resting one part by part. */
  #match(order: Order, extent: 'all' | 'part', resting: boolean): void {
    if (order.price !== undefined && !crosses(order, this.price(order.instrument))) return;
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
  #room(order: Order): number {
    const { reduceOnly, closePosition, instrument, positionSide, side } = order;
    if (!reduceOnly && !closePosition && !closesSide(order)) return Number.POSITIVE_INFINITY;
    const held = this.ledger.size(instrument, positionSide);
    return Math.max(0, side === 'SELL' ? held : -held);
  }

  #execute(order: Order, qty: number, price: number, maker: boolean): void {
    const { instrument, side } = order;
    const rate = FEE_RATES[instrument.type][maker ? 'maker' : 'taker'];
    const value = worthAt(instrument, qty, price);
    const [fee, feeCurrency] = feeOf(this.settings, instrument, { side, rate, qty, value, price });
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

  #end(order: Order, status: Order['status']): void {
    order.status = status;
    order.updated = this.time();
  }
}
