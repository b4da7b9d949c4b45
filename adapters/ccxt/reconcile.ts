import type { OptimizationEngine } from '../../src/index.ts';
import type { AccountExposure } from '../core/exposure.ts';
import { Background, type Outcome } from './background.ts';
import type { Books } from './books.ts';
import type { CcxtExchange } from './market.ts';
import { OrderWatch } from './order-watch.ts';
import { PositionWatch } from './position-watch.ts';
import type { Prices } from './prices.ts';
import type { Readiness } from './readiness.ts';
import { RecordReader } from './record-reader.ts';
import { isPermanent, type Venue } from './venue.ts';

export interface ReconcilerOptions {
  readonly exchange: CcxtExchange;
  readonly engine: OptimizationEngine;
  readonly venue: Venue;
  readonly books: Books;
  readonly exposure: AccountExposure;
  /** Whether the venue may be asked for what the bot does not read. */
  readonly reconciles: boolean;
  readonly prices: Prices;
  /** Nothing is asked before. */
  readonly readiness: Readiness;
  /** Called after every change of what is to be kept. */
  readonly changed: () => void;
}

/**
 * Keeps the books in step with the venue, behind the bot's back: positions before they are needed, the end of orders
 * that nobody looks at, trades that the bot never made. Nothing here is waited for by an order.
 */
export class Reconciler {
  readonly orders: OrderWatch;
  readonly positions: PositionWatch;
  readonly #records: RecordReader;
  readonly #options: ReconcilerOptions;
  readonly #background: Background;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { engine, venue, readiness } = options;
    const background = new Background(
      (error) => {
        // What a venue cannot tell at all is no failure: it is done without.
        if (!isPermanent(error)) engine.countError('RECONCILE_FAILED', error);
      },
      () => venue.now(),
      () => readiness.isReady,
    );
    readiness.onAnswer = () => background.look();
    const news = (symbol: string) => this.changed(symbol);
    this.#background = background;
    this.positions = new PositionWatch({
      ...options,
      background,
      news,
      contradicted: (symbol) => {
        this.#records.read(symbol);
        this.orders.ended(symbol);
      },
    });
    this.#records = new RecordReader({
      ...options,
      background,
      positions: this.positions,
      ended: (symbol) => this.orders.ended(symbol),
    });
    this.orders = new OrderWatch({
      ...options,
      background,
      news,
      read: (symbol, delay) => this.#records.read(symbol, delay),
    });
  }

  stop(): void {
    this.#background.stop();
  }

  start(): void {
    const { books, exposure, venue } = this.#options;
    this.#background.start();
    // What was under way when nobody looked may still move the position.
    for (const { key, symbol, buys, sent, reduces } of [...books.orders.all(), ...books.orders.lost()])
      exposure.send(key, { symbol, buys, amount: sent, reduces });
    for (const { key, execution, final } of books.orders.all())
      exposure.report(key, execution.amount, final, venue.now());
    this.#background.whenOpen(() => this.#lookAtAll());
  }

  #lookAtAll(): void {
    const { books } = this.#options;
    // Whatever is open may have filled or ended while nobody looked.
    for (const symbol of books.symbols()) {
      this.changed(symbol);
      if (!books.bookOf(symbol).isEmpty || books.orders.all(symbol).length > 0) this.#records.read(symbol);
    }
    for (const order of books.orders.all()) if (!order.final) this.orders.untold(order);
    for (const { symbol, key } of books.orders.lost()) this.orders.lost(symbol, key);
  }

  /** Resolves when the venue has been looked at once more, and nothing is left to ask. */
  settled(): Promise<void> {
    const { books, readiness } = this.#options;
    for (const symbol of readiness.isReady ? books.symbols() : []) {
      if (books.bookOf(symbol).isEmpty && books.orders.all(symbol).length === 0) continue;
      this.#records.read(symbol);
      this.positions.ask(symbol);
    }
    return this.#background.settled();
  }

  /** Something became known of the orders on a symbol: books what can be booked, and asks for what is missing. */
  changed(symbol: string): void {
    const { books, changed } = this.#options;
    if (books.hasAhead(symbol)) {
      if (books.isPlain(symbol) && !(books.needsForeign(symbol) && this.positions.canAsk(symbol)))
        books.settle(symbol);
      else this.#records.read(symbol);
    }
    this.positions.refresh(symbol);
    this.#records.poll(symbol);
    changed();
  }

  /** Asks for the price of a symbol of which nobody has told one: the next order will want it. */
  wantPrice(symbol: string): void {
    const { venue, prices, reconciles } = this.#options;
    if (!reconciles || !venue.can('fetchTicker')) return;
    const request = async (): Promise<Outcome> => {
      prices.tickers(await venue.ask('fetchTicker', symbol));
      return 'done';
    };
    this.#background.ask(`price ${symbol}`, request);
  }
}
