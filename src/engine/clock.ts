import { EdgekeeperError } from '../model/errors.ts';
import { isTime, MAX_SKEW } from '../model/time.ts';
import type { EngineState } from './state.ts';

/**
 * Keeps times out that lie ahead of the host's clock: one such time would hold up everything that waits for a later one.
 */
export class HostClock {
  readonly #state: EngineState;
  readonly #now: (() => number) | null;
  /** While events of the past are done again: the clock may have been set back since. */
  #pastIsDone = false;

  /** @param now the host's clock, in ms; null where nothing is refused */
  constructor(state: EngineState, now: (() => number) | null) {
    this.#state = state;
    this.#now = now;
  }

  /** Does again what happened in the past, whatever the clock says now. */
  pastly(work: () => void): void {
    this.#pastIsDone = true;
    try {
      work();
    } finally {
      this.#pastIsDone = false;
    }
  }

  /** A time that is no further ahead than the state itself holds nothing up. */
  isAhead(time: unknown): boolean {
    if (this.#now === null || this.#pastIsDone || !isTime(time)) return false;
    return time > Math.max(this.#now() + MAX_SKEW, this.#state.time);
  }

  /** Time of what is said now, in ms: the host's, where it has a clock, and never before the latest event. */
  get present(): number {
    return Math.max(this.#state.time, Math.floor(this.#now?.() ?? 0));
  }

  /** Throws `TIME_AHEAD`, and counts it. */
  refuseAhead(what: string, time: unknown): void {
    if (!this.isAhead(time)) return;
    const error = this.ahead(what, time as number);
    this.#state.countError('TIME_AHEAD', error);
    throw error;
  }

  ahead(what: string, time: number): EdgekeeperError {
    const seconds = Math.round((time - (this.#now?.() ?? 0)) / 1000);
    return new EdgekeeperError('TIME_AHEAD', {
      found: `${what} at ${time}, ${seconds} s ahead of the host's clock`,
      expected: `a time in ms at most ${MAX_SKEW / 1000} s ahead of it`,
      hint: 'It was not taken. Are its units other than ms, such as seconds, or is a clock wrong?',
    });
  }
}
