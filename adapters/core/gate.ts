import {
  type Decision,
  type OptimizationEngine,
  type ReasonCode,
  type Signal,
  timeframeMs,
} from '../../src/index.ts';

/** What is to be done with an entry that a host is about to send. */
export interface Verdict {
  /** Factor on the host's size: 0 is a veto, 1 is the host's own order. */
  readonly multiplier: number;
  /** Null where the engine had nothing to say, or said something that cannot be meant. */
  readonly decision: Decision | null;
}

/** The part of an engine that the gate asks. */
type GateEngine = Pick<
  OptimizationEngine,
  'decide' | 'withdraw' | 'countError' | 'config' | 'flags' | 'subscribe'
>;

/** Calls with one key within this time are one order that is tried again, in ms. */
const RETRY_WINDOW = 60_000;
/** Remembered calls above which the old ones are looked for. */
const SWEEP = 256;

const OWN_ORDER: Verdict = { multiplier: 1, decision: null };

/**
 * Stands between an adapter and the engine. Whatever the engine says, what comes out is a factor that can be sent;
 * an order that is tried again gets the decision it had; a veto holds until the next candle, so that a
 * strategy that asks on every tick is decided on, and counted, once.
 */
export class OrderGate {
  readonly #engine: GateEngine;
  readonly #verdicts = new Map<string, { verdict: Verdict; until: number; size: number }>();
  /** Stops listening to the engine. */
  readonly close: () => void;

  constructor(engine: GateEngine) {
    this.#engine = engine;
    // What an operator says holds at once: no answer from before it stands.
    this.close = engine.subscribe(({ type }) => {
      if (type === 'command' || type === 'config') this.#verdicts.clear();
    });
  }

  /**
   * Judges an entry.
   * @param order what makes two calls one order, such as its client order id, or its amount and price
   * @param named whether the host says by the signal's id which calls are one signal: then nothing else makes them one
   */
  judge(signal: Signal, order: string, named = false): Verdict {
    const { strategy, symbol, side, time } = signal;
    if (!this.#engine.flags.enabled) return OWN_ORDER;
    if (named) return this.#ask(signal);
    const topic = `${strategy}\n${symbol}\n${side}`;
    const size = signal.size ?? 0;
    const known = this.#recall(topic, time, size) ?? this.#recall(`${topic}\n${order}`, time, 0);
    if (known) return known;
    const verdict = this.#ask(signal);
    if (verdict.multiplier === 0) this.#remember(topic, verdict, this.#candleEnd(time), time);
    else this.#remember(`${topic}\n${order}`, verdict, time + RETRY_WINDOW, time);
    return verdict;
  }

  /** Takes a verdict back that cannot be sent, for instance because the venue's minimum is larger. */
  withdraw(signal: Signal, { decision }: Verdict, reason: ReasonCode): Verdict {
    const verdict: Verdict = {
      multiplier: 0,
      decision: decision && this.#engine.withdraw(decision, reason),
    };
    const { strategy, symbol, side, time } = signal;
    const topic = `${strategy}\n${symbol}\n${side}`;
    this.#remember(topic, verdict, this.#candleEnd(time), time, signal.size ?? Number.POSITIVE_INFINITY);
    return verdict;
  }

  #ask(signal: Signal): Verdict {
    try {
      const decision = this.#engine.decide(signal);
      const { multiplier, action } = decision ?? {};
      if (action === 'pass') return { multiplier: 1, decision: null };
      if (typeof multiplier !== 'number' || !Number.isFinite(multiplier) || multiplier < 0) {
        this.#engine.countError('DECISION_INVALID', new Error(`a multiplier of ${String(multiplier)}`));
        return OWN_ORDER;
      }
      return { multiplier: Math.min(multiplier, this.#cap(signal)), decision };
    } catch (error) {
      this.#engine.countError('ADAPTER_FAILED', error);
      return OWN_ORDER;
    }
  }

  #cap({ reduceOnly = true }: Signal): number {
    const { config } = this.#engine;
    return (config.reduceOnly ?? reduceOnly) ? 1 : config.maxMultiplier;
  }

  #candleEnd(time: number): number {
    const interval = timeframeMs(this.#engine.config.timeframe);
    return (Math.floor(time / interval) + 1) * interval;
  }

  #recall(key: string, time: number, size: number): Verdict | undefined {
    const known = this.#verdicts.get(key);
    return known && time < known.until && size <= known.size * (1 + 1e-9) ? known.verdict : undefined;
  }

  /** @param size up to which the verdict holds: what is too small says nothing about a larger order */
  #remember(
    key: string,
    verdict: Verdict,
    until: number,
    now: number,
    size = Number.POSITIVE_INFINITY,
  ): void {
    this.#verdicts.set(key, { verdict, until, size });
    if (this.#verdicts.size < SWEEP) return;
    for (const [old, { until: end }] of this.#verdicts) if (end <= now) this.#verdicts.delete(old);
  }
}
