import { type Interval, normalInterval } from './interval.ts';

/** Pearson correlation in [-1,1]; null below three pairs or without spread in either. */
export function correlation(xs: readonly number[], ys: readonly number[]): number | null {
  const n = xs.length;
  if (n < 3) return null;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / n;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const [dx, dy] = [xs[i]! - mx, ys[i]! - my];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  // What rounding leaves of equal values is no spread.
  const spreads = xx > 1e-24 * n * mx * mx && yy > 1e-24 * n * my * my;
  return spreads && xx > 0 && yy > 0 ? Math.min(1, Math.max(-1, xy / Math.sqrt(xx * yy))) : null;
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
