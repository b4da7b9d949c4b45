import type { Asked } from '../core/exposure.ts';
import type { Background, Outcome } from './background.ts';
import type { Books } from './books.ts';
import { marketOf } from './market.ts';
import { PositionReader, positionsIn, totalsOf } from './positions.ts';
import type { ReconcilerOptions } from './reconcile.ts';

export interface PositionWatchOptions extends ReconcilerOptions {
  readonly background: Background;
  /** The exchange says otherwise than the books. */
  readonly contradicted: (symbol: string) => void;
  /** What is known can be booked now. */
  readonly news: (symbol: string) => void;
}

/** What the exchange said of a position is asked for again after this, in ms. */
const REFRESH_AFTER = 30_000;
/**
 * What contradicts the books, or may lack the latest fills, is looked at again after this, in ms; and for as long it
 * counts as one contradiction, however often it is said.
 */
const LOOK_AGAIN = 5000;
/** How often a spot balance is held against what is thought to be there, in ms. */
const COUNT_AFTER = 300_000;

/** Knows positions before they are needed, and holds what the exchange says of them against the books. */
export class PositionWatch {
  readonly #options: PositionWatchOptions;
  readonly #reader: PositionReader;
  /** Symbols whose position has to be known. */
  readonly #watched = new Set<string>();
  /** When the exchange last said otherwise than the books, by symbol. */
  readonly #contradicted = new Map<string, number>();

  constructor(options: PositionWatchOptions) {
    this.#options = options;
    this.#reader = new PositionReader(options.exchange.id);
  }

  /** A symbol is traded, or looked at: its position has to be known before an order comes. */
  watch(symbol: unknown): void {
    const market = marketOf(this.#options.exchange, symbol);
    if (market?.symbol !== undefined && market.spot !== true) this.refresh(market.symbol);
  }

  /** Takes what the exchange answers about positions. */
  learn(answer: unknown, asked: Asked, expected: readonly string[]): void {
    const { exposure, venue } = this.#options;
    for (const [symbol, { net, long, short }] of this.#reader.read(answer, expected)) {
      exposure.state(symbol, net, asked, venue.now());
      if (net === null) this.#resolve(symbol, false, (books) => books.statedSides(symbol, { long, short }));
      else this.#compare(symbol, net);
    }
  }

  /** Takes what the exchange answers about balances: on spot they are the positions, and some say those of contracts. */
  learnBalance(answer: unknown, asked: Asked): void {
    const { exposure, venue, books, exchange } = this.#options;
    this.learn(positionsIn(answer, exchange), asked, []);
    const totals = totalsOf(answer);
    if (totals.size === 0) return;
    for (const symbol of books.symbols()) {
      const market = marketOf(exchange, symbol);
      if (market?.spot !== true || market.base === undefined) continue;
      const sharing = books.symbols().filter((each) => marketOf(exchange, each)?.base === market.base);
      if (sharing.length > 1) continue;
      const total = totals.get(market.base) ?? 0;
      exposure.state(symbol, total, asked, venue.now());
      this.#compare(symbol, total);
    }
  }

  #compare(symbol: string, position: number): void {
    const isExpected = this.#options.books.expects(symbol, position);
    this.#resolve(symbol, isExpected, (books) => books.stated(symbol, position));
  }

  /** Holds what the exchange says against the books; where they differ, both are looked at again, and not too soon. */
  #resolve(symbol: string, isExpected: boolean, against: (books: Books) => 'fits' | 'contradicts'): void {
    const { books, exchange, exposure, venue, changed, contradicted, news } = this.#options;
    if (!books.symbols().includes(symbol) || marketOf(exchange, symbol) === undefined) return;
    const now = venue.now();
    const isSoon = Math.abs(now - (this.#contradicted.get(symbol) ?? Number.NEGATIVE_INFINITY)) < LOOK_AGAIN;
    if (!isExpected && (isSoon || !exposure.isQuiet(symbol))) {
      this.ask(symbol, LOOK_AGAIN);
      return;
    }
    if (against(books) === 'contradicts') {
      this.#contradicted.set(symbol, now);
      contradicted(symbol);
      this.ask(symbol, LOOK_AGAIN);
    } else {
      this.#contradicted.delete(symbol);
      if (books.hasAhead(symbol)) news(symbol);
    }
    changed();
  }

  /** Whether the exchange can be asked for a position. */
  canAsk(symbol: string): boolean {
    const { venue, exchange, reconciles } = this.#options;
    const isSpot = marketOf(exchange, symbol)?.spot === true;
    return reconciles && venue.can(isSpot ? 'fetchBalance' : 'fetchPositions');
  }

  /** Asks for a position that is not known well enough. */
  refresh(symbol: string): void {
    const { exposure, venue, exchange, books } = this.#options;
    const market = marketOf(exchange, symbol);
    if (market === undefined || !this.canAsk(symbol)) return;
    if (market.spot === true) {
      // On spot a sale is an exit whatever is held: the balance only tells what is there beside the lots.
      if (!books.symbols().includes(symbol)) return;
      const book = books.bookOf(symbol);
      const isUncounted = !book.isEmpty && exposure.isStale(symbol, venue.now(), COUNT_AFTER);
      if (book.foreign === null || isUncounted) this.ask(symbol);
      return;
    }
    this.#watched.add(symbol);
    if (exposure.isStale(symbol, venue.now(), REFRESH_AFTER)) this.ask(symbol);
  }

  /** Asks for a position: at once, or after so many ms, for which nobody waits. */
  ask(symbol: string, delay = 0): void {
    const { venue, exposure, exchange, background } = this.#options;
    if (!this.canAsk(symbol)) return;
    const isSpot = marketOf(exchange, symbol)?.spot === true;
    const request = async (): Promise<Outcome> => {
      const asked = exposure.ask(venue.now());
      if (isSpot) this.learnBalance(await venue.ask('fetchBalance'), asked);
      else await this.#askAll(asked);
      return 'done';
    };
    const key = isSpot ? 'balance' : 'positions';
    if (delay > 0) background.ask(`${key} again`, request, { delay, patient: true });
    else background.ask(key, request);
  }

  async #askAll(asked: Asked): Promise<void> {
    const { venue, exchange } = this.#options;
    const symbols = [...this.#watched].filter((each) => marketOf(exchange, each)?.spot !== true);
    const [first] = symbols;
    this.learn(await venue.ask('fetchPositions', symbols.length === 1 ? symbols : undefined), asked, symbols);
    if (first !== undefined) this.ask(first, REFRESH_AFTER);
  }
}
