import type { OptimizationEngine } from '../../src/index.ts';
import type { AccountExposure, Asked } from '../core/exposure.ts';
import { rowsOf } from './answers.ts';
import { Background, type Outcome } from './background.ts';
import type { Books } from './books.ts';
import { type CcxtExchange, marketOf } from './market.ts';
import { type CcxtOrder, type CcxtTrade, isFinal } from './orders.ts';
import { PositionReader, totalsOf } from './positions.ts';
import type { Prices } from './prices.ts';
import { keyOf, type SentOrder } from './sent-orders.ts';
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
  /** Called after every change of what is to be kept. */
  readonly changed: () => void;
}

/** What the exchange said of a position is asked for again after this, in ms. */
const REFRESH_AFTER = 30_000;
/** An answer without a fill is asked about after this, in ms, and a lost one. */
const UNTOLD_AFTER = 1000;
const LOST_AFTER = 2000;
/** How long a position has to contradict the books before they are looked at again, in ms. */
const LOOK_AGAIN = 2000;
/** How often the venue is read while something may fill there unseen, and while orders merely rest; in ms. */
const POLL_ARMED = 60_000;
const POLL_RESTING = 300_000;
/** Orders of one symbol that are asked about one by one; orders of others that are remembered. */
const MOST_ORDERS = 20;
const MOST_OTHERS = 1000;
/** How often the venue's record is read until it shows what filled: trades may be minutes late. */
const READS = 9;
/** How often a spot balance is held against what is thought to be there, in ms. */
const COUNT_AFTER = 300_000;

/**
 * Keeps the books in step with the venue, behind the bot's back: positions before they are needed, the end of orders
 * that nobody looks at, trades that the bot never made. Nothing here is waited for by an order.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #background: Background;
  readonly #reader: PositionReader;
  /** Symbols whose position has to be known. */
  readonly #watched = new Set<string>();
  /** Orders of others that were seen to have filled. */
  readonly #others = new Set<string>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { engine, exchange } = options;
    this.#background = new Background(
      (error) => {
        // What a venue cannot tell at all is no failure: it is done without.
        if (!isPermanent(error)) engine.countError('RECONCILE_FAILED', error);
      },
      () => options.venue.now(),
    );
    this.#reader = new PositionReader(exchange.id);
  }

  stop(): void {
    this.#background.stop();
  }

  start(): void {
    const { books, exposure } = this.#options;
    this.#background.start();
    // What was under way when nobody looked may still move the position.
    for (const { key, symbol, buys, sent, reduces } of [...books.orders.all(), ...books.orders.lost()])
      exposure.send(key, { symbol, buys, amount: sent, reduces });
    for (const { key, execution, final } of books.orders.all()) exposure.report(key, execution.amount, final);
    // Whatever is open may have filled or ended while nobody looked.
    for (const symbol of books.symbols()) {
      this.changed(symbol);
      if (!books.bookOf(symbol).isEmpty || books.orders.all(symbol).length > 0) this.#read(symbol);
    }
    for (const order of books.orders.all()) if (!order.final) this.untold(order);
    for (const { symbol, key } of books.orders.lost()) this.lost(symbol, key);
  }

  /** Resolves when the venue has been looked at once more, and nothing is left to ask. */
  settled(): Promise<void> {
    const { books } = this.#options;
    for (const symbol of books.symbols()) {
      if (books.bookOf(symbol).isEmpty && books.orders.all(symbol).length === 0) continue;
      this.#read(symbol);
      this.#state(symbol);
    }
    return this.#background.settled();
  }

  /** Something became known of the orders on a symbol: books what can be booked, and asks for what is missing. */
  changed(symbol: string): void {
    const { books, changed } = this.#options;
    if (books.hasAhead(symbol)) {
      if (books.isPlain(symbol) && !(books.needsForeign(symbol) && this.#canState(symbol)))
        books.settle(symbol);
      else this.#read(symbol);
    }
    this.#refresh(symbol);
    this.#poll(symbol);
    changed();
  }

  /** A symbol is traded, or looked at: its position has to be known before an order comes. */
  watch(symbol: unknown): void {
    const market = marketOf(this.#options.exchange, symbol);
    if (market?.symbol !== undefined && market.spot !== true) this.#refresh(market.symbol);
  }

  /** An order went out and its answer does not say what became of it. */
  untold(order: SentOrder): void {
    const { venue, books, exposure } = this.#options;
    if (!this.#options.reconciles) return;
    if (!venue.can('fetchOrder')) {
      this.#read(order.symbol, UNTOLD_AFTER);
      return;
    }
    const request = async (last: boolean): Promise<Outcome> => {
      const answer = await this.#fetchOrder(order).catch((error: unknown) => {
        if (!last) throw error;
      });
      if (answer) this.observe(answer);
      const isResting = answer?.status === 'open' && !(Number(answer.filled) > 0) && answer.type !== 'market';
      const isKnown = order.final || order.over || isResting || !books.orders.isWatched(order.key);
      if (last && !isKnown && !order.conditional && order.execution.amount === 0) {
        books.giveUpOn(order);
        exposure.drop(order.key);
      }
      return isKnown ? 'done' : 'again';
    };
    this.#background.ask(`order ${order.key}`, request, { delay: UNTOLD_AFTER });
  }

  async #fetchOrder({ id, symbol, conditional }: SentOrder): Promise<CcxtOrder> {
    const { venue, exchange } = this.#options;
    const waits = conditional && marketOf(exchange, symbol)?.spot !== true;
    const params = { ...venue.orderParams, ...(waits ? { trigger: true } : {}) };
    return (await venue.ask('fetchOrder', id, symbol, params)) as CcxtOrder;
  }

  /** The answer to an order was lost: whether it arrived is looked for among open orders and trades. */
  lost(symbol: string, key: string): void {
    const { venue, books, exposure } = this.#options;
    if (!this.#options.reconciles) return;
    const request = async (last: boolean): Promise<Outcome> => {
      const isThere = () => books.orders.lost(symbol).some((order) => order.key === key);
      if (venue.can('fetchOpenOrders'))
        for (const order of rowsOf(await venue.ask('fetchOpenOrders', symbol))) this.observe(order);
      if (isThere() && venue.can('fetchMyTrades')) await books.readTape(symbol);
      if (isThere() && last) {
        const order = books.orders.lost(symbol).find((each) => each.key === key)!;
        books.orders.found(key);
        exposure.drop(key);
        // It did not arrive; but on an account that nobody is sure of it may not be where it was looked for.
        if (order.kind === 'doubt') books.giveUpOn(order);
      }
      this.changed(symbol);
      return isThere() ? 'again' : 'done';
    };
    this.#background.ask(`lost ${key}`, request, { delay: LOST_AFTER, most: 4 });
  }

  /** Orders of a symbol may have ended: the bot cancelled what there was. */
  cancelled(symbol: string | undefined): void {
    for (const order of this.#open(symbol).slice(-MOST_ORDERS)) this.untold(order);
  }

  #open(symbol: string | undefined): SentOrder[] {
    return this.#options.books.orders.all(symbol).filter(({ final }) => !final);
  }

  /** Which orders of a symbol have ended, in one request; those that are not among the open ones are asked about. */
  #ended(symbol: string): void {
    const { venue, reconciles } = this.#options;
    if (!reconciles || this.#open(symbol).length === 0) return;
    if (!venue.can('fetchOpenOrders')) {
      this.cancelled(symbol);
      return;
    }
    const request = async (): Promise<Outcome> => {
      const open = rowsOf(await venue.ask('fetchOpenOrders', symbol)) as CcxtOrder[];
      for (const order of open) this.observe(order);
      const ended = this.#open(symbol).filter((order) => !open.some(({ id }) => id === order.id));
      for (const order of ended.slice(-MOST_ORDERS)) this.untold(order);
      return 'done';
    };
    this.#background.ask(`open ${symbol}`, request);
  }

  /** Takes trade reports, the bot's or ours. */
  observeTrades(trades: readonly CcxtTrade[]): void {
    const { books, exposure } = this.#options;
    const touched = new Set<string>();
    for (const trade of trades) {
      this.#options.prices.note(trade.symbol, trade.price);
      if (!books.observeTrade(trade)) continue;
      const known = books.orders.get(trade.order, trade.symbol)!;
      exposure.report(known.key, known.execution.amount, known.final);
      touched.add(known.symbol);
    }
    for (const symbol of touched) this.changed(symbol);
  }

  /** Takes an order report, the bot's or ours. */
  observe(order: CcxtOrder): void {
    const { books, exposure, prices } = this.#options;
    prices.note(order.symbol, order.average);
    if (!books.observe(order)) {
      this.#observeOther(order);
      return;
    }
    const known = order.id === undefined ? undefined : books.orders.get(order.id, order.symbol, order);
    if (known) exposure.report(known.key, known.execution.amount, known.final);
    if (known?.over && !known.final) this.#read(known.symbol);
    const symbol = known?.symbol ?? order.symbol;
    if (symbol !== undefined) this.changed(symbol);
  }

  /** An order that is not watched: by hand, or by a way that nobody wraps. It moves the position all the same. */
  #observeOther({ id, symbol, filled, ...order }: CcxtOrder): void {
    const { books, exposure } = this.#options;
    if (id === undefined || symbol === undefined) return;
    exposure.report(keyOf(symbol, id), Number(filled ?? 0), isFinal(order));
    const isNews =
      Number(filled) > 0 && !books.orders.isFinished(id, symbol) && !this.#others.has(keyOf(symbol, id));
    if (!isNews || !books.symbols().includes(symbol) || books.bookOf(symbol).isEmpty) return;
    this.#others.add(keyOf(symbol, id));
    if (this.#others.size > MOST_OTHERS) this.#others.delete(this.#others.values().next().value!);
    this.#read(symbol);
  }

  /** Takes what the exchange answers about positions. */
  learnPositions(answer: unknown, asked: Asked, expected: readonly string[]): void {
    const { exposure, venue } = this.#options;
    for (const [symbol, { net, long, short }] of this.#reader.read(answer, expected)) {
      exposure.state(symbol, net, asked, venue.now());
      if (net === null) this.#resolve(symbol, (books) => books.statedSides(symbol, { long, short }));
      else this.#compare(symbol);
    }
  }

  /** Takes what the exchange answers about balances: on spot they are the positions. */
  learnBalance(answer: unknown, asked: Asked): void {
    const { exposure, venue, books, exchange } = this.#options;
    const totals = totalsOf(answer);
    if (totals.size === 0) return;
    for (const symbol of books.symbols()) {
      const market = marketOf(exchange, symbol);
      if (market?.spot !== true || market.base === undefined) continue;
      const sharing = books.symbols().filter((each) => marketOf(exchange, each)?.base === market.base);
      if (sharing.length > 1) continue;
      exposure.state(symbol, totals.get(market.base) ?? 0, asked, venue.now());
      this.#compare(symbol);
    }
  }

  #compare(symbol: string): void {
    const { exposure, venue } = this.#options;
    const stated = exposure.quiet(symbol, venue.now());
    if (stated !== null) this.#resolve(symbol, (books) => books.stated(symbol, stated));
  }

  /** Holds what the exchange says against the books; where they differ, both are looked at again. */
  #resolve(symbol: string, against: (books: Books) => 'fits' | 'contradicts'): void {
    const { books, exchange, changed } = this.#options;
    if (!books.symbols().includes(symbol) || marketOf(exchange, symbol) === undefined) return;
    if (against(books) === 'contradicts') {
      this.#read(symbol);
      this.#ended(symbol);
      this.#state(symbol, LOOK_AGAIN);
    } else if (books.hasAhead(symbol)) this.changed(symbol);
    changed();
  }

  /** Reads the venue's own record of a symbol, and books it. */
  #read(symbol: string, delay = 0, patient = false): void {
    const { venue, books, reconciles } = this.#options;
    if (!reconciles) return;
    const request = async (last: boolean): Promise<Outcome> => {
      if (venue.can('fetchMyTrades')) {
        try {
          await books.readTape(symbol);
        } catch (error) {
          if (!last && venue.can('fetchMyTrades')) throw error;
        }
        if (books.lacksTrades(symbol) && !last) return 'again';
      }
      if (books.needsForeign(symbol) && this.#canState(symbol) && !last) {
        this.#state(symbol);
        return 'again';
      }
      books.settle(symbol);
      this.#poll(symbol);
      this.#options.changed();
      return 'done';
    };
    this.#background.ask(`${patient ? 'poll' : 'read'} ${symbol}`, request, { delay, patient, most: READS });
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

  #canState(symbol: string): boolean {
    const { venue, exchange, reconciles } = this.#options;
    const isSpot = marketOf(exchange, symbol)?.spot === true;
    return reconciles && venue.can(isSpot ? 'fetchBalance' : 'fetchPositions');
  }

  /** Asks for a position that is not known well enough. */
  #refresh(symbol: string): void {
    const { exposure, venue, exchange, books } = this.#options;
    const market = marketOf(exchange, symbol);
    if (market === undefined || !this.#canState(symbol)) return;
    if (market.spot === true) {
      // On spot a sale is an exit whatever is held: the balance only tells what is there beside the lots.
      if (!books.symbols().includes(symbol)) return;
      const book = books.bookOf(symbol);
      const isUncounted = !book.isEmpty && exposure.isStale(symbol, venue.now(), COUNT_AFTER);
      if (book.foreign === null || isUncounted) this.#state(symbol);
      return;
    }
    this.#watched.add(symbol);
    if (exposure.isStale(symbol, venue.now(), REFRESH_AFTER)) this.#state(symbol);
  }

  #state(symbol: string, delay = 0): void {
    const { venue, exposure, exchange } = this.#options;
    if (!this.#canState(symbol)) return;
    if (marketOf(exchange, symbol)?.spot === true) {
      const request = async (): Promise<Outcome> => {
        const asked = exposure.ask();
        this.learnBalance(await venue.ask('fetchBalance'), asked);
        return 'done';
      };
      this.#background.ask('balance', request, { delay });
      return;
    }
    const request = async (): Promise<Outcome> => {
      const symbols = [...this.#watched].filter((each) => marketOf(exchange, each)?.spot !== true);
      const asked = exposure.ask();
      const answer = await venue.ask('fetchPositions', symbols.length === 1 ? symbols : undefined);
      this.learnPositions(answer, asked, symbols);
      this.#background.ask('refresh', request, { delay: REFRESH_AFTER, patient: true });
      return 'done';
    };
    this.#background.ask('positions', request, { delay });
  }

  /** Looks now and then, while something may fill at the venue unseen. */
  #poll(symbol: string): void {
    const { books, reconciles } = this.#options;
    if (!reconciles || !books.symbols().includes(symbol)) return;
    const open = books.orders.all(symbol).filter(({ final }) => !final);
    const armed = books.bookOf(symbol).hasAttached || open.some(({ conditional }) => conditional);
    if (armed || open.length > 0) this.#read(symbol, armed ? POLL_ARMED : POLL_RESTING, true);
  }
}
