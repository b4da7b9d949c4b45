import type { Decision, Side } from '../../src/index.ts';
import { Latest } from '../core/latest.ts';
import { positionName } from '../core/lots.ts';
import type { OrderCall, Reading } from './calls.ts';
import { Execution, type ExecutionState } from './execution.ts';
import { fitOf, type Level } from './levels.ts';
import type { CcxtMarket } from './market.ts';
import type { CcxtOrder, PriceOf } from './orders.ts';

/** What was found out about an order before it went out. */
export interface Found {
  readonly strategy: string;
  readonly symbol: string;
  readonly buys: boolean;
  /** What it does to the account: `account` opens or closes as the position was. */
  readonly kind: Reading['kind'];
  /** Side of the position that it closes or opens, where the call says it. */
  readonly side?: Side;
  readonly hedged: boolean;
  /** Units that it closes before it opens anything; the units asked for, and sent, in all. */
  readonly closes: number;
  readonly asked: number;
  readonly sent: number;
  /** What was asked for and sent is what to spend: nobody knows the units before it has filled. */
  readonly byCost?: boolean;
  /** It may be on an account that nobody looks at, such as margin. */
  readonly unclear: boolean;
  /** The venue does not let it take a position past nothing. */
  readonly reduces: boolean;
  /** It waits at the venue for a price. */
  readonly conditional: boolean;
  /** What it opens has stops or targets of its own at the venue. */
  readonly attached: boolean;
  /** Prices at which it, or what comes with it, closes a position; nothing where one of them is not known. */
  readonly levels?: readonly Level[];
  readonly clientOrderId?: string;
  readonly price?: number;
  readonly stop?: number;
  readonly decision?: Decision;
  readonly equityAtEntry?: number;
  readonly time: number;
}

/** The same while it is found out. */
export type Draft = { -readonly [K in keyof Found]: Found[K] };

/**
 * The same with every property in its place, undefined where there is none: copies of objects that have some properties
 * and lack others are what an order would take longest for.
 */
type Whole<T> = { [K in keyof Required<T>]: T[K] | undefined };

/** An order that is watched. */
export interface SentOrder extends Found {
  levels?: readonly Level[];
  /** Units of it that were booked as closing something. */
  closed?: number;
  /** Symbol and id; ids alone are not unique. */
  readonly key: string;
  readonly id: string;
  readonly execution: Execution;
  /** It waited for a price and is over: what it became may have filled under another id. */
  over: boolean;
  /** The venue said that it rests there: it does not fill before somebody hears of it. */
  resting: boolean;
  final: boolean;
}

/** An order whose answer was lost: nobody knows whether it arrived. */
export interface LostOrder extends Found {
  readonly key: string;
}

export interface SentOrdersState {
  readonly orders: readonly (Omit<SentOrder, 'execution'> & { readonly execution: ExecutionState })[];
  readonly lost: readonly LostOrder[];
  /** Keys of orders that were watched to their end: what the venue tells of them is not somebody else's. */
  readonly finished: readonly string[];
}

/** Orders watched at a time; a bot that never looks at its orders again must not fill the memory. */
const CAPACITY = 5000;
/** An order whose answer was lost arrived within this time, in ms, on clocks that differ by a little. */
const ARRIVES_WITHIN = 60_000;
const CLOCK_SKEW = 5000;

/** Some venues count orders that wait for a price apart from the others: an id may be there twice. */
export const keyOf = (symbol: string, id: string, conditional = false): string =>
  `${symbol}\n${idOf(id, conditional)}`;

const idOf = (id: string, conditional: boolean): string => `${conditional ? 'waits ' : ''}${id}`;

/** Whether a report is of an order that waits, or waited, for a price. */
const isOfConditional = ({ triggerPrice, stopPrice, stopLossPrice, takeProfitPrice }: CcxtOrder): boolean =>
  [triggerPrice, stopPrice, stopLossPrice, takeProfitPrice].some((price) => Number(price) > 0);

/** The orders that went out, by symbol and id, and those whose answer was lost. */
export class SentOrders {
  readonly #orders = new Map<string, SentOrder>();
  readonly #bySymbol = new Map<string, Map<string, SentOrder>>();
  /** Keys by the bare id, for answers that say no symbol. */
  readonly #byId = new Map<string, Set<string>>();
  /** Ids that orders have besides their own, by key. */
  readonly #otherIds = new Map<string, string>();
  readonly #lost = new Map<string, LostOrder>();
  readonly #priceOf: PriceOf;
  readonly #marketOf: (symbol: string) => CcxtMarket;
  readonly #nameOf: (symbol: string, id: string) => string;
  readonly #finished = new Latest<true>(CAPACITY);

  /** @param nameOf the name of an order in the ids of its trades */
  constructor(
    marketOf: (symbol: string) => CcxtMarket,
    priceOf: PriceOf,
    nameOf: (symbol: string, id: string) => string,
  ) {
    this.#marketOf = marketOf;
    this.#priceOf = priceOf;
    this.#nameOf = nameOf;
  }

  /** @param report what is said of it, where two orders of a symbol have one id */
  get(id: unknown, symbol?: string, report: CcxtOrder = {}): SentOrder | undefined {
    const keys = [...(this.#byId.get(String(id)) ?? [])];
    const known = keys
      .map((key) => this.#orders.get(key)!)
      .filter((order) => symbol === undefined || order.symbol === symbol);
    if (known.length === 2 && known[0]!.symbol === known[1]!.symbol)
      return known.find(({ conditional }) => conditional === isOfConditional(report));
    // Of two symbols' orders with one id nobody can say which is meant.
    if (known.length !== 1) return undefined;
    const [only] = known as [SentOrder];
    // What is said of the order that had this id before is not said of the one that waits.
    const isOfFinished = only.conditional && this.#finished.has(keyOf(only.symbol, only.id));
    return isOfFinished && !isOfConditional(report) ? undefined : only;
  }

  add(id: string, found: Found): SentOrder {
    const key = keyOf(found.symbol, id, found.conditional);
    const known = this.#orders.get(key);
    if (known) return enlarged(known, found);
    const order = sentOrder(found, id, key, this.#execution(found.symbol, id, found.conditional));
    this.#keep(order);
    if (this.#orders.size > CAPACITY) this.#forget(this.#oldest());
    return order;
  }

  /** Orders on a symbol, or all, oldest first. */
  all(symbol?: string): SentOrder[] {
    const orders = symbol === undefined ? this.#orders : this.#bySymbol.get(symbol);
    return [...(orders?.values() ?? [])];
  }

  /** Orders on a symbol that filled something that is not booked yet. */
  ahead(symbol: string): SentOrder[] {
    return this.all(symbol).filter(({ execution }) => execution.isAhead);
  }

  /** Notes an order that may have arrived. */
  lose(key: string, found: Found): void {
    this.#lost.set(key, { ...found, key });
  }

  lost(symbol?: string): LostOrder[] {
    return [...this.#lost.values()].filter((each) => symbol === undefined || each.symbol === symbol);
  }

  /** Watches an order no more. */
  drop(key: string): SentOrder | undefined {
    const order = this.#orders.get(key);
    if (order) this.#forget(order);
    return order;
  }

  /** It is known now what became of a lost order. */
  found(key: string): void {
    this.#lost.delete(key);
  }

  /**
   * The lost order that an unknown order at the venue must be: by the host's own client id, else by what it asks for
   * and when it came.
   */
  claim(order: CcxtOrder): LostOrder | undefined {
    const candidates = this.lost(order.symbol);
    const named = candidates.find(
      ({ clientOrderId }) => clientOrderId !== undefined && clientOrderId === order.clientOrderId,
    );
    if (named) return named;
    return candidates.find(({ buys, sent, price, time, clientOrderId }) => {
      const placed = Number(order.timestamp);
      return (
        // Of trades nobody knows what their order was called.
        (clientOrderId === undefined || order.clientOrderId === undefined) &&
        (order.side === 'buy') === buys &&
        Math.abs(Number(order.amount) - sent) <= sent * 1e-9 &&
        (price === undefined ||
          order.price === undefined ||
          Math.abs(Number(order.price) - price) <= price * 1e-9) &&
        !(placed < time - CLOCK_SKEW) &&
        !(placed > time + ARRIVES_WITHIN)
      );
    });
  }

  /**
   * The order waiting for a price that an unknown order at the venue must be: some venues send it under another id
   * once the price has come. From then on it is known by both.
   */
  triggered({ id, symbol, side, amount, average, timestamp }: CcxtOrder): SentOrder | undefined {
    const found = this.all(symbol).find(
      ({ conditional, final, buys, sent, time, levels, execution }) =>
        conditional &&
        !final &&
        // What was there before it waited is somebody else's.
        !(Number(timestamp) < time - CLOCK_SKEW) &&
        execution.amount === 0 &&
        buys === (side === 'buy') &&
        Math.abs(Number(amount) - sent) <= sent * 1e-9 &&
        fitOf(levels ?? null, buys, Number(average)) !== 'never',
    );
    if (found && id !== undefined) {
      this.#byId.set(id, (this.#byId.get(id) ?? new Set()).add(found.key));
      this.#otherIds.set(found.key, id);
    }
    return found;
  }

  /** Lets go of what is final and booked. */
  sweep(symbol: string): void {
    for (const order of this.all(symbol)) if (order.final && !order.execution.isAhead) this.#finish(order);
  }

  snapshot(): SentOrdersState {
    return {
      orders: this.all().map(({ execution, ...order }) => ({ ...order, execution: execution.state() })),
      lost: this.lost(),
      finished: this.#finished.names(),
    };
  }

  /** @param state an older one did not say what was finished */
  restore({
    orders,
    lost,
    finished = [],
  }: Omit<SentOrdersState, 'finished'> & Partial<SentOrdersState>): void {
    for (const key of finished) this.#finished.set(key, true);
    for (const { execution, ...order } of orders)
      this.#keep({
        ...order,
        execution: this.#execution(order.symbol, order.id, order.conditional, execution),
      });
    for (const order of lost) this.#lost.set(order.key, order);
  }

  #execution(symbol: string, id: string, conditional: boolean, state?: ExecutionState): Execution {
    const name = this.#nameOf(symbol, idOf(id, conditional));
    return new Execution(name, this.#marketOf(symbol), this.#priceOf, state);
  }

  #keep(order: SentOrder): void {
    this.#orders.set(order.key, order);
    const own = this.#bySymbol.get(order.symbol) ?? new Map<string, SentOrder>();
    this.#bySymbol.set(order.symbol, own.set(order.key, order));
    this.#byId.set(order.id, (this.#byId.get(order.id) ?? new Set()).add(order.key));
  }

  isWatched(key: string): boolean {
    return this.#orders.has(key);
  }

  /** Whether an order was watched to its end. */
  isFinished(id: string, symbol: string): boolean {
    return this.#finished.has(keyOf(symbol, id)) || this.#finished.has(keyOf(symbol, id, true));
  }

  #finish(order: SentOrder): void {
    this.#finished.set(order.key, true);
    this.#forget(order);
  }

  #forget({ id, key, symbol }: SentOrder): void {
    this.#orders.delete(key);
    this.#bySymbol.get(symbol)?.delete(key);
    for (const each of [id, this.#otherIds.get(key)]) {
      const keys = each === undefined ? undefined : this.#byId.get(each);
      if (keys?.delete(key) && keys.size === 0) this.#byId.delete(each!);
    }
    this.#otherIds.delete(key);
  }

  #oldest(): SentOrder {
    return this.#orders.values().next().value!;
  }
}

/** An edit that asks for more is what the order is from now on. */
function enlarged(order: SentOrder, { asked, sent, closes }: Found): SentOrder {
  return sent > order.sent ? Object.assign(order, { asked, sent, closes }) : order;
}

/** The name of the position that an order opens. */
export const positionOf = ({ decision, execution }: SentOrder): string =>
  positionName(decision, execution.id);

/**
 * How many units the bot takes each unit that an order opened for: by cost it asked for none, and goes by what it got.
 * @param closed units of the order that closed something
 */
export const scaleOf = ({ byCost, asked, sent }: Found, closed: number): number =>
  !byCost && sent > closed ? (asked - closed) / (sent - closed) : 1;

/** The same of a bot that reckons by itself what it gets for a cost. */
export const mostScaleOf = (order: Found, closed: number): number =>
  order.byCost ? order.asked / order.sent : scaleOf(order, closed);

/** Whether more may be booked of an order: it filled, or rests. An order that does not rest holds nothing up. */
export const mayGrow = ({ final, over, price, sent, execution }: SentOrder): boolean =>
  execution.isAhead || (!final && !over && price !== undefined && execution.amount < sent * (1 - 1e-9));

/**
 * Whether the account's position tells what an order does to it: an exit that the venue does not hold back opens what
 * there was nothing to close for, but on spot.
 */
export const isByAccount = ({ kind, reduces }: Found, isSpot: boolean): boolean =>
  kind === 'account' || kind === 'doubt' || (kind === 'exit' && !reduces && !isSpot);

/** What an order call would be booked as, before anybody judged it. */
export function foundIn(
  { symbol, side, amount, price, params }: OrderCall,
  reading: Reading,
  {
    strategy,
    unclear,
    reduces,
    conditional,
    attached,
    time,
  }: Pick<Found, 'strategy' | 'unclear' | 'reduces' | 'conditional' | 'attached' | 'time'>,
): Draft {
  return {
    strategy,
    symbol,
    buys: side === 'buy',
    kind: reading.kind,
    side: 'side' in reading ? reading.side : undefined,
    hedged: 'hedged' in reading && reading.hedged,
    closes: 0,
    asked: amount,
    sent: amount,
    byCost: undefined,
    unclear,
    reduces,
    conditional,
    attached,
    levels: undefined,
    clientOrderId: typeof params.clientOrderId === 'string' ? params.clientOrderId : undefined,
    price,
    stop: undefined,
    decision: undefined,
    equityAtEntry: undefined,
    time,
  } as Whole<Draft> as Draft;
}

/** An order that went out as it is watched from then on. */
const sentOrder = (found: Found, id: string, key: string, execution: Execution): SentOrder =>
  ({
    strategy: found.strategy,
    symbol: found.symbol,
    buys: found.buys,
    kind: found.kind,
    side: found.side,
    hedged: found.hedged,
    closes: found.closes,
    asked: found.asked,
    sent: found.sent,
    byCost: found.byCost,
    unclear: found.unclear,
    reduces: found.reduces,
    conditional: found.conditional,
    attached: found.attached,
    levels: found.levels,
    clientOrderId: found.clientOrderId,
    price: found.price,
    stop: found.stop,
    decision: found.decision,
    equityAtEntry: found.equityAtEntry,
    time: found.time,
    closed: undefined,
    id,
    key,
    execution,
    over: false,
    resting: false,
    final: false,
  }) as Whole<SentOrder> as SentOrder;
