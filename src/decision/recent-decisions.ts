import type { Decision } from '../model/decision.ts';
import { decisionSchema } from '../model/decision-schema.ts';
import type { Signal } from '../model/signal.ts';
import { z } from '../model/z.ts';

/** Decisions kept for repeated signals and for reports. */
const CAPACITY = 256;

/** The host's id in the key of a signal: id, strategy, symbol and side as JSON; null where it is no such key. */
function signalIdOf(key: string): string | null {
  try {
    const id: unknown = JSON.parse(key)[0];
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}

const signalKeySchema = z.string().refine((key) => signalIdOf(key) !== null, 'not the key of a signal');

export const recentDecisionsSchema = z
  .array(z.tuple([signalKeySchema.nullable(), decisionSchema]))
  .max(CAPACITY);
type RecentDecisionsState = [signalKey: string | null, decision: Decision][];

/** A signal sent again later than this is another signal. */
const SAME_FOR = 86_400_000;

/** A decision, the host's id of its signal, and the one before it on a signal with that id. */
interface Entry {
  readonly signalId: string | null;
  decision: Decision;
  before: Entry | null;
}

/** The latest decisions, by their own id and by that of their signal. */
export class RecentDecisions {
  /** A ring: the oldest stands at `#next` once it is full. */
  readonly #entries: Entry[] = [];
  #next = 0;
  readonly #bySignalId = new Map<string, Entry>();

  /** The decision on this very signal - the host's id, and what it is about - if it was made within a day. */
  ofSignal({ id, strategy, symbol, side, time }: Signal): Decision | undefined {
    if (id === undefined) return undefined;
    for (let entry = this.#bySignalId.get(id) ?? null; entry !== null; entry = entry.before) {
      const { decision } = entry;
      if (decision.strategy === strategy && decision.symbol === symbol && decision.side === side)
        return Math.abs(time - decision.time) <= SAME_FOR ? decision : undefined;
    }
    return undefined;
  }

  /** A decision by its own id. */
  get(id: string): Decision | undefined {
    return this.#find(id)?.decision;
  }

  add({ id }: Pick<Signal, 'id'>, decision: Decision): void {
    const entry: Entry = { signalId: id ?? null, decision, before: null };
    if (this.#entries.length < CAPACITY) this.#entries.push(entry);
    else {
      this.#forget(this.#entries[this.#next]!);
      this.#entries[this.#next] = entry;
      this.#next = (this.#next + 1) % CAPACITY;
    }
    if (id === undefined) return;
    entry.before = this.#bySignalId.get(id) ?? null;
    this.#bySignalId.set(id, entry);
  }

  /** Puts a changed decision in the place of the one with its id. */
  replace(decision: Decision): void {
    const known = this.#find(decision.id);
    if (known) known.decision = decision;
  }

  /** Newest last. */
  latest(limit = CAPACITY): Decision[] {
    return limit > 0
      ? this.#inOrder()
          .slice(-limit)
          .map(({ decision }) => decision)
      : [];
  }

  snapshot(): RecentDecisionsState {
    return this.#inOrder().map(({ signalId, decision }) => {
      const { strategy, symbol, side } = decision;
      return [signalId === null ? null : JSON.stringify([signalId, strategy, symbol, side]), decision];
    });
  }

  reset(): void {
    this.#entries.length = 0;
    this.#next = 0;
    this.#bySignalId.clear();
  }

  /** Goes on from these decisions, after those that are known. */
  take(state: RecentDecisionsState): void {
    for (const [key, decision] of state) {
      const id = key === null ? null : signalIdOf(key);
      this.add(id === null ? {} : { id }, decision);
    }
  }

  /** Most are asked for soon after they were made. */
  #find(id: string): Entry | undefined {
    const size = this.#entries.length;
    for (let i = 1; i <= size; i += 1) {
      const entry = this.#entries[(this.#next + size - i) % size]!;
      if (entry.decision.id === id) return entry;
    }
    return undefined;
  }

  /** The oldest of all is the oldest on its signal id. */
  #forget(oldest: Entry): void {
    if (oldest.signalId === null) return;
    const latest = this.#bySignalId.get(oldest.signalId)!;
    if (latest === oldest) {
      this.#bySignalId.delete(oldest.signalId);
      return;
    }
    let entry = latest;
    while (entry.before !== oldest) entry = entry.before!;
    entry.before = null;
  }

  #inOrder(): Entry[] {
    return [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
  }
}
