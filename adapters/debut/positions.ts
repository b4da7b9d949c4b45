import type { Decision, Side, TradeInput } from '../../src/index.ts';
import { feeOf, restFeeOf } from './fees.ts';
import { type DebutHost, type DebutOrder, numberOr } from './types.ts';

/** What an order meant when it was made: kept with its position until that closes. */
export interface Meant {
  readonly decision: Decision | null;
  readonly stop?: number;
}

/** An opened order that has not closed, or not as a whole. */
interface Position extends Meant {
  readonly strategy: string;
  readonly side: Side;
  readonly price: number;
  readonly time: number;
  /** Lots as opened. */
  readonly lots: number;
  /** Fee on entry in quote currency, for all the lots. */
  readonly fee: number;
  /** Lots that have not closed. */
  left: number;
}

export type PositionsState = readonly (readonly [cid: string, position: Readonly<Position>])[];

/** A position, or a rest of one, that ended nobody knows how. Size in base units. */
export interface Lost {
  readonly strategy: string;
  readonly symbol: string;
  readonly positionId: string;
  readonly time: number;
  readonly size: number;
}

/** What a close comes to: a trade, unless it was of no lots, and what the host forgets although it did not close. */
export interface Closed {
  readonly trade: TradeInput | null;
  readonly rest: Lost | null;
}

/** What remains of a position below this share of it is rounding, or a fee in what was bought. */
const ROUNDING = 0.01;

/**
 * The open positions of a bot. In Debut each opened order is a position of its own, which closes as a whole or in
 * parts; they are told apart by its client id.
 */
export class Positions {
  readonly #open = new Map<string, Position>();
  /** Positions that the host had no order of when a candle closed. */
  readonly #missing = new Set<string>();

  has(opened: DebutOrder): boolean {
    return this.#open.has(String(opened.cid));
  }

  open(host: DebutHost, order: DebutOrder, strategy: string, meant: Meant, now: number): void {
    const price = numberOr(order.price, host.currentCandle?.c);
    const lots = numberOr(order.executedLots, order.lots);
    if (price === undefined || lots === undefined || !(lots > 0))
      throw new Error(`an order of ${host.opts.ticker} opened without a price or lots`);
    this.#open.set(String(order.cid), {
      ...meant,
      strategy: meant.decision?.strategy ?? strategy,
      side: sideOf(order),
      price,
      time: numberOr(order.time) ?? now,
      lots,
      fee: feeOf(host, order, price, lots),
      left: lots,
    });
  }

  /** A position from before this plugin knew: what the host says about it has to do. */
  adopt(host: DebutHost, order: DebutOrder, opened: DebutOrder, strategy: string, now: number): void {
    const price = numberOr(opened.price);
    const closing = numberOr(order.executedLots, order.lots);
    if (price === undefined || closing === undefined) return;
    // By the time a part closes, the host has cut the opened order down to the rest.
    const lots = isFinal(order) ? closing : closing + (numberOr(opened.lots) ?? 0);
    const fee = restFeeOf(host, opened, price, lots);
    const time = numberOr(opened.time) ?? now;
    const position = { decision: null, strategy, side: sideOf(opened), price, time, lots, fee, left: lots };
    this.#open.set(String(opened.cid), position);
  }

  /**
   * Takes what closed off its position.
   * @param order the closing order; in Debut it carries the exit, and `opened` the entry
   * @returns null where nothing of the position was left to close
   */
  close(host: DebutHost, order: DebutOrder, opened: DebutOrder, now: number): Closed | null {
    const cid = String(opened.cid);
    const position = this.#open.get(cid);
    const price = numberOr(order.price, host.currentCandle?.c);
    const told = numberOr(order.executedLots, order.lots);
    if (!position || price === undefined || told === undefined || told < 0)
      throw new Error(`a close of ${host.opts.ticker} without its entry, a price or lots`);
    const final = isFinal(order);
    if (final) this.#forget(cid);
    const lostAt = (time: number) => (final && position.left > 0 ? lostOf(host, cid, position, time) : null);
    if (told === 0) return { trade: null, rest: lostAt(now) };
    const { left, lots: entered, fee, strategy, side, time, stop, decision } = position;
    const whole = told > left * (1 - ROUNDING);
    const lots = whole ? left : told;
    if (!(lots > 0)) return null;
    position.left = whole ? 0 : left - lots;
    const { lot = 1 } = host.instrument ?? {};
    // The fee on entry belongs to the lots that were opened; this part pays its share.
    const fees = (fee * lots) / entered + (feeOf(host, order, price, told) * lots) / told;
    const gain = (side === 'long' ? price - position.price : position.price - price) * lots * lot;
    const exitTime = Math.max(time, numberOr(order.time) ?? now);
    const symbol = host.opts.ticker;
    const positionId = idOf(symbol, cid, position);
    const trade: TradeInput = {
      id: `${positionId}/${String(order.cid)}`,
      positionId,
      openSize: position.left * lot,
      strategy,
      symbol,
      side,
      entryTime: time,
      exitTime,
      entryPrice: position.price,
      exitPrice: price,
      size: lots * lot,
      fees,
      pnl: gain - fees,
      ...(stop === undefined ? {} : { stop }),
      ...(decision === null ? {} : { decision }),
    };
    return { trade, rest: lostAt(exitTime) };
  }

  /**
   * A candle closed. Debut takes an order off its list before it closes it, and forgets one whose close failed: a
   * position that is still open a candle later ended nobody knows how.
   */
  candleClosed(host: DebutHost, now: number): Lost[] {
    const lost: Lost[] = [];
    for (const [cid, position] of this.#open) {
      const isHeld = host.orders.some((order) => String(order.cid) === cid);
      if (isHeld) this.#missing.delete(cid);
      else if (!this.#missing.has(cid)) this.#missing.add(cid);
      else {
        this.#forget(cid);
        if (position.left > 0) lost.push(lostOf(host, cid, position, now));
      }
    }
    return lost;
  }

  snapshot(): PositionsState {
    return [...this.#open];
  }

  /** Continues with the positions that the host still has; returns the others. */
  restore(state: PositionsState, host: DebutHost): Lost[] {
    this.#open.clear();
    this.#missing.clear();
    const held = new Set(host.orders.map(({ cid }) => String(cid)));
    const lost: Lost[] = [];
    for (const [cid, { ...position }] of state) {
      if (held.has(cid)) this.#open.set(cid, position);
      else if (position.left > 0) lost.push(lostOf(host, cid, position, position.time));
    }
    return lost;
  }

  #forget(cid: string): void {
    this.#open.delete(cid);
    this.#missing.delete(cid);
  }
}

/** What is left of a position whose end nobody knows. */
function lostOf(host: DebutHost, cid: string, position: Position, time: number): Lost {
  const symbol = host.opts.ticker;
  const size = position.left * (host.instrument?.lot ?? 1);
  return { strategy: position.strategy, symbol, positionId: idOf(symbol, cid, position), time, size };
}

/** Whether a close sent nothing: a venue's smallest step is closed whole by its half, and then once more. */
export const isOfNothing = ({ executedLots, lots }: DebutOrder): boolean =>
  numberOr(executedLots, lots) === 0;

/** A partial close says which share it closes. */
const isFinal = ({ reduce }: DebutOrder): boolean => reduce === undefined || reduce === 0;

export const sideOf = ({ type }: DebutOrder): Side => (type === 'SELL' ? 'short' : 'long');

/** Some versions draw client ids from few numbers: the time of the entry tells two positions with one id apart. */
const idOf = (symbol: string, cid: string, { strategy, time }: Pick<Position, 'strategy' | 'time'>): string =>
  `${symbol}/${strategy}/${cid}@${time.toString(36)}`.slice(-70);
