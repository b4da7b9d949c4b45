import {
  EdgekeeperError,
  type OptimizationEngine,
  roundToLot,
  type Side,
  type Signal,
} from '../../src/index.ts';
import { isName } from '../../src/model/strategy.ts';
import { atMinimum, leastOf } from '../core/at-minimum.ts';
import { type Range, splitBy } from '../core/exposure.ts';
import { OrderGate, type Verdict } from '../core/gate.ts';
import { Latest } from '../core/latest.ts';
import { type Fill, type Holder, LotBook, type LotBookState, positionName } from '../core/lots.ts';
import { signalOf } from '../core/signal.ts';
import { InFlight } from './in-flight.ts';
import { type BotFill, type BotOrder, faultOf, type LotRules } from './orders.ts';
import { type MiddlewareState, readState } from './state.ts';

export interface MiddlewareOptions {
  /** Strategy of orders that name none; default `default`. */
  readonly strategy?: string;
  /**
   * Whether the bot sells short. Without, which is the default, every sale is an exit and passes, and every buy is an
   * entry. With it the account's position tells, so say `position`, or `state`; an order that says `reduceOnly` or
   * `positionSide` needs neither. What cannot be told goes out unjudged.
   */
  readonly shorts?: boolean;
  /** What the account holds of a symbol now, in base units, positive for long; undefined where that is not known. */
  readonly position?: (symbol: string) => number | undefined;
  /** Lot rules of a symbol; nothing is rounded without. */
  readonly lots?: (symbol: string) => LotRules | undefined;
  /** Time of calls that say none; default the wall clock. */
  readonly now?: () => number;
  /** What an earlier run left, as its `state()` said; `[]` for an account that holds nothing. */
  readonly state?: MiddlewareState | LotBookState;
}

export interface Middleware {
  /**
   * Call it before an order is sent, and send what it returns: the same object where nothing changes, a copy
   * with another amount, or null for a veto. Exits come back untouched. Never throws and never waits.
   */
  preOrder<T extends BotOrder>(order: T): T | null;
  /** Call it after an execution. Closed parts become trades. Never throws. */
  postFill(fill: BotFill): void;
  /**
   * Call it when an order that was let through will not fill any more: refused, cancelled or expired. Until then, or
   * until its fills are told, it may have filled, which matters to bots that sell short. Never throws.
   */
  postCancel(order: Pick<BotOrder, 'id' | 'symbol' | 'side' | 'strategy'>): void;
  /** Open positions, and what was told lately, as plain JSON: keep it to record closes over a restart. */
  state(): MiddlewareState;
}

/** What an order was found to do: how much of it closes and opens, and on which sides. */
interface Split {
  readonly closes: number;
  readonly opens: number;
  readonly closed: Side;
  readonly opened: Side;
}

/** An order that was let through, until it fills. */
interface Known extends Split {
  readonly key: string;
  readonly order: BotOrder;
  /** What is left to close before fills open anything. */
  toClose: number;
  readonly asked?: { readonly signal: Signal; readonly retry: string; readonly verdict: Verdict };
  firstFill?: string;
}

/** Orders and fills remembered. */
const REMEMBERED = 1024;
/** Of an id made of names and the bot's own. */
const LONGEST_ID = 90;

const sideOf = (side: 'buy' | 'sell'): Side => (side === 'buy' ? 'long' : 'short');
const opposite = (side: Side): Side => (side === 'long' ? 'short' : 'long');

/**
 * Two functions around the orders of a home-grown bot.
 *
 * @example
 * const { preOrder, postFill } = middleware(engine, { strategy: 'EMA_Trend' });
 * const order = preOrder({ symbol: 'BTC/USDT', side: 'buy', amount: 0.1, confidence: 0.8 });
 * if (order) await send(order);
 */
export function middleware(engine: OptimizationEngine, options: MiddlewareOptions = {}): Middleware {
  const around = new BotBooks(engine, options);
  const count = (error: unknown) =>
    engine.countError(error instanceof EdgekeeperError ? error.code : 'ADAPTER_FAILED', error);
  const guarded = (work: () => void) => {
    try {
      work();
    } catch (error) {
      count(error);
    }
  };
  return {
    preOrder(order) {
      try {
        if (engine.flags.enabled) return around.judge(order);
      } catch (error) {
        count(error);
      }
      guarded(() => around.pass(order));
      return order;
    },
    postFill: (fill) => guarded(() => around.book(fill)),
    postCancel: (order) => guarded(() => around.end(order)),
    state: () => around.state(),
  };
}

/** The orders, fills and positions of one home-grown bot. */
class BotBooks {
  readonly #engine: OptimizationEngine;
  readonly #options: MiddlewareOptions;
  readonly #gate: OrderGate;
  readonly #lots = new LotBook();
  readonly #flights = new InFlight();
  readonly #orders = new Latest<Known>(REMEMBERED);
  readonly #fills = new Latest<true>(REMEMBERED);
  #sequence = 0;

  constructor(engine: OptimizationEngine, options: MiddlewareOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#gate = new OrderGate(engine);
    if (options.state) this.#continue(readState(options.state));
  }

  state(): MiddlewareState {
    return { lots: this.#lots.snapshot(), fills: this.#fills.names(), flights: this.#flights.snapshot() };
  }

  /** An order goes out that nobody judged. */
  pass(order: BotOrder): void {
    if (faultOf(order, 'order')) this.#lose(order);
    else this.#goes(order, { closes: 0, opens: order.amount, ...this.#sides(order) });
  }

  /** An order will not fill any more. */
  end({ id, strategy = this.#unnamed, symbol, side }: Parameters<Middleware['postCancel']>[0]): void {
    this.#flights.ended(symbol, keyOf(id, strategy, symbol, side));
  }

  judge<T extends BotOrder>(order: T): T | null {
    const fault = faultOf(order, 'order');
    if (fault) {
      this.#refuse(order, fault);
      return order;
    }
    const { strategy = this.#unnamed, symbol, amount, price } = order;
    const time = this.#time(order);
    const split = this.#split(order, time);
    if (split === null) {
      this.pass(order);
      return order;
    }
    if (split.opens === 0) {
      this.#goes(order, split);
      return order;
    }
    const { closes, opens, opened } = split;
    const { id, confidence, confluence, stop, target } = order;
    const said = { confidence, confluence, stop, target };
    const signal = signalOf({
      id,
      strategy,
      symbol,
      side: opened,
      time,
      reduceOnly: true,
      size: opens,
      ...said,
    });
    const retry = order.id ?? `${amount}\n${price}`;
    let verdict = this.#gate.judge(signal, retry, order.id !== undefined);
    let sent: T = order;
    if (verdict.multiplier !== 1) {
      let size = this.#sendable(order, closes, opens, verdict.multiplier);
      if (size === 0 && verdict.multiplier > 0) {
        const least = closes > 0 ? 0 : leastOf(1, (share) => this.#sendable(order, 0, opens, share));
        const taught = atMinimum(verdict, least / opens);
        size = taught ? least : 0;
        verdict = taught ?? this.#gate.withdraw(signal, verdict, 'BELOW_MIN');
      }
      if (size === 0 && closes === 0) return null;
      sent = { ...order, amount: size === 0 ? closes : size };
    }
    // Until its fill is told, the order may have been refused: coming again soon it is the same.
    this.#gate.failed(signal, retry, verdict);
    this.#goes(sent, split, { signal, retry, verdict });
    return sent;
  }

  book(fill: BotFill): void {
    const fault = faultOf(fill, 'fill');
    if (fault) {
      this.#lose(fill);
      throw fault;
    }
    const { id, symbol, side, amount, price, fee = 0 } = fill;
    const fillKey = `${symbol}\n${id}`;
    if (this.#fills.has(fillKey)) return;
    this.#fills.set(fillKey, true);
    const time = this.#time(fill);
    const key = keyOf(fill.orderId, fill.strategy ?? this.#unnamed, symbol, side);
    this.#flights.filled(symbol, key, fill.orderId !== undefined, side, amount);
    const known = this.#orders.get(key);
    const strategy = fill.strategy ?? known?.order.strategy ?? this.#unnamed;
    const idFor = (owner: string) => `${owner}/${symbol}/${id}`.slice(-LONGEST_ID);
    const exit: Fill = { id: idFor(strategy), time, price, amount, fee };
    const { closed, opened } = known ?? this.#sides(fill);
    const anybody = fill.strategy === undefined;
    const closes = this.#closes({ ...fill, strategy, anybody }, known, closed);
    if (known) {
      known.toClose = Math.max(0, known.toClose - closes);
      if (known.asked) this.#gate.sent(known.asked.signal, known.asked.retry);
    }
    let left = closes;
    for (const holder of this.#holdersOf(strategy, symbol, closed, anybody)) {
      const units = Math.min(left, this.#lots.openSize(holder));
      if (!(units > 0)) continue;
      const part = {
        ...exit,
        id: idFor(holder.strategy),
        amount: units,
        fee: (fee * units) / amount,
      };
      for (const trade of this.#lots.close(holder, part)) this.#engine.recordTrade(trade);
      left -= units;
    }
    if (left > closes * 1e-9)
      this.#engine.recordUnknownExit({ strategy, symbol, time, positionId: exit.id, size: left });
    const opens = amount - closes;
    if (opens > amount * 1e-9)
      this.#open({ strategy, symbol, side: opened }, known, {
        ...exit,
        amount: opens,
        fee: (fee * opens) / amount,
      });
  }

  /** An order cannot be read, and goes out as it is. */
  #refuse(order: BotOrder | undefined, fault: EdgekeeperError): void {
    this.#engine.countError(fault.code, fault);
    this.#lose(order);
    const { strategy = this.#unnamed, symbol } = order ?? {};
    if (!isName(symbol) || !isName(strategy)) return;
    const time = this.#time(order ?? {});
    this.#engine.recordUnjudged({ strategy, symbol, time, reason: 'ORDER_UNREADABLE' });
  }

  /** Nobody can say what an order or a fill does to the position of its symbol. */
  #lose(order: BotOrder | BotFill | undefined): void {
    if (isName(order?.symbol)) this.#flights.lose(order.symbol);
  }

  #continue({ lots, fills, flights }: MiddlewareState): void {
    this.#lots.restore(lots);
    this.#flights.restore(flights);
    for (const fill of fills) this.#fills.set(fill, true);
  }

  get #unnamed(): string {
    return this.#options.strategy ?? 'default';
  }

  #time({ time }: { readonly time?: number }): number {
    return time ?? (this.#options.now ?? Date.now)();
  }

  /** What of an order opens and what closes; null where nobody can say, which is counted. */
  #split(order: BotOrder, time: number): Split | null {
    const { strategy = this.#unnamed, symbol, side, amount, reduceOnly, positionSide } = order;
    const { shorts = false } = this.#options;
    const sides = this.#sides(order);
    const exit: Split = { closes: amount, opens: 0, ...sides };
    if (reduceOnly) return exit;
    if (positionSide !== undefined)
      return positionSide === sideOf(side) ? { closes: 0, opens: amount, ...sides } : exit;
    if (!shorts) return side === 'sell' ? exit : { closes: 0, opens: amount, ...sides };
    const range = this.#range(symbol);
    const split = range && splitBy(range, side === 'buy', amount);
    if (split) return { ...split, ...sides };
    this.#engine.recordUnjudged({
      strategy,
      symbol,
      time,
      reason: range === null ? 'POSITION_UNKNOWN' : 'FILL_UNKNOWN',
    });
    return null;
  }

  /** The account's position: what the bot says of it, else what began as known and was told since. */
  #range(symbol: string): Range | null {
    const { position, state } = this.#options;
    const said = position ? position(symbol) : state && this.#lots.net(symbol);
    return said === undefined || !Number.isFinite(said) ? null : this.#flights.around(symbol, said);
  }

  #sides({ side, positionSide }: BotOrder | BotFill): Pick<Split, 'closed' | 'opened'> {
    const opened = sideOf(side);
    if (positionSide === undefined) return { opened, closed: opposite(opened) };
    return { opened: positionSide, closed: positionSide };
  }

  #sendable({ symbol, price }: BotOrder, closes: number, opens: number, multiplier: number): number {
    if (multiplier === 0) return 0;
    const { step = 0, minAmount = 0, minNotional = 0 } = this.#options.lots?.(symbol) ?? {};
    const size = roundToLot(closes + opens * multiplier, step, minAmount);
    const reference = price ?? this.#engine.detector.lastClose(symbol);
    const isTooSmall = reference !== null && size * reference < minNotional;
    return size <= closes * (1 + 1e-9) || isTooSmall ? 0 : size;
  }

  #goes(order: BotOrder, split: Split, asked?: Known['asked']): void {
    const { strategy = this.#unnamed, symbol, side, amount } = order;
    this.#sequence += 1;
    const key = keyOf(order.id, strategy, symbol, side);
    this.#flights.sent(symbol, key, order.id !== undefined, side, amount);
    const { closes, closed, opened } = split;
    const opens = amount - closes;
    const known = { closes, opens, closed, opened, key: `${this.#sequence}`, order, toClose: closes };
    this.#orders.set(key, asked ? { ...known, asked } : known);
  }

  /** How much of a fill closes something. */
  #closes(
    fill: BotFill & { strategy: string; anybody: boolean },
    known: Known | undefined,
    closed: Side,
  ): number {
    const { amount, side, strategy, symbol, positionSide } = fill;
    if (positionSide !== undefined) return positionSide === sideOf(side) ? 0 : amount;
    if (!this.#options.shorts) return side === 'sell' ? amount : 0;
    const own = this.#lots.openSize({ strategy, symbol, side: closed });
    const held = this.#lots
      .holders(symbol)
      .reduce((sum, { side: of, size }) => sum + (of === closed ? size : 0), 0);
    // Against another strategy's position it opens one of its own; against one that nobody knows it closes that.
    const beside = Math.max(0, (known?.toClose ?? 0) - held);
    const others = fill.anybody ? held - own : 0;
    return Math.min(amount, own + others + beside);
  }

  /** Whose position a fill closes: that of its strategy; of a fill that names none, anybody's. */
  #holdersOf(strategy: string, symbol: string, side: Side, anybody: boolean): Holder[] {
    const own = { strategy, symbol, side };
    if (!anybody && this.#lots.openSize(own) > 0) return [own];
    const others = this.#lots
      .holders(symbol)
      .filter((each) => each.side === side && each.strategy !== strategy);
    return anybody ? [own, ...others] : [own];
  }

  #open(holder: Holder, known: Known | undefined, fill: Fill): void {
    const { equity } = this.#engine.portfolio;
    const decision = known?.asked?.verdict.decision;
    const stop = known?.order.stop;
    if (known) known.firstFill ??= fill.id;
    this.#lots.open(
      {
        ...holder,
        from: positionName(decision, known?.firstFill ?? fill.id),
        stop,
        decision: decision ?? undefined,
        equityAtEntry: equity !== null && equity > 0 ? equity : undefined,
      },
      fill,
    );
  }
}

const keyOf = (id: string | undefined, strategy: string, symbol: string, side: string): string =>
  JSON.stringify(id === undefined ? [strategy, symbol, side] : [id, symbol]);
