import type { SimulatedSignal } from './signals.ts';

/** Most that a size is multiplied by; or all or nothing. */
export const CAPS = ['cap 1', 'cap 2', '0/1'] as const;
export type Cap = (typeof CAPS)[number];

/** Decides sizes, and hears what became of signals that it may hear of. */
export interface Policy {
  size(signal: SimulatedSignal): number;
  learn(signal: SimulatedSignal, size: number): void;
}

/**
 * Sizes that a policy gives to the signals of a world. What closes before a signal comes is known by then; of signals
 * that are not sent only where there is a feed.
 */
export function sizesOf(policy: Policy, signals: readonly SimulatedSignal[], feed: boolean): Float64Array {
  const sizes = new Float64Array(signals.length);
  const byClose = signals.map((_, i) => i).sort((a, b) => signals[a]!.closesAt - signals[b]!.closesAt);
  let closed = 0;
  for (let i = 0; i < signals.length; i += 1) {
    for (; signals[byClose[closed]!]!.closesAt <= signals[i]!.time; closed += 1) {
      const at = byClose[closed]!;
      if (feed || sizes[at]! > 0) policy.learn(signals[at]!, sizes[at]!);
    }
    sizes[i] = policy.size(signals[i]!);
  }
  return sizes;
}

/** Everything as the host sends it. */
export const none = (): Policy => ({ size: () => 1, learn: () => undefined });

/** Who knows the true mean. */
export const oracle = (cap: Cap): Policy => ({
  size: ({ mean }) => (mean > 0 ? (cap === 'cap 2' ? 2 : 1) : 0),
  learn: () => undefined,
});

/** Outcomes below which a gate does nothing, and the half-life of what Kelly remembers, in outcomes. */
const WARM_UP = 20;
const KELLY_HALF_LIFE = 100;

interface Means {
  n: number;
  weight: number;
  r: number;
  squares: number;
}

/** Exponentially weighted means by strategy. */
class Memory {
  readonly #keep: number;
  readonly #means = new Map<number, Means>();

  constructor(halfLife: number) {
    this.#keep = 0.5 ** (1 / halfLife);
  }

  of(strategy: number): Means {
    const known = this.#means.get(strategy) ?? { n: 0, weight: 0, r: 0, squares: 0 };
    this.#means.set(strategy, known);
    return known;
  }

  learn({ strategy, r }: SimulatedSignal): void {
    const means = this.of(strategy);
    means.n += 1;
    means.weight = this.#keep * means.weight + 1;
    means.r = this.#keep * means.r + r;
    means.squares = this.#keep * means.squares + r * r;
  }
}

/** Pauses a strategy while the weighted mean of its R is below 0. @param halfLife of its memory, in outcomes */
export function gate(halfLife: number): Policy {
  const memory = new Memory(halfLife);
  return {
    size: ({ strategy }) => {
      const { n, r } = memory.of(strategy);
      return n < WARM_UP || r >= 0 ? 1 : 0;
    },
    learn: (signal) => memory.learn(signal),
  };
}

/** What Kelly believes before it knows: an edge of +.10 R, worth so many outcomes; there the host's own size is right. */
const PRIOR = { mean: 0.1, square: 1.5, outcomes: 30 };

/** A fraction of Kelly's size, mean over variance, as the host sizes a strategy of +.10 R. */
export function kelly(cap: Cap): Policy {
  const memory = new Memory(KELLY_HALF_LIFE);
  const most = cap === 'cap 2' ? 2 : 1;
  return {
    size: ({ strategy }) => {
      const { weight, r, squares } = memory.of(strategy);
      const n = weight + PRIOR.outcomes;
      const mean = (r + PRIOR.outcomes * PRIOR.mean) / n;
      const square = (squares + PRIOR.outcomes * PRIOR.square) / n;
      const size = (mean / square) * (PRIOR.square / PRIOR.mean);
      if (cap === '0/1') return size >= 0.5 ? 1 : 0;
      return Math.min(most, Math.max(0, size));
    },
    learn: (signal) => memory.learn(signal),
  };
}
