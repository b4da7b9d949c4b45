import { checkedState } from '../model/doors.ts';
import { CELLS } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { type EdgeOutcome, EdgePosterior, type PosteriorOptions, posteriorSchema } from './posterior.ts';

const waitingSchema = z.object({
  id: z.string(),
  strategy: z.string(),
  symbol: z.string(),
  cell: z.enum(CELLS),
  r: z.number(),
  weight: z.number().positive(),
  quality: z.number().nullable(),
  closedAt: z.number(),
  held: z.number(),
});
/** An outcome that is not learned yet, and the id of its position. */
export type WaitingOutcome = EdgeOutcome & { readonly id: string };

export const edgeSchema = z.object({ posterior: posteriorSchema, waiting: z.array(waitingSchema) });
export type EdgeState = z.infer<typeof edgeSchema>;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** By close, then by position: an id is a host's, unique for one strategy on one symbol and no further. */
const byClose = (a: WaitingOutcome, b: WaitingOutcome): number =>
  a.closedAt - b.closedAt ||
  compare(a.id, b.id) ||
  compare(a.strategy, b.strategy) ||
  compare(a.symbol, b.symbol);

/**
 * The posterior, and the outcomes that wait to be learned: those that close at one time may come in any order, and are
 * learned in order of their positions once something later happens.
 */
export class EdgeLearning {
  readonly #posterior: EdgePosterior;
  #waiting: WaitingOutcome[] = [];
  /** When the first of them closed. */
  #earliest = Number.POSITIVE_INFINITY;
  /** The posterior as it will be; made when somebody looks while outcomes wait. */
  #preview: EdgePosterior | null = null;

  constructor(options: PosteriorOptions = {}) {
    this.#posterior = new EdgePosterior(options);
  }

  /** The posterior that decisions are made by: everything that happened before must have settled. */
  get now(): EdgePosterior {
    return this.#posterior;
  }

  /** The posterior with everything learned that waits. Looking changes nothing. */
  get view(): EdgePosterior {
    if (this.#waiting.length === 0) return this.#posterior;
    if (this.#preview === null) {
      this.#preview = this.#posterior.fork(new Set(this.#waiting.map(({ strategy }) => strategy)));
      for (const outcome of this.#waiting.toSorted(byClose)) this.#preview.learn(outcome);
    }
    return this.#preview;
  }

  add(outcome: WaitingOutcome): void {
    this.#preview = null;
    this.#waiting.push(outcome);
    this.#earliest = Math.min(this.#earliest, outcome.closedAt);
  }

  /**
   * Learns what waits and closed before a time: others may still close at that time.
   * @param learned called after each
   * @param about called before each
   */
  settle(
    before: number,
    learned: (outcome: WaitingOutcome) => void,
    about: (outcome: WaitingOutcome) => void = () => undefined,
  ): void {
    if (this.#earliest >= before) return;
    const due = this.#waiting.filter(({ closedAt }) => closedAt < before).sort(byClose);
    this.#wait(this.#waiting.filter(({ closedAt }) => closedAt >= before));
    for (const outcome of due) {
      about(outcome);
      this.#posterior.learn(outcome);
      learned(outcome);
    }
  }

  /** Goes on from another posterior, such as that of an earlier time; what waits is learned by it. */
  replace(posterior: EdgeState['posterior']): void {
    this.#posterior.restore(posterior);
    this.#preview = null;
  }

  reset(): void {
    this.#posterior.reset();
    this.#wait([]);
  }

  snapshot(): EdgeState {
    return { posterior: this.#posterior.snapshot(), waiting: this.#waiting.map(stateOf) };
  }

  restore(given: EdgeState): void {
    const { posterior, waiting } = checkedState(edgeSchema, given);
    this.#posterior.restore(posterior);
    this.#wait(waiting.map(stateOf));
  }

  /** The state but for what the posterior knows of strategies. */
  head(): EdgeState {
    return { posterior: this.#posterior.head(), waiting: this.#waiting.map(stateOf) };
  }

  /** Goes on from a state, of which the strategies of the posterior follow. */
  begin({ posterior, waiting }: EdgeState): void {
    this.#posterior.begin(posterior);
    this.#wait(waiting);
  }

  #wait(waiting: WaitingOutcome[]): void {
    this.#waiting = waiting;
    this.#earliest = waiting.reduce(
      (earliest, { closedAt }) => Math.min(earliest, closedAt),
      Number.POSITIVE_INFINITY,
    );
    this.#preview = null;
  }
}

/** What is kept of an outcome, whatever else it knows of itself. */
const stateOf = ({
  id,
  strategy,
  symbol,
  cell,
  r,
  weight,
  quality,
  closedAt,
  held,
}: WaitingOutcome): WaitingOutcome => ({ id, strategy, symbol, cell, r, weight, quality, closedAt, held });
