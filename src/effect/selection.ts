import { percentileInterval, stationaryBootstrap } from '../statistics/bootstrap.ts';
import type { Interval } from '../statistics/interval.ts';
import { addToMoments, emptyMoments, sampleDeviation } from '../statistics/moments.ts';
import type { SignalOutcome } from './outcome.ts';

/** An estimate with its 95% interval and standard error; null where there is too little to resample. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval | null;
  readonly standardError: number | null;
}

/** Below this many outcomes, or signals on the smaller side, resampling says nothing about the tails. */
const MIN_OUTCOMES = 10;
const MIN_MINORITY = 5;
/** Values looked at over all resamples: long records are resampled less often, but never below 200 times. */
const WORK = 20_000_000;

/**
 * sum(m R)/sum(m) - mean(R): how much better, in R, the size that was sent did than size spread evenly over
 * all signals. Trading less of a losing book changes it by nothing. Null where nothing was sent.
 */
export function selectionEffect(r: Float64Array, m: Float64Array, positions?: Uint32Array): number | null {
  const n = positions?.length ?? r.length;
  let [sumR, sumM, sumMR] = [0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const at = positions ? positions[i]! : i;
    sumR += r[at]!;
    sumM += m[at]!;
    sumMR += m[at]! * r[at]!;
  }
  return sumM > 0 ? sumMR / sumM - sumR / n : null;
}

/** R and multipliers of outcomes, as columns. */
export function columnsOf(outcomes: readonly SignalOutcome[]): { r: Float64Array; m: Float64Array } {
  return {
    r: Float64Array.from(outcomes, (outcome) => outcome.r),
    m: Float64Array.from(outcomes, (outcome) => outcome.multiplier),
  };
}

/**
 * Effective number of signals on the smaller side of a decision: a quarter of (sum |d|)^2/sum d^2 of
 * d = m - mean(m), after Kish 1965. Of n signals of which a few are sent, or a few blocked, it is about how
 * many those are. Their R is all that the effect knows, and resampling a handful cannot see what it does not
 * hold. A constant multiplier has no smaller side, and no effect to be unsure of: infinite.
 */
export function minorityOf(m: Float64Array): number {
  let sum = 0;
  for (const each of m) sum += each;
  const mean = sum / m.length;
  let [absolute, squares] = [0, 0];
  for (const each of m) {
    absolute += Math.abs(each - mean);
    squares += (each - mean) ** 2;
  }
  return squares > 1e-18 * m.length ? absolute ** 2 / squares / 4 : Number.POSITIVE_INFINITY;
}

/** How often a record is resampled; null where that would say nothing. */
export const resamplesOf = (m: Float64Array): number | null =>
  m.length < MIN_OUTCOMES || minorityOf(m) < MIN_MINORITY
    ? null
    : Math.min(1000, Math.max(200, Math.floor(WORK / m.length)));

/** A value with what its resampled values say about it. */
export function estimateOf(value: number, resampled: readonly number[]): Estimate {
  const moments = emptyMoments();
  for (const each of resampled) addToMoments(moments, each);
  return {
    value,
    interval: percentileInterval(resampled),
    standardError: resampled.length > 1 ? (sampleDeviation(moments) ?? 0) : null,
  };
}

/**
 * A statistic over outcomes with its interval by the stationary bootstrap of whole outcomes; null where it does
 * not exist.
 * @param m multipliers of the outcomes
 */
export function estimate(
  m: Float64Array,
  statistic: (positions?: Uint32Array) => number | null,
  seed: number,
): Estimate | null {
  const value = statistic();
  const resamples = resamplesOf(m);
  if (value === null) return null;
  return estimateOf(
    value,
    resamples === null ? [] : stationaryBootstrap(m.length, statistic, { seed, resamples }),
  );
}

/** The selection effect of outcomes with its interval. */
export function estimateSelection(outcomes: readonly SignalOutcome[], seed: number): Estimate | null {
  const { r, m } = columnsOf(outcomes);
  return estimate(m, (positions) => selectionEffect(r, m, positions), seed);
}
