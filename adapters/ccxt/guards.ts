import { type Fit, fitOf, joinedLevels, type Level } from './levels.ts';

/** Units that something waits for at the venue, and at which prices; null where those are not known. */
interface Guard {
  readonly units: number;
  readonly levels: readonly Level[] | null;
}

/** An older state did not say at which prices. */
export type GuardsState = readonly (readonly [
  holder: string,
  units: number,
  levels?: readonly Level[] | null,
])[];

/** What has stops or targets of its own at the venue, which fill under ids that nobody tells; by holder. */
export class Guards {
  readonly #byHolder: Map<string, Guard>;

  constructor(state: GuardsState = []) {
    this.#byHolder = new Map(state.map(([holder, units, levels = null]) => [holder, { units, levels }]));
  }

  state(): GuardsState {
    return [...this.#byHolder].map(([holder, { units, levels }]) => [holder, units, levels] as const);
  }

  get isEmpty(): boolean {
    return this.#byHolder.size === 0;
  }

  has(holder: string): boolean {
    return this.#byHolder.has(holder);
  }

  /** More waits for what a holder has. @param unitsOf what is guarded then, of what was */
  arm(holder: string, levels: readonly Level[] | null, unitsOf: (known: number) => number): void {
    const known = this.#byHolder.get(holder);
    this.#byHolder.set(holder, {
      units: unitsOf(known?.units ?? 0),
      levels: known ? joinedLevels(known.levels, levels) : levels,
    });
  }

  /** What waits is moved, and nobody says where to. */
  move(holder: string): void {
    const known = this.#byHolder.get(holder);
    if (known) this.#byHolder.set(holder, { ...known, levels: null });
  }

  /** Whether a trade can be what waits for a holder. */
  fitOf(holder: string, buys: boolean, price: number): Fit {
    return fitOf(this.#byHolder.get(holder)?.levels ?? null, buys, price);
  }

  /** A share of what a holder has is left. */
  shrink(holder: string, share: number): void {
    const known = this.#byHolder.get(holder);
    if (known && share > 0) this.#byHolder.set(holder, { ...known, units: known.units * share });
    else this.#byHolder.delete(holder);
  }
}
