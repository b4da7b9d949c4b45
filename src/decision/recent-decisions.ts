import { z } from 'zod';
import type { Decision } from '../model/decision.ts';
import { decisionSchema } from '../model/decision-schema.ts';
import type { Signal } from '../model/signal.ts';

/** Decisions kept for repeated signals and for reports. */
const CAPACITY = 256;

export const recentDecisionsSchema = z.array(z.tuple([z.string().nullable(), decisionSchema])).max(CAPACITY);
type RecentDecisionsState = [signalKey: string | null, decision: Decision][];

/** A signal sent again later than this is another signal. */
const SAME_FOR = 86_400_000;

/** What makes two signals one: the host's id, and what it is about. */
const keyOf = ({ id, strategy, symbol, side }: Signal): string | null =>
  id === undefined ? null : JSON.stringify([id, strategy, symbol, side]);

/** The latest decisions, by their own id and by that of their signal. */
export class RecentDecisions {
  #decisions = new Map<string, { key: string | null; decision: Decision }>();
  #byKey = new Map<string, string>();

  /** The decision on this very signal, if it was made within a day. */
  ofSignal(signal: Signal): Decision | undefined {
    const key = keyOf(signal);
    const known = key === null ? undefined : this.get(this.#byKey.get(key) ?? '');
    return known && Math.abs(signal.time - known.time) <= SAME_FOR ? known : undefined;
  }

  /** A decision by its own id. */
  get(id: string): Decision | undefined {
    return this.#decisions.get(id)?.decision;
  }

  add(signal: Signal, decision: Decision): void {
    const key = keyOf(signal);
    this.#decisions.set(decision.id, { key, decision });
    if (key !== null) this.#byKey.set(key, decision.id);
    if (this.#decisions.size <= CAPACITY) return;
    const [id, oldest] = this.#decisions.entries().next().value!;
    this.#decisions.delete(id);
    if (oldest.key !== null && this.#byKey.get(oldest.key) === id) this.#byKey.delete(oldest.key);
  }

  /** Puts a changed decision in the place of the one with its id. */
  replace(decision: Decision): void {
    const known = this.#decisions.get(decision.id);
    if (known) known.decision = decision;
  }

  /** Newest last. */
  latest(limit = CAPACITY): Decision[] {
    return [...this.#decisions.values()].slice(-limit).map(({ decision }) => decision);
  }

  snapshot(): RecentDecisionsState {
    return [...this.#decisions.values()].map(({ key, decision }) => [key, decision]);
  }

  restore(state: RecentDecisionsState): void {
    this.#decisions = new Map(state.map(([key, decision]) => [decision.id, { key, decision }]));
    this.#byKey = new Map(state.flatMap(([key, { id }]) => (key === null ? [] : [[key, id]])));
  }
}
