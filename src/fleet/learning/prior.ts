import { PRIOR_MEAN } from '../../edge/constants.ts';
import type { StrategyPrior } from '../../edge/posterior.ts';
import type { StrategyStatistics } from './statistics.ts';

/** What a fleet knows of a strategy. Theta is mean R over the standard deviation of R. */
export interface FleetPrior extends StrategyPrior {
  /** Standard error of the mean, and the standard deviation of the bots' own theta around it. */
  readonly error: number;
  readonly spread: number;
  readonly bots: number;
  readonly outcomes: number;
  /** Days that carry it, effectively. */
  readonly days: number;
}

/** Standard deviation of theta between strategies: what is assumed before anything is known. */
const BETWEEN = 0.14;
/** Least and largest standard deviation of a bot's own theta: at the least a prior counts for 1/0.1² = 100 outcomes. */
const NARROWEST = 0.1;
const WIDEST = 0.3;
/** Days after which a day counts for half. */
const HALF_LIFE = 60;
/** Bots and days below which nothing is known of a strategy. */
const LEAST_BOTS = 3;
const LEAST_DAYS = 5;
/** Days for which the variance of one outcome stands in for that of a day's mean. */
const PRIOR_DAYS = 3;

/**
 * The prior of a strategy from what its outcomes came to in all bots; null while too little is known. Each day counts once,
 * whatever the number of bots that its market moved: its mean is one observation, and the variance of the mean over the
 * days is that between days. How far bots differ is what their means vary by beyond chance (DerSimonian and Laird,
 * Controlled Clinical Trials 7, 1986).
 */
export function priorOf(statistics: StrategyStatistics): FleetPrior | null {
  const { days, outcomes } = statistics;
  const bots = [...statistics.bots()].filter(([, weight]) => weight > 0);
  const latest = days.at(-1)?.[0];
  if (latest === undefined || bots.length < LEAST_BOTS) return null;
  let [weights, squares, sum] = [0, 0, 0];
  for (const [day, [n, total]] of days) {
    const w = 0.5 ** ((latest - day) / HALF_LIFE);
    weights += w;
    squares += w * w;
    sum += (w * total) / n;
  }
  const effective = (weights * weights) / squares;
  if (effective < LEAST_DAYS) return null;
  const average = sum / weights;
  let varied = 0;
  for (const [day, [n, total]] of days)
    varied += 0.5 ** ((latest - day) / HALF_LIFE) * (total / n - average) ** 2;
  const variance = (PRIOR_DAYS + (effective * varied) / weights) / (PRIOR_DAYS + effective - 1);
  const precision = effective / variance;
  const prior = 1 / BETWEEN ** 2;
  const mean = (PRIOR_MEAN * prior + average * precision) / (prior + precision);
  const error = Math.sqrt(1 / (prior + precision));
  const spread = spreadOf(bots);
  return {
    mean,
    deviation: Math.min(WIDEST, Math.max(NARROWEST, Math.hypot(error, spread))),
    error,
    spread,
    bots: bots.length,
    outcomes,
    days: effective,
  };
}

/** Standard deviation of the bots' own means, beyond what chance makes of equal ones. */
function spreadOf(bots: readonly (readonly [bot: string, weight: number, sum: number])[]): number {
  let [n, total, squares] = [0, 0, 0];
  for (const [, weight, sum] of bots) {
    n += weight;
    total += sum;
    squares += weight * weight;
  }
  const mean = total / n;
  let q = 0;
  for (const [, weight, sum] of bots) q += weight * (sum / weight - mean) ** 2;
  const scale = n - squares / n;
  return scale > 0 ? Math.sqrt(Math.max(0, (q - (bots.length - 1)) / scale)) : 0;
}
