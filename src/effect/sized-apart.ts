export interface SizedApartState {
  /** Null before the first outcome. */
  readonly origin: number | null;
  readonly won: readonly number[];
  readonly lost: readonly number[];
}

const POWERS = 5;

/**
 * How many of those that won, and of those that did not, were sized unlike the rest. Where big wins are rare and few
 * signals are treated, those few may have seen none yet: no variance shows that, but this count does.
 */
export class SizedApart {
  /** Sizes are summed by their distance from the first one, so that sizes that hardly differ are told apart. */
  #origin: number | null = null;
  #won: number[] = Array(POWERS).fill(0);
  #lost: number[] = Array(POWERS).fill(0);

  add(r: number, m: number): void {
    this.#origin ??= m;
    const sums = r > 0 ? this.#won : this.#lost;
    for (let power = 0; power < POWERS; power += 1) sums[power]! += (m - this.#origin) ** power;
  }

  /** The smaller of the two: sums of d^2, with d the distance from the mean size, by its mean weighted by d^2. */
  get fewest(): number {
    const mean = (this.#won[1]! + this.#lost[1]!) / (this.#won[0]! + this.#lost[0]!);
    const [won, lost] = [this.#won, this.#lost].map((sums) => spread(sums, mean)) as [Spread, Spread];
    const [squares, fourths] = [won.squares + lost.squares, won.fourths + lost.fourths];
    return fourths > 0 ? (Math.min(won.squares, lost.squares) * squares) / fourths : 0;
  }

  /** Adds what others were sized. */
  merge({ origin, won, lost }: SizedApartState): void {
    if (origin === null) return;
    this.#origin ??= origin;
    const by = origin - this.#origin;
    for (const [mine, theirs] of [
      [this.#won, won],
      [this.#lost, lost],
    ] as const)
      for (const [power, sum] of shifted(theirs, by).entries()) mine[power]! += sum;
  }

  snapshot(): SizedApartState {
    return { origin: this.#origin, won: [...this.#won], lost: [...this.#lost] };
  }

  restore({ origin, won, lost }: SizedApartState): void {
    this.#origin = origin;
    this.#won = [...won];
    this.#lost = [...lost];
  }
}

/** Sums of powers of (d + by), from those of d: the binomial theorem. */
function shifted([n, a, b, c, d]: readonly number[], by: number): number[] {
  return [
    n!,
    a! + by * n!,
    b! + 2 * by * a! + by ** 2 * n!,
    c! + 3 * by * b! + 3 * by ** 2 * a! + by ** 3 * n!,
    d! + 4 * by * c! + 6 * by ** 2 * b! + 4 * by ** 3 * a! + by ** 4 * n!,
  ];
}

interface Spread {
  readonly squares: number;
  readonly fourths: number;
}

const spread = ([n, a, b, c, d]: readonly number[], mean: number): Spread => ({
  squares: b! - 2 * mean * a! + n! * mean ** 2,
  fourths: d! - 4 * mean * c! + 6 * mean ** 2 * b! - 4 * mean ** 3 * a! + n! * mean ** 4,
});
