import { atStep, FEE_RATES, floorStep, type Instrument } from './instruments.ts';
import type { Ledger, LedgerFill } from './ledger.ts';
import { BNB_PRICE, feeOf, worthAt } from './money.ts';
import {
  ATTACHED,
  closesSide,
  crosses,
  isConditional,
  isOpen,
  type Order,
  triggers,
  type VenueSettings,
  type Wanted,
} from './order.ts';

/** The algo service counts by itself. */
const ALGO_IDS = 5_000_000;

/** What matching needs to know of the account. */
export interface Account {
  readonly settings: VenueSettings;
  readonly ledger: Ledger;
  price(instrument: Instrument): number;
  time(): number;
}

/** Takes orders and fills them at the prices of the market: at once, when a limit is met, when a trigger is. */
export class Matching {
  readonly orders: Order[] = [];
  readonly #account: Account;
  /** Ids are counted by instrument, as the real venue's are: two symbols have equal ones. */
  readonly #ids = new Map<string, number>();

  constructor(account: Account) {
    this.#account = account;
  }

  /** Takes an order that is allowed. */
  accept(wanted: Wanted): Order {
    const { instrument, type } = wanted;
    const algo =
      this.#account.settings.kind !== 'bybit' && instrument.type !== 'spot' && isConditional(wanted);
    const price = this.#account.price(instrument);
    const order: Order = {
      ...wanted,
      id: algo ? ALGO_IDS + this.nextId('algo') : this.nextId(`${instrument.id}/order`),
      qty: wanted.quoteQty === undefined ? wanted.qty : floorStep(wanted.quoteQty / price, instrument.step),
      positionSide: wanted.positionSide ?? 'BOTH',
      algo,
      time: this.#account.time(),
      updated: this.#account.time(),
      status: 'NEW',
      filled: 0,
      cost: 0,
      fills: [],
      extreme: price,
      triggered: !isConditional(wanted),
    };
    this.orders.push(order);
    if (order.triggered) this.match(order, type === 'MARKET' ? 'all' : 'part', false);
    return order;
  }

  /** Does what a new price sets off. */
  react(instrument: Instrument): void {
    for (const order of [...this.orders]) {
      if (order.instrument !== instrument || !isOpen(order)) continue;
      if (!order.triggered) this.#maybeTrigger(order);
      else this.match(order, 'part', true);
    }
  }

  nextId(counter: string): number {
    const next = (this.#ids.get(counter) ?? 1000) + 1;
    this.#ids.set(counter, next);
    return next;
  }

  end(order: Order, status: Order['status']): void {
    order.status = status;
    order.updated = this.#account.time();
  }

  #maybeTrigger(order: Order): void {
    const { instrument, side, callbackRate } = order;
    const price = this.#account.price(instrument);
    if (callbackRate !== undefined) {
      order.extreme = side === 'SELL' ? Math.max(order.extreme, price) : Math.min(order.extreme, price);
      const share = callbackRate / 100;
      const back =
        side === 'SELL' ? price <= order.extreme * (1 - share) : price >= order.extreme * (1 + share);
      if (!back) return;
    } else if (!triggers(order, price)) return;
    order.triggered = true;
    order.updated = this.#account.time();
    if (order.pair) this.end(order.pair, 'EXPIRED');
    if (!order.algo) {
      if (order.closePosition) order.qty = this.#room(order);
      this.match(order, order.price === undefined ? 'all' : 'part', true);
      return;
    }
    this.#becomeOrder(order);
  }

  /** An algo order that triggers ends, and an order with another id takes its place. */
  #becomeOrder(algo: Order): void {
    const held = this.#account.ledger.size(algo.instrument, algo.positionSide);
    const closing = (algo.reduceOnly ?? false) || (algo.closePosition ?? false) || closesSide(algo);
    const qty = algo.closePosition ? Math.abs(held) : algo.qty;
    const against = held !== 0 && held > 0 === (algo.side === 'SELL');
    const { trigger, callbackRate, actual, pair, closePosition, ...rest } = algo;
    if ((closing && !against) || !(qty > 0)) {
      this.end(algo, 'EXPIRED');
      return;
    }
    const order: Order = {
      ...rest,
      id: this.nextId(`${algo.instrument.id}/order`),
      clientId: this.#account.settings.keepsClientId ? algo.clientId : `algo-${this.nextId('triggered')}`,
      type: algo.price === undefined ? 'MARKET' : 'LIMIT',
      qty: closing ? Math.min(qty, Math.abs(held)) : qty,
      by: 'conditional',
      algo: false,
      time: this.#account.time(),
      fills: [],
    };
    this.end(algo, 'FILLED');
    algo.actual = order;
    this.orders.push(order);
    this.match(order, order.type === 'MARKET' ? 'all' : 'part', false);
  }

  /** Fills what the price allows: a market order whole, a resting one part by part. */
  match(order: Order, extent: 'all' | 'part', resting: boolean): void {
    if (order.price !== undefined && !crosses(order, this.#account.price(order.instrument))) return;
    if (resting && order.pair && isOpen(order.pair)) this.end(order.pair, 'EXPIRED');
    const { step, tick } = order.instrument;
    const { parts } = this.#account.settings;
    const maker = resting && order.price !== undefined;
    const market = maker ? order.price! : this.#account.price(order.instrument);
    const away = order.side === 'BUY' ? tick : -tick;
    const part = Math.max(step, floorStep(order.qty / parts, step));
    for (let i = 0; isOpen(order) && (extent === 'all' || i < 1); i += 1) {
      const left = atStep(order.qty - order.filled, step);
      const last = order.fills.length + 1 >= parts || left <= part;
      const room = this.#room(order);
      const qty = Math.min(last ? left : part, room);
      if (!(qty > 0)) {
        this.end(order, order.filled > 0 || this.#account.settings.kind !== 'bybit' ? 'EXPIRED' : 'CANCELED');
        return;
      }
      this.#execute(order, qty, atStep(market + (extent === 'all' ? i * away : 0), tick), maker);
      if (atStep(order.qty - order.filled, step) === 0) this.end(order, 'FILLED');
    }
  }

  /** What an order may still fill: one that only reduces stops at the position. */
  #room(order: Order): number {
    const { reduceOnly, closePosition, instrument, positionSide, side } = order;
    if (!reduceOnly && !closePosition && !closesSide(order)) return Number.POSITIVE_INFINITY;
    const held = this.#account.ledger.size(instrument, positionSide);
    return Math.max(0, side === 'SELL' ? held : -held);
  }

  #execute(order: Order, qty: number, price: number, maker: boolean): void {
    const { instrument, side } = order;
    const rate = FEE_RATES[instrument.type][maker ? 'maker' : 'taker'];
    const value = worthAt(instrument, qty, price);
    const [fee, feeCurrency] = feeOf(this.#account.settings, instrument, { side, rate, qty, value, price });
    const quote = instrument.type === 'inverse' ? price : 1;
    const fill: LedgerFill = {
      id: this.nextId(`${instrument.id}/trade`),
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
      time: this.#account.time(),
    };
    order.filled = atStep(order.filled + qty, instrument.step);
    order.cost = Number((order.cost + value).toFixed(10));
    order.updated = this.#account.time();
    order.status = 'PARTIALLY_FILLED';
    order.fills.push(fill);
    this.#account.ledger.fill(fill);
    this.#attach(order);
  }

  /** A stop and a target that came with an entry belong to the position: the last ones count, and they end with it. */
  #attach({ attached, instrument, positionSide, side }: Order): void {
    const flat = this.#account.ledger.size(instrument, positionSide) === 0;
    if (!flat && attached === undefined) return;
    for (const order of this.orders)
      if (
        isOpen(order) &&
        order.instrument === instrument &&
        order.clientId.startsWith(ATTACHED) &&
        !order.triggered
      )
        this.end(order, 'CANCELED');
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
    ].map((leg) => this.accept({ ...leg, clientId: `${ATTACHED}${this.nextId('attached')}` }));
    if (legs.length === 2) {
      legs[0]!.pair = legs[1]!;
      legs[1]!.pair = legs[0]!;
    }
  }
}
