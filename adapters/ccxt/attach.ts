import { AsyncLocalStorage } from 'node:async_hooks';
import type { OptimizationEngine } from '../../src/index.ts';
import { AccountExposure } from '../core/exposure.ts';
import { OrderGate } from '../core/gate.ts';
import { Books } from './books.ts';
import { CandleFeed } from './candles.ts';
import { Edits } from './edits.ts';
import { accountOf, fittingId, type Identify } from './intent.ts';
import { Judge } from './judge.ts';
import { Keeping } from './keeping.ts';
import type { CcxtExchange } from './market.ts';
import { OrdersOut } from './orders-out.ts';
import { Patches } from './patches.ts';
import { Prices } from './prices.ts';
import { Readiness } from './readiness.ts';
import { Reconciler } from './reconcile.ts';
import type { Sizing } from './sizing.ts';
import { type AttachmentState, readState, STATE_VERSION } from './state.ts';
import { Venue } from './venue.ts';
import { wrapEdits } from './wrap-edits.ts';
import { wrapOpenOrders } from './wrap-open-orders.ts';
import { wrapOrders } from './wrap-orders.ts';
import { wrapReads } from './wrap-reads.ts';
import { wrapVetoed } from './wrap-vetoed.ts';

export interface AttachOptions {
  readonly engine: OptimizationEngine;
  /** Strategy of every order that neither `withStrategy` nor `identify` names one for. */
  readonly strategy?: string;
  /**
   * Looks up what the bot knows about an order: its strategy, confidence, stop. Must not wait. An order of
   * which it says undefined, with no `strategy` given either, is somebody's by hand and stays untouched.
   */
  readonly identify?: Identify;
  /** Symbols whose orders are left alone, like orders by hand: those in which the bot buys what it pays fees with. */
  readonly ignore?: readonly string[];
  /** Default `veto-only`. */
  readonly sizing?: Sizing;
  /** Marks orders that have no client order id with one, by which they are known again after a restart; default false. */
  readonly tagOrders?: boolean;
  /** How a bot hears of a veto: a rejection like an invalid order's (default), or an order with status `rejected`. */
  readonly veto?: 'throw' | 'return';
  /**
   * Whether the exchange may be asked, in the background, for what the bot does not read: positions, trades and the
   * end of orders; default true. Without, only what the bot reads is known.
   */
  readonly reconcile?: boolean;
  /** What an earlier attachment left open, as its `state()` said. */
  readonly state?: AttachmentState;
  /** Where that state is kept by itself, such as `overlay.kept('binance')`. */
  readonly kept?: { load(): unknown; save(state: unknown): void; setAside?(reason: string): void };
}

/** Restores the exchange exactly when it is called. */
export interface Detach {
  (): void;
  state(): AttachmentState;
  /** Resolves when everything that had to be asked of the exchange is known and recorded. */
  settled(): Promise<void>;
}

export interface Attachment extends Detach {
  /** Whether the exchange may be asked: the overlay is on, and the bot is through with configuring it. */
  mayAsk(): boolean;
}

/**
 * The exchanges whose methods are running now. ccxt's methods call each other, such as an edit that cancels and
 * creates: what was judged once is not judged again. One for all, because every AsyncLocalStorage that has ever run
 * slows all promises of the process.
 */
const calling = new AsyncLocalStorage<readonly object[]>();

/** Numbers of the exchanges of one name that are attached to an engine: their orders' ids may be the same. */
const attachments = new WeakMap<OptimizationEngine, Map<string, Set<number>>>();

/** Takes the lowest number that is free, so that an exchange that is attached again has the name that it had. */
function takeLabel(engine: OptimizationEngine, exchange: CcxtExchange) {
  const id = accountOf(exchange);
  const byName = attachments.get(engine) ?? new Map<string, Set<number>>();
  attachments.set(engine, byName);
  const taken = byName.get(id) ?? new Set<number>();
  byName.set(id, taken);
  let number = 1;
  while (taken.has(number)) number += 1;
  taken.add(number);
  return { label: number === 1 ? `${id}/` : `${id}#${number}/`, release: () => taken.delete(number) };
}

/**
 * Puts an engine between a bot and its ccxt exchange, from outside: orders that certainly open exposure are judged
 * before they are sent, everything else passes untouched and at once, and what fills is paired into trades. A vetoed
 * order rejects with a subclass of the exchange's own InvalidOrder, which bots know how to survive. While the overlay
 * is off, nothing is wrapped and nothing is asked.
 *
 * @example
 * const detach = attach(exchange, { engine, strategy: 'EMA_Trend' });
 */
export function attach(exchange: CcxtExchange, options: AttachOptions): Attachment {
  const { engine, sizing = 'veto-only', reconcile: reconciles = true, kept } = options;
  const { label, release } = takeLabel(engine, exchange);
  const readiness = new Readiness(exchange);
  const patches = new Patches(exchange, (answer) => readiness.watch(answer));
  const venue = new Venue(
    exchange,
    (name) => patches.original(name),
    () => patches.areOn,
  );
  const prices = new Prices();
  const exposure = new AccountExposure();
  const gate = new OrderGate(engine);
  const state = options.state ? readState(options.state, exchange) : keptState();

  /** What was kept by itself must not keep a bot from starting. */
  function keptState() {
    const found = kept?.load() ?? null;
    if (found === null) return undefined;
    try {
      return readState(found, exchange);
    } catch (error) {
      kept?.setAside?.((error as Error).message);
      engine.countError('ADAPTER_FAILED', error);
      return undefined;
    }
  }

  const books = new Books({
    exchange,
    engine,
    venue,
    nameOf: (symbol, id) => fittingId(`${label}${symbol}/${id}`),
    priceOf: (currency, quote) =>
      prices.of(`${currency}/${quote}`) ??
      prices.of(`${currency}/${quote}:${quote}`) ??
      engine.detector.lastClose(`${currency}/${quote}`) ??
      undefined,
    reconciles,
    ...(state === undefined ? {} : { state }),
  });
  const snapshot = (): AttachmentState => ({ version: STATE_VERSION, ...books.state() });
  const keeping = new Keeping(() => kept && aside(() => kept.save(snapshot())));
  const reconciler = new Reconciler({
    exchange,
    engine,
    venue,
    books,
    exposure,
    reconciles,
    prices,
    readiness,
    changed: () => keeping.changed(),
  });
  books.onFound = (lost, key) => exposure.rename(lost, key);
  const judge = new Judge({
    exchange,
    engine,
    gate,
    books,
    exposure,
    prices,
    sizing,
    wantPrice: (symbol) => reconciler.wantPrice(symbol),
    tags: options.tagOrders ?? false,
  });
  const out = new OrdersOut({ engine, gate, books, exposure, reconciler, now: () => venue.now() });

  /** Runs our own code beside the host's: whatever fails in it is counted, never thrown into the host. */
  function aside<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      engine.countError('ADAPTER_FAILED', error);
      return undefined;
    }
  }

  const host = {
    exchange,
    aside,
    /** Whether a method of the exchange called this one, or the overlay is off: then it is none of our business. */
    isNotOurs: (): boolean => {
      follow();
      return !patches.areOn || (calling.getStore()?.includes(exchange) ?? false);
    },
    within: <T>(work: () => T): T => calling.run([...(calling.getStore() ?? []), exchange], work),
  };
  wrapOrders(patches, { ...options, ...host, judge, out, reconciler });
  const edits = new Edits({ exchange, engine, books, exposure });
  wrapEdits(patches, { ...host, edits, books, exposure, out, reconciler });
  wrapReads(patches, { ...host, exposure, prices, reconciler, candles: new CandleFeed(engine) });
  wrapOpenOrders(patches, { ...host, reconciler });
  wrapVetoed(patches, host);

  let isDetached = false;
  /** Off is absent: nothing is wrapped, and nothing asked, before the overlay is on. */
  function follow(): void {
    const on = engine.flags.enabled && !isDetached;
    if (on === patches.areOn) return;
    if (on) {
      patches.on();
      reconciler.start();
    } else {
      patches.off();
      reconciler.stop();
    }
  }
  const forget = engine.subscribe(({ type }) => {
    if (type === 'command' || type === 'config') follow();
  });
  follow();

  const detach = () => {
    if (isDetached) return;
    isDetached = true;
    release();
    forget();
    gate.close();
    follow();
    keeping.now();
  };
  const mayAsk = () => reconciles && patches.areOn && readiness.isReady;
  return Object.assign(detach, { state: snapshot, settled: () => reconciler.settled(), mayAsk });
}
