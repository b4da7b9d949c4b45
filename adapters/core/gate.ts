import {
  type Decision,
  type OptimizationEngine,
  type ReasonCode,
  type Signal,
  timeframeMs,
} from '../../src/index.ts';
import { Remembered } from './remembered.ts';

/** What is to be done with an entry that a host is about to send. */
export interface Verdict {
  /** Factor on the host's size: 0 is a veto, 1 is the host's own order. */
  readonly multiplier: number;
  /** Null where the engine had nothing to say, or said something that cannot be meant. */
  readonly decision: Decision | null;
  /** Why, also where the decision has gone; never empty for a veto. */
  readonly reasons: readonly ReasonCode[];
}

/** The part of an engine that the gate asks. */
type GateEngine = Pick<
  OptimizationEngine,
  'decide' | 'withdraw' | 'countError' | 'config' | 'flags' | 'subscribe'
>;

/** An order that failed and comes again within this time is the same order, in ms. */
const RETRY_WINDOW = 60_000;

const OWN_ORDER: Verdict = { multiplier: 1, decision: null, reasons: [] };

/** A veto, and up to which size it holds: what is too small says nothing about a larger order. */
interface Veto {
  readonly verdict: Verdict;
  readonly size: number;
}

/**
 * Stands between an adapter and the engine. Whatever the engine says, what comes out is a factor that can be sent;
 * an order that failed and is tried again gets the verdict it had; a veto holds until the next candle, so that a
 * strategy that asks on every tick is decided on, and counted, once.
 */
export class OrderGate {
  readonly #engine: GateEngine;
  readonly #vetoes = new Remembered<Veto>();
  readonly #failed = new Remembered<Verdict>();
  /** Stops listening to the engine. */
  readonly close: () => void;

  constructor(engine: GateEngine) {
    this.#engine = engine;
    // What an operator says holds at once: no answer from before it stands.
    this.close = engine.subscribe(({ type }) => {
      if (type !== 'command' && type !== 'config') return;
      this.#vetoes.clear();
      this.#failed.clear();
    });
  }

  /**
   * Judges an entry.
   * @param order what a retry has in common with the order that failed, such as its client order id, or its amount and price
   * @param named whether the host says by the signal's id which calls are one signal: then nothing else makes them one
   */
  judge(signal: Signal, order: string, named = false): Verdict {
    if (!this.#engine.flags.enabled) return OWN_ORDER;
    if (named) return this.#ask(signal);
    const topic = topicOf(signal);
    const veto = this.#vetoes.recall(topic, signal.time);
    if (veto && (signal.size ?? 0) <= veto.size * (1 + 1e-9)) return veto.verdict;
    const failed = this.#failed.recall(`${topic}\n${order}`, signal.time);
    if (failed) {
      this.#failed.forget(`${topic}\n${order}`);
      return failed;
    }
    const verdict = this.#ask(signal);
    if (verdict.multiplier === 0) this.#veto(signal, verdict, Number.POSITIVE_INFINITY);
    return verdict;
  }

  /** Says that an order did not reach the venue, or that nobody knows yet: coming again soon it is the same order. */
  failed(signal: Signal, order: string, verdict: Verdict): void {
    this.#failed.keep(`${topicOf(signal)}\n${order}`, verdict, signal.time + RETRY_WINDOW);
  }

  /** Says that an order reached the venue: the same again is another order. */
  sent(signal: Signal, order: string): void {
    this.#failed.forget(`${topicOf(signal)}\n${order}`);
  }

  /** Takes a verdict back that cannot be sent, for instance because the venue's minimum is larger. */
  withdraw(signal: Signal, { decision }: Verdict, reason: ReasonCode): Verdict {
    const withdrawn = decision && this.#engine.withdraw(decision, reason);
    const verdict: Verdict = { multiplier: 0, decision: withdrawn, reasons: withdrawn?.reasons ?? [reason] };
    this.#veto(signal, verdict, signal.size ?? Number.POSITIVE_INFINITY);
    return verdict;
  }

  #veto(signal: Signal, verdict: Verdict, size: number): void {
    const interval = timeframeMs(this.#engine.config.timeframe);
    const candleEnd = (Math.floor(signal.time / interval) + 1) * interval;
    this.#vetoes.keep(topicOf(signal), { verdict, size }, candleEnd);
  }

  #ask(signal: Signal): Verdict {
    try {
      const decision = this.#engine.decide(signal);
      const { multiplier, action, reasons = [] } = decision ?? {};
      if (action === 'pass') return OWN_ORDER;
      if (typeof multiplier !== 'number' || !Number.isFinite(multiplier) || multiplier < 0) {
        this.#engine.countError('DECISION_INVALID', new Error(`a multiplier of ${String(multiplier)}`));
        return OWN_ORDER;
      }
      return { multiplier: Math.min(multiplier, this.#cap(signal)), decision, reasons };
    } catch (error) {
      this.#engine.countError('ADAPTER_FAILED', error);
      return OWN_ORDER;
    }
  }

  #cap({ reduceOnly = true }: Signal): number {
    const { config } = this.#engine;
    return (config.reduceOnly ?? reduceOnly) ? 1 : config.maxMultiplier;
  }
}

const topicOf = ({ strategy, symbol, side }: Signal): string => `${strategy}\n${symbol}\n${side}`;
