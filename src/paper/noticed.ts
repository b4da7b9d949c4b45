import type { OptimizationEngine } from '../engine/engine.ts';
import type { Planted } from './generated-market.ts';

/** A strategy of whose latest signals less than half of the size goes out from now on, or more again. */
export interface Noticed {
  readonly strategy: string;
  readonly time: number;
  readonly sends: 'less' | 'more';
  /** Signals since the strategy lost its edge, or since the start. */
  readonly signals: number;
}

/** Signals over which the mean size is taken. Before any, all of it goes out. */
const WINDOW = 30;
const HALF = 0.5;

/** Signals of one strategy. */
class Sizes {
  readonly #latest = Array<number>(WINDOW).fill(1);
  #sum = WINDOW;
  #seen = 0;
  signals = 0;
  sends: 'less' | 'more' = 'more';

  /** Adds the size of a signal; returns whether that tips the mean over. */
  add(size: number): boolean {
    const at = this.#seen % WINDOW;
    this.#sum += size - this.#latest[at]!;
    this.#latest[at] = size;
    this.#seen += 1;
    this.signals += 1;
    const sends = this.#sum < HALF * WINDOW ? 'less' : 'more';
    const tips = sends !== this.sends;
    this.sends = sends;
    return tips;
  }
}

/** Writes down when an engine changed its mind about each strategy. Returns what was noticed so far, oldest first. */
export function noticing(
  engine: OptimizationEngine,
  planted: readonly Planted[] = [],
): () => readonly Noticed[] {
  const noticed: Noticed[] = [];
  const sizes = new Map<string, Sizes>();
  const changes = planted
    .flatMap(({ strategy, edge }) => (typeof edge === 'string' ? [] : { strategy, time: edge.lostAt }))
    .sort((a, b) => a.time - b.time);
  engine.subscribe((event) => {
    if (event.type !== 'decision') return;
    const { strategy, time, intended } = event.decision;
    while (changes.length > 0 && changes[0]!.time <= time) {
      const known = sizes.get(changes.shift()!.strategy);
      if (known) known.signals = 0;
    }
    let own = sizes.get(strategy);
    if (!own) {
      own = new Sizes();
      sizes.set(strategy, own);
    }
    if (own.add(Math.min(1, intended)))
      noticed.push({ strategy, time, sends: own.sends, signals: own.signals });
  });
  return () => noticed;
}
