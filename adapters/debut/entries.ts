import type { Decision, OptimizationEngine, Signal } from '../../src/index.ts';
import { atMinimum } from '../core/at-minimum.ts';
import { OrderGate, type Verdict } from '../core/gate.ts';
import { signalOf } from '../core/signal.ts';
import type { EdgekeeperPluginOptions } from './options.ts';
import { type Meant, sideOf } from './positions.ts';
import type { Said } from './signals.ts';
import { type DebutHost, type DebutOrder, numberOr } from './types.ts';
import { largestLots, smallestLots } from './venue-rules.ts';

/** What is to be done with an order that a strategy is about to open. */
export interface Ruling {
  /** Lots to send instead of those asked for; 0 is a veto. */
  readonly lots: number;
  readonly decision: Decision | null;
  /** For the log: why the lots are not those asked for. */
  readonly reasons: readonly string[];
  /** Whether the venue's minimum goes out in place of a veto. */
  readonly shrunk: boolean;
}

/** An order that was let go and has not opened yet. */
interface Pending extends Meant {
  readonly signal: Signal | null;
  /** Candles seen when it was made. */
  readonly candle: number;
}

export type PendingState = readonly (readonly [cid: string, decision: Decision])[];

/** Orders that have not opened; Debut opens one at a time. */
const PENDING = 64;
/** Candles after which an order that the host has forgotten never will open. */
const UNSENT_AFTER = 2;
/** A strategy that tries again makes another order, at another price: what failed on its side is what it tries again. */
const RETRY = 'entry';

/** Judges the orders of a bot that open exposure, and remembers what was decided until they open. */
export class Entries {
  readonly #engine: OptimizationEngine;
  readonly #opts: EdgekeeperPluginOptions;
  readonly #gate: OrderGate;
  readonly #pending = new Map<string, Pending>();
  #candles = 0;

  constructor(engine: OptimizationEngine, opts: EdgekeeperPluginOptions) {
    this.#engine = engine;
    this.#opts = opts;
    this.#gate = new OrderGate(engine);
  }

  /**
   * Rules on an order before it is placed. Debut reverses a position by opening the other side before it closes the
   * first, so only an order on the side of what is open adds to it.
   * @returns null for an order that is not judged
   */
  rule(host: DebutHost, order: DebutOrder, strategy: string, said: Said, now: number): Ruling | null {
    if (order.learning === true) return null;
    const adds = host.orders.some(({ type, learning }) => type === order.type && learning !== true);
    if (adds && !this.#opts.edgekeeperGateAdds) return null;
    const asked = Number(order.lots);
    const time = numberOr(order.time, host.currentCandle?.time) ?? now;
    if (!(asked > 0) || !Number.isFinite(asked) || (order.type !== 'BUY' && order.type !== 'SELL')) {
      const symbol = host.opts.ticker;
      this.#engine.recordUnjudged({ strategy, symbol, time, reason: 'ORDER_UNREADABLE' });
      return null;
    }
    const { ticker, fee } = host.opts;
    const signal = signalOf({
      strategy,
      symbol: ticker,
      side: sideOf(order),
      time,
      confidence: said.confidence,
      confluence: said.confluence,
      reduceOnly: !this.#opts.edgekeeperIncreases,
      size: asked * (host.instrument?.lot ?? 1),
      stop: said.stop,
      target: said.target,
      feeRate: fee === undefined ? undefined : fee / 100,
    });
    const verdict = this.#gate.judge(signal, RETRY);
    const ruling = this.#rule(host, order, signal, verdict, asked);
    if (ruling.lots > 0) this.#remember(order, signal, ruling, verdict, said);
    return ruling;
  }

  /** An order opened: what was decided on it, and what its strategy meant; null for one that was not judged. */
  opened(order: DebutOrder): Meant | null {
    const cid = String(order.cid);
    const known = this.#pending.get(cid);
    if (!known) return null;
    this.#pending.delete(cid);
    if (known.signal) this.#gate.sent(known.signal, RETRY);
    // The tries before it that failed had the same decision, which has been sent now.
    for (const [other, { decision }] of this.#pending)
      if (decision !== null && decision.id === known.decision?.id) this.#pending.delete(other);
    return { decision: known.decision, ...(known.stop === undefined ? {} : { stop: known.stop }) };
  }

  /** Whether an order was let go that has not opened yet. */
  get waits(): boolean {
    return this.#pending.size > 0;
  }

  /** A candle closed. A decision whose order never opened was not sent: a later plugin vetoed it, or the venue did. */
  candleClosed(host: DebutHost): void {
    this.#candles += 1;
    for (const [cid, { decision, candle }] of this.#pending) {
      if (this.#candles - candle < UNSENT_AFTER) continue;
      if (host.orders.some((order) => String(order.cid) === cid)) continue;
      this.#pending.delete(cid);
      if (decision) this.#engine.withdraw(decision, 'NOT_SENT');
    }
  }

  snapshot(): PendingState {
    return [...this.#pending].flatMap(([cid, { decision }]) => (decision ? [[cid, decision] as const] : []));
  }

  restore(state: PendingState): void {
    this.#pending.clear();
    for (const [cid, decision] of state)
      this.#pending.set(cid, { decision, signal: null, candle: this.#candles });
  }

  #rule(host: DebutHost, order: DebutOrder, signal: Signal, verdict: Verdict, asked: number): Ruling {
    const { multiplier } = verdict;
    const price = numberOr(order.price, host.currentCandle?.c);
    const least = this.#opts.edgekeeperMinNotional ?? 0;
    const lots = multiplier === 1 ? asked : largestLots(host, asked * multiplier, price, least);
    if (lots > 0) return { lots, decision: verdict.decision, reasons: verdict.reasons, shrunk: false };
    const fewest = multiplier > 0 ? smallestLots(host, asked, price, least) : 0;
    const taught = atMinimum(verdict, fewest / asked);
    if (taught) return { lots: fewest, decision: taught.decision, reasons: taught.reasons, shrunk: false };
    const { decision, reasons } =
      multiplier > 0 ? this.#gate.withdraw(signal, verdict, 'BELOW_MIN') : verdict;
    const minimum = this.#opts.edgekeeperShrink ? smallestLots(host, asked, price, least) : 0;
    return { lots: minimum, decision, reasons, shrunk: minimum > 0 };
  }

  #remember(order: DebutOrder, signal: Signal, ruling: Ruling, verdict: Verdict, said: Said): void {
    // What goes out at the venue's minimum was decided against: no decision let it through.
    const decision = ruling.shrunk ? null : ruling.decision;
    if (!ruling.shrunk) this.#gate.failed(signal, RETRY, verdict);
    this.#pending.set(String(order.cid), {
      decision,
      signal,
      candle: this.#candles,
      ...(said.stop === undefined ? {} : { stop: said.stop }),
    });
    if (this.#pending.size > PENDING) this.#pending.delete(this.#pending.keys().next().value!);
  }
}
