import { EdgekeeperError, show } from '../model/errors.ts';
import type { Interval } from '../statistics/interval.ts';
import { blocksInPeriod, TimeBlocks, type TimeBlocksState } from '../statistics/time-blocks.ts';
import { SizedApart, type SizedApartState } from './sized-apart.ts';

/** What the record says, as far as anybody may claim it. */
export type Verdict = 'IMPROVES' | 'HARMS' | 'INCONCLUSIVE';

/** One signal whose outcome is known: times in ms, R at the host's own size, winsorised, and the size given to it. */
export interface ClaimOutcome {
  readonly decidedAt: number;
  readonly closedAt: number;
  readonly r: number;
  readonly m: number;
}

/** Whether bigger sizes went to better results. */
export interface Claim {
  readonly n: number;
  /** R per unit of size sent; null where nothing was sent, or nothing came after. */
  readonly effect: number | null;
  readonly standardError: number | null;
  /** 95% at all times at once; null while nothing may be claimed. */
  readonly interval: Interval | null;
  readonly z: number | null;
  /** What z must exceed. */
  readonly bound: number | null;
  readonly periods: number;
  readonly effectivePeriods: number;
  /** Sum of block scores, of sizes, and the variance of the former. */
  readonly sum: number;
  readonly size: number;
  readonly variance: number;
  readonly verdict: Verdict;
  /** Why the verdict is what it is, in words. */
  readonly because: string;
  /** About how many more outcomes an effect like this one needs to be claimed; null where no number would do. */
  readonly moreNeeded: number | null;
}

export interface ClaimState {
  readonly blocks: TimeBlocksState;
  readonly n: number;
  readonly held: number;
  readonly v0: number | null;
  readonly apart: SizedApartState;
}

/** Signals over which the usual size is remembered. */
const MEMORY = 200;
/** Outcomes, periods and effective periods below which nothing is claimed; how often the first variance is looked for. */
export const MIN_OUTCOMES = 400;
const MIN_PERIODS = 20;
const MIN_EFFECTIVE = 10;
/** Wins, and losses, that were sized unlike the rest, effectively, below which nothing is claimed. */
const MIN_APART = 10;
const LOOK_EVERY = 20;
/** Periods of double and quadruple length below which their variance says nothing. */
const MIN_LONG = 10;
/** Effects below this, in R, are not worth a claim. */
const MIN_EFFECT = 0.01;
const ALPHA = 0.05;
/** Variance, in units of the first one, at which the boundary is tightest. */
const TIGHTEST = 0.29;
/** 80% point of the standard normal: the power that "needed" promises. */
const POWER_QUANTILE = 0.8416212335729;
const TOO_MANY = 1e6;

/** Boundary of z at a variance, given the first one: Robbins' normal mixture, Annals of Math. Statistics 41, 1970. */
export function boundary(variance: number, v0: number): number {
  const r = TIGHTEST * v0;
  return Math.sqrt((1 + r / variance) * Math.log((variance + r) / (r * ALPHA * ALPHA)));
}

/** Sums of a block. */
const [N, M, S, P, Q] = [0, 1, 2, 3, 4];

/**
 * Each signal's size is compared with the average size of the signals just before it, and its result with the average
 * result of the signals after it. Under the null that every signal has the same mean R given what was known, each term
 * has mean 0 however the sizes reacted, so that adaptive sizes do not bias it (forward orthogonal deviations, Arellano
 * and Bover 1995); the margin is wide enough to look at any time.
 */
export class ClaimSums {
  readonly #blocks = new TimeBlocks(5);
  readonly #apart = new SizedApart();
  #n = 0;
  #held = 0;
  #v0: number | null = null;
  readonly #claims: boolean;

  /** @param claims false: only the effect is asked for, and no first variance is looked for */
  constructor({ claims = true } = {}) {
    this.#claims = claims;
  }

  /** Adds an outcome, to the block of its decision. Throws `EVIDENCE_INVALID` for what is no number, and keeps nothing of it. */
  add({ decidedAt, closedAt, r, m }: ClaimOutcome): void {
    if (!(Number.isFinite(decidedAt + closedAt) && Number.isFinite(r) && Number.isFinite(m) && m >= 0))
      refuse({ decidedAt, closedAt, r, m });
    this.#blocks.add(decidedAt, 1, m, r, m * r, m * m);
    if (this.#claims) this.#apart.add(r, m);
    this.#n += 1;
    this.#held += closedAt - decidedAt;
    if (!this.#claims || this.#v0 !== null || this.#n < MIN_OUTCOMES || this.#n % LOOK_EVERY !== 0) return;
    const found = this.#estimate();
    if (found !== null && this.#missing(found) === null) this.#v0 = found.variance;
  }

  /**
   * Another part of an outcome became known: by how much that changes its R, and by how many ms it closed later. Throws
   * as `add` does.
   */
  amend(decidedAt: number, change: number, m: number, later = 0): void {
    if (!(Number.isFinite(decidedAt + later) && Number.isFinite(change) && Number.isFinite(m) && m >= 0))
      refuse({ decidedAt, change, m, later });
    this.#blocks.add(decidedAt, 0, 0, change, m * change, 0);
    this.#held += later;
  }

  /** First variance that a claim could rest on; null before. */
  get firstVariance(): number | null {
    return this.#v0;
  }

  /** Length of a block in ms. */
  get base(): number {
    return this.#blocks.base;
  }

  /**
   * What may be claimed now. Pure.
   * @param extra what a correction adds to the effect, and to the square of its standard error
   */
  claim(extra: { readonly effect: number; readonly variance: number } = { effect: 0, variance: 0 }): Claim {
    const n = this.#n;
    const none = {
      n,
      interval: null,
      z: null,
      bound: null,
      moreNeeded: null,
      verdict: 'INCONCLUSIVE',
    } as const;
    const found = this.#estimate();
    if (found === null)
      return {
        ...none,
        effect: n > 1 && this.#isConstant() ? 0 : null,
        standardError: null,
        periods: 0,
        effectivePeriods: 0,
        sum: 0,
        size: 0,
        variance: 0,
        because: this.#whyNone(),
      };
    const { sum, size, periods, effectivePeriods } = found;
    const variance = found.variance + extra.variance * size * size;
    const effect = sum / size + extra.effect;
    const standardError = Math.sqrt(variance) / size;
    const z = effect / standardError;
    const figures = { n, effect, standardError, periods, effectivePeriods, sum, size, variance };
    const moreNeeded = this.#needed(effect, standardError, variance, periods);
    const missing = this.#missing(found);
    if (missing !== null || this.#v0 === null) {
      const because =
        missing ?? `the first figure that a claim could rest on is taken at the next ${LOOK_EVERY} outcomes`;
      return { ...none, ...figures, z, moreNeeded, because };
    }
    const bound = boundary(variance, this.#v0);
    const verdict =
      Math.abs(z) > bound && Math.abs(effect) >= MIN_EFFECT ? (z > 0 ? 'IMPROVES' : 'HARMS') : 'INCONCLUSIVE';
    return {
      ...figures,
      interval: [effect - bound * standardError, effect + bound * standardError],
      z,
      bound,
      verdict,
      because: whyOf(effect, z, bound),
      moreNeeded: verdict === 'INCONCLUSIVE' ? moreNeeded : 0,
    };
  }

  /** Adds the outcomes of others, whose blocks of time are the same: what many bots did at one time is one block. */
  merge({ blocks, n, held, apart }: ClaimState): void {
    this.#blocks.merge(blocks);
    this.#apart.merge(apart);
    this.#n += n;
    this.#held += held;
  }

  /** Goes on with a first variance that was found before, or finds it now, where that can be. Returns it. */
  settle(v0: number | null): number | null {
    this.#v0 = v0;
    if (v0 !== null || this.#n < MIN_OUTCOMES) return v0;
    const found = this.#estimate();
    if (found !== null && this.#missing(found) === null) this.#v0 = found.variance;
    return this.#v0;
  }

  snapshot(): ClaimState {
    return {
      blocks: this.#blocks.snapshot(),
      n: this.#n,
      held: this.#held,
      v0: this.#v0,
      apart: this.#apart.snapshot(),
    };
  }

  restore({ blocks, n, held, v0, apart }: ClaimState): void {
    this.#blocks.restore(blocks);
    this.#n = n;
    this.#held = held;
    this.#v0 = v0;
    this.#apart.restore(apart);
  }

  /** The effect and its variance; null where there is none to speak of. */
  #estimate(): Estimated | null {
    const blocks = this.#blocks.sorted();
    if (this.#n < 2 || this.#isConstant()) return null;
    let total = 0;
    for (const [, sums] of blocks) total += sums[S]!;
    const mean = total / this.#n;
    let [before, usual, weight, sum, size, carried] = [0, 0, 0, 0, 0, 0];
    const scores: (readonly [index: number, score: number])[] = [];
    for (const [index, sums] of blocks) {
      const n = sums[N]!;
      // A part whose whole was never counted has no place here.
      if (n === 0) continue;
      const c = weight > 0 ? usual / weight : sums[M]! / n;
      const keep = (1 - 1 / MEMORY) ** n;
      const gain = (1 - keep) * MEMORY;
      usual = keep * usual + (gain * sums[M]!) / n;
      weight = keep * weight + gain;
      const z = sums[M]! - c * n;
      const y = sums[P]! - c * sums[S]!;
      before += n;
      const later = this.#n - before;
      const w = later / (later + n);
      const score = w * (y - mean * z) - carried * (sums[S]! - mean * n);
      if (later > 0) carried += (w * z) / later;
      sum += score;
      size += w * sums[M]!;
      scores.push([index, score]);
    }
    if (!(size > 0)) return null;
    const length = blocksInPeriod(this.#blocks.base, this.#held / this.#n);
    const periods = inPeriods(scores, length);
    let [squares, fourths] = [0, 0];
    for (const x of periods) {
      squares += x * x;
      fourths += x ** 4;
    }
    let variance = squares;
    for (const factor of [2, 4]) {
      const longer = inPeriods(scores, factor * length);
      const k = longer.length;
      if (k < MIN_LONG) continue;
      const spread = longer.reduce((all, x) => all + x * x, 0) - (sum * sum) / k;
      variance = Math.max(variance, (spread * k) / (k - 1));
    }
    if (!(variance > 0)) return null;
    const effectivePeriods = fourths > 0 ? (3 * squares * squares) / fourths : 0;
    return { sum, size, variance, periods: periods.length, effectivePeriods };
  }

  /** All sizes were one, but for rounding. */
  #isConstant(): boolean {
    let [sizes, squares] = [0, 0];
    for (const [, sums] of this.#blocks.sorted()) {
      sizes += sums[M]!;
      squares += sums[Q]!;
    }
    return this.#n > 0 && squares > 0 && squares - (sizes * sizes) / this.#n <= 1e-12 * squares;
  }

  #whyNone(): string {
    if (this.#n < 2) return `too few outcomes: ${this.#n}`;
    if (this.#isConstant()) return 'all signals had the same size';
    const sizes = this.#blocks.sorted().map(([, sums]) => sums[M]!);
    if (!sizes.some((size) => size > 0)) return 'nothing was sent';
    if (!sizes.slice(0, -1).some((size) => size > 0))
      return 'what was sent came all at once, or last of all: there is nothing to compare it with';
    return 'sizes or results do not differ yet where they could be compared';
  }

  #missing({ periods, effectivePeriods }: Estimated): string | null {
    if (this.#n < MIN_OUTCOMES)
      return `too few outcomes: ${this.#n}, and nothing is claimed below ${MIN_OUTCOMES}`;
    const days = (blocksInPeriod(this.#blocks.base, this.#held / this.#n) * this.#blocks.base) / 86_400_000;
    const long = `of ${Number(days.toFixed(1))} ${days === 1 ? 'day' : 'days'}`;
    if (periods < MIN_PERIODS)
      return `too few periods ${long}: ${periods}, and nothing is claimed below ${MIN_PERIODS}`;
    if (effectivePeriods < MIN_EFFECTIVE)
      return `too few periods ${long} carry it: effectively ${effectivePeriods.toFixed(1)}, and nothing is claimed below ${MIN_EFFECTIVE}`;
    const { fewest } = this.#apart;
    if (fewest < MIN_APART)
      return `too few wins, or losses, were sized unlike the rest: effectively ${fewest.toFixed(1)}, and nothing is claimed below ${MIN_APART}`;
    return null;
  }

  #needed(effect: number, standardError: number, variance: number, periods: number): number | null {
    if (Math.abs(effect) < MIN_EFFECT) return null;
    const n = this.#n;
    const v0 = this.#v0 ?? (variance * MIN_OUTCOMES) / n;
    for (let f = 1; f * n < TOO_MANY; f *= 1.02) {
      if (f * n < MIN_OUTCOMES || f * periods < MIN_PERIODS) continue;
      const wanted = ((boundary(f * variance, v0) + POWER_QUANTILE) * standardError) / Math.sqrt(f);
      if (Math.abs(effect) >= wanted) return Math.ceil((f - 1) * n);
    }
    return null;
  }
}

/** One NaN among the sums would silence every claim from then on. */
function refuse(numbers: Readonly<Record<string, number>>): never {
  const shown = Object.entries(numbers).map(([name, value]) => `${name} ${show(value)}`);
  throw new EdgekeeperError('EVIDENCE_INVALID', {
    found: `an outcome with ${shown.join(', ')}`,
    expected: 'finite numbers, and a size of 0 or more',
    hint: 'Nothing of it was counted.',
  });
}

interface Estimated {
  readonly sum: number;
  readonly size: number;
  readonly variance: number;
  readonly periods: number;
  readonly effectivePeriods: number;
}

/** Sums of scores over periods of so many blocks, those with outcomes. */
function inPeriods(scores: readonly (readonly [index: number, score: number])[], length: number): number[] {
  const sums: number[] = [];
  let at = Number.NaN;
  for (const [index, score] of scores) {
    const period = Math.floor(index / length);
    if (period === at) sums[sums.length - 1]! += score;
    else sums.push(score);
    at = period;
  }
  return sums;
}

function whyOf(effect: number, z: number, bound: number): string {
  if (Math.abs(z) <= bound) return 'the interval contains 0';
  if (Math.abs(effect) < MIN_EFFECT) return `an effect of less than ${MIN_EFFECT} R is not worth a claim`;
  return `the interval lies ${effect > 0 ? 'above' : 'below'} 0`;
}
