import type { Decision, Side, TradeInput } from '../../src/index.ts';
import { pickDefined } from '../../src/model/pick.ts';

/** What a strategy meant when it opened: kept with the lot until it closes. */
export interface Entry {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly stop?: number;
  readonly decision?: Decision;
  readonly equityAtEntry?: number;
}

/** One execution. Amounts in base currency, price and fee in quote currency. */
export interface Fill {
  readonly id: string;
  readonly time: number;
  readonly price: number;
  readonly amount: number;
  /** Fee in quote currency. */
  readonly fee: number;
  /** Part of a bought amount that the venue kept as its fee, in base currency. */
  readonly baseFee?: number;
  /** Least amount that the venue trades: a rest below it can never be closed, and is let go by the next entry. */
  readonly dust?: number;
}

interface Lot extends Entry {
  readonly time: number;
  readonly price: number;
  size: number;
  /** Money paid for what is left, without fees, and the fees on it. */
  cost: number;
  fees: number;
}

/** Open lots, oldest first. */
export type LotBookState = readonly Readonly<Lot>[];

/** What remains of a lot below this share of it is rounding. */
const ROUNDING = 1e-9;

/** Pairs fills into closed trades, first in first out per strategy and symbol; one trade per closed part of a lot. */
export class LotBook {
  readonly #lots = new Map<string, Lot[]>();
  /** Sum of the sizes of each list of lots: a bot that only ever buys has many. */
  readonly #sizes = new Map<string, number>();

  open(entry: Entry, fill: Fill): void {
    const size = fill.amount - (fill.baseFee ?? 0);
    if (!(size > 0)) return;
    const key = keyOf(entry);
    // A rest that the venue would not take any more is let go once a new position begins: before, it may still be
    // part of a close that fills in parts.
    const rest = this.openSize(entry) < (fill.dust ?? 0) * (1 - ROUNDING);
    const lots = rest ? [] : (this.#lots.get(key) ?? []);
    lots.push({
      strategy: entry.strategy,
      symbol: entry.symbol,
      side: entry.side,
      ...pickDefined(entry, ['stop', 'decision', 'equityAtEntry']),
      time: fill.time,
      price: fill.price,
      size,
      cost: fill.price * size,
      fees: fill.fee + (fill.baseFee ?? 0) * fill.price,
    });
    this.#lots.set(key, lots);
    this.#sizes.set(key, (rest ? 0 : (this.#sizes.get(key) ?? 0)) + size);
  }

  /** Closes what is open of a strategy on a symbol, and returns the trades; an excess over the lots is not ours. */
  close(entry: Pick<Entry, 'strategy' | 'symbol' | 'side'>, fill: Fill): TradeInput[] {
    const key = keyOf(entry);
    const lots = this.#lots.get(key) ?? [];
    const trades: TradeInput[] = [];
    let left = fill.amount;
    while (left > fill.amount * ROUNDING && lots.length > 0) {
      const lot = lots[0]!;
      const size = lot.size - left <= lot.size * ROUNDING ? lot.size : left;
      const share = size / lot.size;
      const exitFee = fill.fee * (size / fill.amount);
      const cost = lot.cost * share;
      const entryFee = lot.fees * share;
      const gain = lot.side === 'long' ? fill.price * size - cost : cost - fill.price * size;
      trades.push({
        id: `${fill.id}/${trades.length}`,
        strategy: lot.strategy,
        symbol: lot.symbol,
        side: lot.side,
        entryTime: lot.time,
        exitTime: Math.max(lot.time, fill.time),
        entryPrice: lot.price,
        exitPrice: fill.price,
        size,
        fees: entryFee + exitFee,
        pnl: gain - entryFee - exitFee,
        ...pickDefined(lot, ['stop', 'decision', 'equityAtEntry']),
      });
      lot.size -= size;
      lot.cost -= cost;
      lot.fees -= entryFee;
      left -= size;
      if (share === 1) lots.shift();
    }
    this.#sizes.set(key, Math.max(0, (this.#sizes.get(key) ?? 0) - (fill.amount - left)));
    if (lots.length > 0) return trades;
    this.#lots.delete(key);
    this.#sizes.delete(key);
    return trades;
  }

  /** What is open, as plain JSON. */
  snapshot(): LotBookState {
    return structuredClone([...this.#lots.values()].flat());
  }

  /** Continues from what was open. */
  restore(lots: LotBookState): void {
    this.#lots.clear();
    this.#sizes.clear();
    for (const lot of structuredClone(lots) as Lot[]) {
      const key = keyOf(lot);
      this.#lots.set(key, [...(this.#lots.get(key) ?? []), lot]);
      this.#sizes.set(key, (this.#sizes.get(key) ?? 0) + lot.size);
    }
  }

  /** Price of the oldest open lot of a strategy on a symbol; undefined where nothing is open. */
  oldestPrice(entry: Pick<Entry, 'strategy' | 'symbol' | 'side'>): number | undefined {
    return this.#lots.get(keyOf(entry))?.[0]?.price;
  }

  /** Whether other strategies hold something on this side of a symbol. */
  othersHold({ strategy, symbol, side }: Pick<Entry, 'strategy' | 'symbol' | 'side'>): boolean {
    for (const [lot] of this.#lots.values())
      if (lot && lot.strategy !== strategy && lot.symbol === symbol && lot.side === side) return true;
    return false;
  }

  /** Size open for a strategy on a symbol. */
  openSize(entry: Pick<Entry, 'strategy' | 'symbol' | 'side'>): number {
    return this.#sizes.get(keyOf(entry)) ?? 0;
  }
}

const keyOf = ({ strategy, symbol, side }: Pick<Entry, 'strategy' | 'symbol' | 'side'>): string =>
  JSON.stringify([strategy, symbol, side]);
