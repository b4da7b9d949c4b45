import { rowsOf } from './answers.ts';
import type { CcxtTrade } from './orders.ts';
import type { Venue } from './venue.ts';

/** Trades may become visible so late, in ms. */
const LATE = 60_000;
/** Clocks of venues are as coarse as this, in ms. */
const COARSE = 1000;
/** Some venues answer at most seven days at a time, and a page of so many trades. */
const WINDOW = 6 * 86_400_000;
const PAGE = 500;
const PAGES = 20;

export interface TapeState {
  /** Up to when everything was read, ms; and ids of the trades around then. */
  readonly readTo: number;
  readonly fundedTo: number;
  readonly seen: readonly (readonly [id: string, time: number])[];
  readonly funded: readonly (readonly [id: string, time: number])[];
}

/** The account's own trades and funding on one symbol, as the venue keeps them, each handed out once. */
export class Tape {
  readonly #venue: Venue;
  readonly #symbol: string;
  /** What was done before is not ours to know. */
  readonly #start: number;
  #readTo: number;
  #fundedTo: number;
  readonly #seen: Map<string, number>;
  readonly #funded: Map<string, number>;

  constructor(venue: Venue, symbol: string, start: number, state?: TapeState) {
    this.#venue = venue;
    this.#symbol = symbol;
    this.#start = state?.readTo ?? start;
    this.#readTo = this.#start;
    this.#fundedTo = state?.fundedTo ?? start;
    this.#seen = new Map(state?.seen ?? []);
    this.#funded = new Map(state?.funded ?? []);
  }

  get isReadable(): boolean {
    return this.#venue.can('fetchMyTrades');
  }

  state(): TapeState {
    return {
      readTo: this.#readTo,
      fundedTo: this.#fundedTo,
      seen: [...this.#seen],
      funded: [...this.#funded],
    };
  }

  /** Trades since the last time. @param isOwn whether the bot is known to have made a trade's order */
  async read(isOwn: (order: string | undefined) => boolean): Promise<CcxtTrade[]> {
    const began = this.#venue.now();
    const since = this.#readTo - LATE;
    const rows: CcxtTrade[] = [];
    for await (const row of this.#rows('fetchMyTrades', since, began)) rows.push(row);
    const found: CcxtTrade[] = [];
    for (const trade of rows) {
      const time = Number(trade.timestamp ?? began);
      // Some venues answer what is older, too: it was read before.
      if (trade.id === undefined || this.#seen.has(trade.id) || time < since) continue;
      this.#seen.set(trade.id, time);
      if (time >= this.#start || isOwn(trade.order)) found.push(trade);
    }
    this.#readTo = Math.max(this.#readTo, began);
    for (const [id, time] of this.#seen) if (time < this.#readTo - 2 * LATE) this.#seen.delete(id);
    return found.sort((a, b) => Number(a.timestamp) - Number(b.timestamp));
  }

  /** Notes a trade that was seen otherwise. */
  note(trade: CcxtTrade): void {
    if (trade.id !== undefined) this.#seen.set(trade.id, Number(trade.timestamp ?? this.#venue.now()));
  }

  /** Funding since the last time, received where positive, in the currency that settles. */
  async readFunding(): Promise<{ readonly time: number; readonly amount: number }[]> {
    if (!this.#venue.can('fetchFundingHistory')) return [];
    const began = this.#venue.now();
    const payments: { time: number; amount: number }[] = [];
    const since = this.#fundedTo - COARSE;
    for await (const { id, timestamp, amount } of this.#rows('fetchFundingHistory', since, began)) {
      const [time, paid] = [Number(timestamp), Number(amount)];
      const name = `${String(id)} ${time} ${paid}`;
      if (!(time >= since) || !Number.isFinite(paid) || this.#funded.has(name)) continue;
      this.#funded.set(name, time);
      payments.push({ time, amount: this.#venue.paysPositive ? -paid : paid });
    }
    for (const { time } of payments) this.#fundedTo = Math.max(this.#fundedTo, time);
    for (const [name, time] of this.#funded) if (time < this.#fundedTo - COARSE) this.#funded.delete(name);
    return payments;
  }

  async *#rows(method: string, since: number, now: number): AsyncGenerator<Record<string, unknown>> {
    let from = since;
    for (let page = 0; page < PAGES && from <= now; page += 1) {
      const bounded = now - from > WINDOW;
      const until = from + WINDOW;
      const rows = rowsOf(
        await this.#venue.ask(method, this.#symbol, from, PAGE, ...(bounded ? [{ until }] : [])),
      );
      yield* rows;
      const last = rows.reduce((latest, { timestamp }) => Math.max(latest, Number(timestamp ?? 0)), 0);
      if (rows.length >= PAGE && last > from) from = last;
      else if (bounded) from = until;
      else return;
    }
  }
}
