import type { OptimizationEngine } from '../../src/index.ts';
import type { AccountExposure } from '../core/exposure.ts';
import type { OrderGate } from '../core/gate.ts';
import type { Books } from './books.ts';
import type { Asked } from './judge.ts';
import { type CcxtOrder, isFinal } from './orders.ts';
import type { Reconciler } from './reconcile.ts';
import { type Found, keyOf } from './sent-orders.ts';
import { mayHaveArrived } from './venue.ts';

/** An order between its call and its answer. */
export interface OnItsWay {
  readonly key: string;
  readonly found: Found;
  readonly asked: Asked | null;
  /** False for an order by hand: it moves the position, and is nobody's trade. */
  readonly isOurs: boolean;
}

/** Follows orders from their call to their answer, or to the silence that came instead of one. */
export class OrdersOut {
  readonly #engine: OptimizationEngine;
  readonly #gate: OrderGate;
  readonly #books: Books;
  readonly #exposure: AccountExposure;
  readonly #reconciler: Reconciler;
  #calls = 0;

  constructor(parts: {
    readonly engine: OptimizationEngine;
    readonly gate: OrderGate;
    readonly books: Books;
    readonly exposure: AccountExposure;
    readonly reconciler: Reconciler;
  }) {
    this.#engine = parts.engine;
    this.#gate = parts.gate;
    this.#books = parts.books;
    this.#exposure = parts.exposure;
    this.#reconciler = parts.reconciler;
  }

  /** An order goes out now. */
  goes(found: Found, asked: Asked | null, isOurs = true): OnItsWay {
    this.#calls += 1;
    const key = `call ${this.#calls}`;
    const { symbol, buys, sent, reduces } = found;
    this.#exposure.send(key, { symbol, buys, amount: sent, reduces });
    return { key, found, asked, isOurs };
  }

  /** The exchange answered. */
  arrived({ key, found, isOurs }: OnItsWay, order: CcxtOrder | undefined): void {
    if (order?.id === undefined || order.status === 'rejected') {
      if (order?.status === 'rejected') this.#exposure.drop(key);
      else if (isOurs) this.#lose(key, found);
      return;
    }
    const orderKey = keyOf(found.symbol, order.id, found.conditional);
    this.#exposure.rename(key, orderKey);
    const report = { ...order, symbol: order.symbol ?? found.symbol };
    if (!isOurs) {
      this.#exposure.report(orderKey, Number(order.filled ?? 0), isFinal(order));
      return;
    }
    if (found.unclear) {
      this.#books.giveUpOn({ ...found, key: orderKey });
      this.#exposure.drop(orderKey);
      return;
    }
    const sent = this.#books.follow(order.id, found);
    if (found.attached)
      this.#exposure.send(`with ${orderKey}`, {
        symbol: found.symbol,
        buys: !found.buys,
        amount: found.sent,
        reduces: true,
        protects: orderKey,
      });
    this.#reconciler.orders.observe(report);
    const isResting = order.status === 'open' && (order.type ?? 'limit') !== 'market';
    if (!sent.final && !isResting) this.#reconciler.orders.untold(sent);
  }

  /** The call failed: the venue refused the order, or nobody knows whether it arrived. */
  failed({ key, found, asked, isOurs }: OnItsWay, error: unknown): void {
    if (asked) this.#gate.failed(asked.signal, asked.retry, asked.verdict);
    if (!mayHaveArrived(error)) this.#exposure.drop(key);
    else if (isOurs) this.#lose(key, found);
  }

  #lose(key: string, found: Found): void {
    if (found.unclear) {
      this.#books.giveUpOn({ ...found, key });
      this.#exposure.drop(key);
      return;
    }
    this.#books.lose(key, found);
    this.#reconciler.orders.lost(found.symbol, key);
    this.#engine.countError(
      'ANSWER_LOST',
      new Error(`${found.strategy} ${found.symbol}: no answer to its order`),
    );
  }
}
