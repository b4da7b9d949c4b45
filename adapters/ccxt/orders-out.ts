import type { OptimizationEngine } from '../../src/index.ts';
import type { AccountExposure } from '../core/exposure.ts';
import type { OrderGate } from '../core/gate.ts';
import type { Books } from './books.ts';
import type { Asked } from './judge.ts';
import { type CcxtOrder, isFinal } from './orders.ts';
import type { Reconciler } from './reconcile.ts';
import { type Found, keyOf, type SentOrder } from './sent-orders.ts';
import { mayHaveArrived } from './venue.ts';

/** An order between its call and its answer. */
export interface OnItsWay {
  readonly key: string;
  readonly found: Found;
  readonly asked: Asked | null;
  /** False for an order by hand: it moves the position, and is nobody's trade. */
  readonly isOurs: boolean;
  /** What the account held for certain when it went out; null where nobody knows. */
  readonly held: number | null;
}

/** Follows orders from their call to their answer, or to the silence that came instead of one. */
export class OrdersOut {
  readonly #engine: OptimizationEngine;
  readonly #gate: OrderGate;
  readonly #books: Books;
  readonly #exposure: AccountExposure;
  readonly #reconciler: Reconciler;
  readonly #now: () => number;
  #calls = 0;

  constructor(parts: {
    readonly engine: OptimizationEngine;
    readonly gate: OrderGate;
    readonly books: Books;
    readonly exposure: AccountExposure;
    readonly reconciler: Reconciler;
    readonly now: () => number;
  }) {
    this.#engine = parts.engine;
    this.#gate = parts.gate;
    this.#books = parts.books;
    this.#exposure = parts.exposure;
    this.#reconciler = parts.reconciler;
    this.#now = parts.now;
  }

  /** An order goes out now. */
  goes(found: Found, asked: Asked | null, isOurs = true): OnItsWay {
    this.#calls += 1;
    const key = `call ${this.#calls}`;
    const { symbol, buys, sent, reduces } = found;
    const range = this.#exposure.range(symbol, this.#now(), this.#books.doubted(symbol));
    const held = range !== null && range.low === range.high ? range.low : null;
    this.#exposure.send(key, { symbol, buys, amount: sent, reduces });
    return { key, found, asked, isOurs, held };
  }

  /** The exchange answered. */
  arrived({ key, found, isOurs, held }: OnItsWay, order: CcxtOrder | undefined): void {
    if (order?.id === undefined || order.status === 'rejected') {
      if (order?.status === 'rejected') this.#exposure.drop(key);
      else if (isOurs) this.#lose(key, found);
      return;
    }
    const orderKey = keyOf(found.symbol, order.id, found.conditional);
    this.#exposure.rename(key, orderKey);
    const report = { ...order, symbol: order.symbol ?? found.symbol };
    if (!isOurs) {
      this.#exposure.report(orderKey, Number(order.filled ?? 0), isFinal(order), this.#now());
      return;
    }
    if (found.unclear) {
      this.#books.giveUpOn({ ...found, key: orderKey });
      this.#exposure.drop(orderKey);
      return;
    }
    const sent = this.#books.follow(order.id, found);
    this.#explain(sent, held);
    if (found.attached)
      this.#exposure.send(`with ${orderKey}`, {
        symbol: found.symbol,
        buys: !found.buys,
        amount: found.sent,
        reduces: true,
        protects: orderKey,
      });
    this.#reconciler.orders.observe([report]);
    const isResting = order.status === 'open' && (order.type ?? 'limit') !== 'market';
    if (!sent.final && !isResting) this.#reconciler.orders.untold(sent);
  }

  /** The call failed: the venue refused the order, or nobody knows whether it arrived. */
  failed({ key, found, asked, isOurs }: OnItsWay, error: unknown): void {
    if (asked) this.#gate.failed(asked.signal, asked.retry, asked.verdict);
    if (!mayHaveArrived(error)) this.#exposure.drop(key);
    else if (isOurs) this.#lose(key, found);
  }

  /** What there was before the first order on a symbol is not the bot's; what is said after it may lack its fills. */
  #explain(order: SentOrder, held: number | null): void {
    const book = this.#books.bookOf(order.symbol);
    const isFirst = book.isEmpty && this.#books.orders.all(order.symbol).every((each) => each === order);
    if (held !== null && isFirst && book.foreign === null) book.explain(held);
  }

  #lose(key: string, found: Found): void {
    if (found.unclear) {
      this.#books.giveUpOn({ ...found, key });
      this.#exposure.drop(key);
      return;
    }
    this.#books.lose(key, found);
    this.#reconciler.orders.lost(found.symbol, key);
    this.#reconciler.changed(found.symbol);
    this.#engine.countError(
      'ANSWER_LOST',
      new Error(`${found.strategy} ${found.symbol}: no answer to its order`),
    );
  }
}
