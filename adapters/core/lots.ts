import type { Decision, Side, TradeInput } from '../../src/index.ts';
import { SHARED_IDS } from '../../src/model/decision.ts';

/** Whose position it is, and on which side. */
export interface Holder {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
}

/** What a strategy meant when it opened: kept with the lot until it closes. */
export interface Entry extends Holder {
  /** The decision, or the order, that the lots of a position come from: the position has its name. */
  readonly from: string;
  readonly stop?: number | undefined;
  readonly decision?: Decision | undefined;
  readonly equityAtEntry?: number | undefined;
}

/** One execution. Amounts in the units that are traded, fees in the currency that settles them. */
export interface Fill {
  readonly id: string;
  readonly time: number;
  readonly price: number;
  readonly amount: number;
  readonly fee: number;
  /** Part of a bought amount that the venue kept as its fee, in base currency. */
  readonly baseFee?: number | undefined;
  /** Least amount that the venue trades: a rest below it can never be closed, and is let go by the next entry. */
  readonly dust?: number;
}

/** What one unit that is traded stands for: base units, or, inverse, quote units settled in base currency. */
export interface Unit {
  readonly size: number;
  readonly inverse: boolean;
}

/** Spot: a unit is a unit of the base currency. */
export const BASE_UNIT: Unit = { size: 1, inverse: false };

interface Lot extends Entry {
  readonly positionId: string;
  readonly time: number;
  readonly price: number;
  size: number;
  /** Fees on what is left, and funding received for it, in the currency that settles. */
  fees: number;
  funding: number;
}

/** Open lots, oldest first. */
export type LotBookState = readonly Readonly<Lot>[];

/** A position, or a part of one, whose end nobody knows. */
export interface Abandoned extends Holder {
  readonly positionId: string;
  /** Base units. */
  readonly size: number;
}

/** What remains of a lot below this share of it is rounding. */
const ROUNDING = 1e-9;

/**
 * Pairs fills into closed trades, first in first out per strategy, symbol and side; one trade per closed part of a lot.
 * The lots of one entry decision are one position, however many fills they came from: a strategy that is never flat has
 * positions all the same.
 */
export class LotBook {
  readonly #unitOf: (symbol: string) => Unit;
  readonly #bySymbol = new Map<string, Map<string, Lot[]>>();
  /** Sizes of the lists, and what is open of each position: a bot that only ever buys has many lots. */
  readonly #sizes = new Map<Lot[], number>();
  readonly #positions = new Map<string, number>();

  constructor(unitOf: (symbol: string) => Unit = () => BASE_UNIT) {
    this.#unitOf = unitOf;
  }

  open(entry: Entry, fill: Fill): void {
    const size = fill.amount - (fill.baseFee ?? 0);
    if (!(size > 0)) return;
    const lots = this.#lotsOf(entry);
    // A rest that the venue would not take any more is let go once a new position begins: before, it may still be
    // part of a close that fills in parts.
    if (this.openSize(entry) < (fill.dust ?? 0) * (1 - ROUNDING)) this.#clear(lots);
    const known = lots.findLast(({ from }) => from === entry.from);
    this.#add(lots, {
      strategy: entry.strategy,
      symbol: entry.symbol,
      side: entry.side,
      from: entry.from,
      // Undefined where there is none, so that every lot has one shape.
      stop: entry.stop,
      decision: entry.decision,
      equityAtEntry: entry.equityAtEntry,
      // A lot that an earlier version kept has another name.
      positionId: known?.positionId ?? entry.from,
      time: fill.time,
      price: fill.price,
      size,
      fees: fill.fee + (fill.baseFee ?? 0) * fill.price,
      funding: 0,
    });
  }

  /** Closes what is open of a strategy on a symbol, and returns the trades; an excess over the lots is not ours. */
  close(holder: Holder, fill: Fill): TradeInput[] {
    const lots = this.#lotsOf(holder);
    const unit = this.#unitOf(holder.symbol);
    const trades: TradeInput[] = [];
    let left = fill.amount;
    while (left > fill.amount * ROUNDING && lots.length > 0) {
      const lot = lots[0]!;
      const units = lot.size - left <= lot.size * ROUNDING ? lot.size : left;
      const share = units / lot.size;
      const exit = { ...fill, fee: fill.fee * (units / fill.amount) };
      const taken = { ...lot, size: units, fees: lot.fees * share, funding: lot.funding * share };
      this.#take(lots, lot, units);
      left -= units;
      const open = this.openOf(holder.symbol, lot.positionId, lot.price, fill.dust);
      trades.push(tradeOf(taken, exit, `${fill.id}/${trades.length}`, open, unit));
    }
    return trades;
  }

  /** Lets go of what a strategy is known to hold, oldest first: it was closed, and nobody knows how. */
  abandon(holder: Holder, amount: number): Abandoned[] {
    const lots = this.#lotsOf(holder);
    const unit = this.#unitOf(holder.symbol);
    const gone = new Map<string, Abandoned>();
    let left = amount;
    while (left > amount * ROUNDING && lots.length > 0) {
      const lot = lots[0]!;
      const units = Math.min(lot.size, left);
      this.#take(lots, lot, units);
      left -= units;
      const { strategy, symbol, side, positionId, price } = lot;
      const size = (gone.get(positionId)?.size ?? 0) + baseSize(units, price, unit);
      gone.set(positionId, { strategy, symbol, side, positionId, size });
    }
    return [...gone.values()];
  }

  /** Spreads a funding payment over the lots of a side of a symbol, in the currency that settles, per unit held. */
  fund(symbol: string, side: Side, perUnit: number): void {
    for (const lots of this.#bySymbol.get(symbol)?.values() ?? [])
      for (const lot of lots) if (lot.side === side) lot.funding += perUnit * lot.size;
  }

  /** Units open for a strategy on a side of a symbol. */
  openSize(holder: Holder): number {
    const lots = this.#bySymbol.get(holder.symbol)?.get(keyOf(holder));
    return (lots && this.#sizes.get(lots)) ?? 0;
  }

  /** Base units left of a position that was opened at a price; a rest that can never be closed is nothing. */
  openOf(symbol: string, positionId: string, price: number, dust = 0): number {
    const left = this.#positions.get(positionId) ?? 0;
    return left < dust * (1 - ROUNDING) ? 0 : baseSize(left, price, this.#unitOf(symbol));
  }

  /** Units open on a symbol over all strategies, signed. */
  net(symbol: string): number {
    return this.holders(symbol).reduce((sum, { side, size }) => sum + (side === 'long' ? size : -size), 0);
  }

  /** Who holds how many units on a symbol, the oldest lot first. */
  holders(symbol: string): (Holder & { readonly size: number; readonly since: number })[] {
    return [...(this.#bySymbol.get(symbol)?.values() ?? [])]
      .filter((lots) => lots.length > 0)
      .map((lots) => {
        const { strategy, side, time } = lots[0]!;
        return { strategy, symbol, side, size: this.#sizes.get(lots) ?? 0, since: time };
      })
      .sort((a, b) => a.since - b.since);
  }

  /** Symbols on which something is open. */
  symbols(): string[] {
    return [...this.#bySymbol.keys()].filter((symbol) => this.holders(symbol).length > 0);
  }

  /** What is open, as plain JSON. */
  snapshot(): LotBookState {
    return structuredClone([...this.#bySymbol.values()].flatMap((bySide) => [...bySide.values()].flat()));
  }

  /** Continues from what was open. */
  restore(state: LotBookState): void {
    this.#bySymbol.clear();
    this.#sizes.clear();
    this.#positions.clear();
    for (const lot of structuredClone(state) as Lot[]) this.#add(this.#lotsOf(lot), lot);
  }

  #add(lots: Lot[], lot: Lot): void {
    lots.push(lot);
    this.#sizes.set(lots, (this.#sizes.get(lots) ?? 0) + lot.size);
    this.#positions.set(lot.positionId, (this.#positions.get(lot.positionId) ?? 0) + lot.size);
  }

  /** Takes units off the oldest lot. */
  #take(lots: Lot[], lot: Lot, units: number): void {
    const whole = units >= lot.size;
    const left = (this.#positions.get(lot.positionId) ?? 0) - units;
    if (whole) lots.shift();
    else {
      const share = units / lot.size;
      lot.fees -= lot.fees * share;
      lot.funding -= lot.funding * share;
      lot.size -= units;
    }
    if (left > units * ROUNDING) this.#positions.set(lot.positionId, left);
    else this.#positions.delete(lot.positionId);
    // What adding and taking leaves of an empty list is rounding.
    this.#sizes.set(lots, lots.length === 0 ? 0 : (this.#sizes.get(lots) ?? 0) - units);
  }

  #clear(lots: Lot[]): void {
    for (const lot of [...lots]) this.#take(lots, lot, lot.size);
  }

  #lotsOf(holder: Holder): Lot[] {
    let bySide = this.#bySymbol.get(holder.symbol);
    if (!bySide) {
      bySide = new Map();
      this.#bySymbol.set(holder.symbol, bySide);
    }
    const key = keyOf(holder);
    let lots = bySide.get(key);
    if (!lots) {
      lots = [];
      bySide.set(key, lots);
    }
    return lots;
  }
}

/** The name of the position that an order opens: that of its decision, or the order's own where nothing was decided. */
export const positionName = (decision: Decision | null | undefined, order: string): string =>
  decision && !SHARED_IDS.includes(decision.id) ? decision.id : order;

const keyOf = ({ strategy, side }: Pick<Holder, 'strategy' | 'side'>): string => `${side}\n${strategy}`;

const baseSize = (units: number, price: number, { size, inverse }: Unit): number =>
  inverse ? (units * size) / price : units * size;

/** A closed part of a lot as a trade. What settles in base currency is worth what it is at the exit. */
function tradeOf(lot: Lot, exit: Fill, id: string, openSize: number, unit: Unit): TradeInput {
  const size = baseSize(lot.size, lot.price, unit);
  const rate = unit.inverse ? exit.price : 1;
  const fees = (lot.fees + exit.fee) * rate;
  const funding = lot.funding * rate;
  const gain = (lot.side === 'long' ? exit.price - lot.price : lot.price - exit.price) * size;
  return {
    id,
    positionId: lot.positionId,
    openSize,
    strategy: lot.strategy,
    symbol: lot.symbol,
    side: lot.side,
    entryTime: lot.time,
    exitTime: Math.max(lot.time, exit.time),
    entryPrice: lot.price,
    exitPrice: exit.price,
    size,
    fees,
    funding: funding === 0 ? undefined : funding,
    pnl: gain - fees + funding,
    stop: lot.stop,
    decision: lot.decision,
    equityAtEntry: lot.equityAtEntry,
  } as TradeInput;
}
