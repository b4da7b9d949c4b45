import { Latest } from '../core/latest.ts';
import { rowsOf } from './answers.ts';
import type { Background, Outcome } from './background.ts';
import { marketOf } from './market.ts';
import { type CcxtOrder, type CcxtTrade, isFinal } from './orders.ts';
import type { ReconcilerOptions } from './reconcile.ts';
import { keyOf, type SentOrder } from './sent-orders.ts';

export interface OrderWatchOptions extends ReconcilerOptions {
  readonly background: Background;
  /** Reads the venue's own record of a symbol, after so many ms. */
  readonly read: (symbol: string, delay?: number) => void;
  /** Something became known of the orders on a symbol. */
  readonly news: (symbol: string) => void;
}

/** An answer without a fill is asked about after this, in ms, and a lost one. */
const UNTOLD_AFTER = 1000;
const LOST_AFTER = 2000;
/** How often an order is asked about that rests and is in no list of open orders, in ms. */
const MISSED_AGAIN = 60_000;
/** Orders of one symbol that are asked about one by one; orders of others that are remembered. */
const MOST_ORDERS = 20;
const MOST_OTHERS = 1000;

/** Finds out what became of orders: of those that nobody looks at, of those whose answer was lost, and of others'. */
export class OrderWatch {
  readonly #options: OrderWatchOptions;
  /** When a resting order was asked about because a list of open orders left it out; host time in ms. */
  readonly #missed = new WeakMap<SentOrder, number>();
  /** Orders of others that were seen to have filled. */
  readonly #others = new Latest<true>(MOST_OTHERS);

  constructor(options: OrderWatchOptions) {
    this.#options = options;
  }

  /** An order went out and its answer does not say what became of it. */
  untold(order: SentOrder): void {
    const { venue, books, exposure } = this.#options;
    if (!this.#options.reconciles) return;
    if (!venue.can('fetchOrder')) {
      this.#options.read(order.symbol, UNTOLD_AFTER);
      return;
    }
    const request = async (last: boolean): Promise<Outcome> => {
      const answer = await this.#fetchOrder(order).catch((error: unknown) => {
        if (!last) throw error;
      });
      if (answer) this.observe([answer]);
      const isResting = answer?.status === 'open' && !(Number(answer.filled) > 0) && answer.type !== 'market';
      const isKnown = order.final || order.over || isResting || !books.orders.isWatched(order.key);
      if (last && !isKnown && !order.conditional && order.execution.amount === 0) {
        books.giveUpOn(order);
        exposure.drop(order.key);
      }
      return isKnown ? 'done' : 'again';
    };
    this.#options.background.ask(`order ${order.key}`, request, { delay: UNTOLD_AFTER });
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
      if (venue.can('fetchOpenOrders')) this.observe(rowsOf(await venue.ask('fetchOpenOrders', symbol)));
      if (isThere() && venue.can('fetchMyTrades')) await books.readTape(symbol);
      if (isThere() && last) {
        const order = books.orders.lost(symbol).find((each) => each.key === key)!;
        books.orders.found(key);
        exposure.drop(key);
        // It did not arrive; but on an account that nobody is sure of it may not be where it was looked for.
        if (order.kind === 'doubt') books.giveUpOn(order);
      }
      this.#options.news(symbol);
      return isThere() ? 'again' : 'done';
    };
    this.#options.background.ask(`lost ${key}`, request, { delay: LOST_AFTER, most: 4 });
  }

  /** Orders of a symbol may have ended: the bot cancelled what there was. */
  cancelled(symbol: string | undefined): void {
    for (const order of this.#open(symbol).slice(-MOST_ORDERS)) this.untold(order);
  }

  #open(symbol: string | undefined): SentOrder[] {
    return this.#options.books.orders.all(symbol).filter(({ final }) => !final);
  }

  /** Which orders of a symbol have ended, in one request; those that are not among the open ones are asked about. */
  ended(symbol: string): void {
    const { venue, reconciles } = this.#options;
    if (!reconciles || this.#open(symbol).length === 0) return;
    if (!venue.can('fetchOpenOrders')) {
      this.cancelled(symbol);
      return;
    }
    const request = async (): Promise<Outcome> => {
      const open = rowsOf(await venue.ask('fetchOpenOrders', symbol)) as CcxtOrder[];
      this.observe(open);
      const ended = this.#open(symbol).filter((order) => !open.some(({ id }) => id === order.id));
      for (const order of ended.slice(-MOST_ORDERS)) this.untold(order);
      return 'done';
    };
    this.#options.background.ask(`open ${symbol}`, request);
  }

  /**
   * The orders that rest now. Returns what takes the list of open orders that is asked for now: a resting order that
   * is not in it is asked about, but one that merely is not listed not at every look.
   */
  restingNow(symbol: string): (listed: readonly CcxtOrder[]) => void {
    const { venue } = this.#options;
    const resting = this.#open(symbol).filter(({ conditional }) => !conditional);
    return (listed) => {
      const missing = resting.filter(
        (order) =>
          !order.final &&
          !listed.some(({ id }) => id === order.id) &&
          venue.now() - (this.#missed.get(order) ?? Number.NEGATIVE_INFINITY) >= MISSED_AGAIN,
      );
      for (const order of missing.slice(-MOST_ORDERS)) {
        this.#missed.set(order, venue.now());
        this.untold(order);
      }
    };
  }

  /** Takes trade reports, the bot's or ours. */
  observeTrades(trades: readonly CcxtTrade[]): void {
    const { books, exposure, venue } = this.#options;
    const touched = new Set<string>();
    for (const trade of trades) {
      this.#options.prices.note(trade.symbol, trade.price);
      if (!books.observeTrade(trade)) continue;
      const known = books.orders.get(trade.order, trade.symbol)!;
      exposure.report(known.key, known.execution.amount, known.final, venue.now());
      touched.add(known.symbol);
    }
    for (const symbol of touched) this.#options.news(symbol);
  }

  /** Takes order reports, the bot's or ours. */
  observe(orders: readonly CcxtOrder[]): void {
    const touched = new Set<string>();
    for (const order of orders) {
      const symbol = this.#observeOne(order);
      if (symbol !== undefined) touched.add(symbol);
    }
    for (const symbol of touched) this.#options.news(symbol);
  }

  /** Takes an order report; the symbol where it is of an order that is watched. */
  #observeOne(order: CcxtOrder): string | undefined {
    const { books, exposure, prices, venue } = this.#options;
    prices.note(order.symbol, order.average);
    if (!books.observe(order)) {
      this.#observeOther(order);
      return undefined;
    }
    const known = order.id === undefined ? undefined : books.orders.get(order.id, order.symbol, order);
    if (known) exposure.report(known.key, known.execution.amount, known.final, venue.now());
    if (known?.over && !known.final) this.#options.read(known.symbol);
    return known?.symbol ?? order.symbol;
  }

  /** An order that is not watched: by hand, or by a way that nobody wraps. It moves the position all the same. */
  #observeOther({ id, symbol, filled, ...order }: CcxtOrder): void {
    const { books, exposure, venue } = this.#options;
    if (id === undefined || symbol === undefined) return;
    exposure.report(keyOf(symbol, id), Number(filled ?? 0), isFinal(order), venue.now());
    const isNews =
      Number(filled) > 0 && !books.orders.isFinished(id, symbol) && !this.#others.has(keyOf(symbol, id));
    if (!isNews || !books.symbols().includes(symbol) || books.bookOf(symbol).isEmpty) return;
    this.#others.set(keyOf(symbol, id), true);
    this.#options.read(symbol);
  }
}
