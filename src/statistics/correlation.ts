import { addToCoMoments, coCorrelation, emptyCoMoments } from './co-moments.ts';
import { type Interval, normalInterval } from './interval.ts';

/** Pearson correlation in [-1,1]; null below three pairs or without spread in either. */
export function correlation(xs: readonly number[], ys: readonly number[]): number | null {
  const moments = emptyCoMoments();
  for (let i = 0; i < xs.length; i += 1) addToCoMoments(moments, xs[i]!, ys[i]!);
  return coCorrelation(moments);
}

/** Ranks from 1; equal values share the mean of theirs. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to += 1;
    for (let i = from; i < to; i += 1) result[order[i]!] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}

export interface RankCorrelation {
  readonly n: number;
  /** In [-1,1]. */
  readonly rho: number;
  /** 95%; null below ten pairs. */
  readonly interval: Interval | null;
}

/**
 * Spearman's rank correlation. Interval by Fisher's z with the standard error of Bonett and Wright,
 * sqrt((1 + rho^2/2)/(n - 3)), Psychometrika 65, 2000.
 */
export function spearman(xs: readonly number[], ys: readonly number[]): RankCorrelation | null {
  const rho = correlation(ranks(xs), ranks(ys));
  if (rho === null) return null;
  const n = xs.length;
  if (n < 10 || Math.abs(rho) === 1) return { n, rho, interval: null };
  const [low, high] = normalInterval(Math.atanh(rho), Math.sqrt((1 + rho ** 2 / 2) / (n - 3)));
  return { n, rho, interval: [Math.tanh(low), Math.tanh(high)] };
}
