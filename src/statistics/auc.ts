import { ranks } from './correlation.ts';
import { type Interval, normalInterval } from './interval.ts';

/** Scores of one group, by what came of them. */
export interface ScoredOutcomes {
  readonly wins: readonly number[];
  readonly losses: readonly number[];
}

export interface Auc {
  /** Pairs of one win and one loss that were compared. */
  readonly pairs: number;
  /** Probability in [0,1] that a win was scored above a loss of the same group; 0.5 is no power. */
  readonly auc: number;
  /** 95%. */
  readonly interval: Interval;
}

/**
 * Area under the ROC curve within groups, so that a score gains nothing from telling groups apart. Groups
 * weigh by their pairs. Variance after DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988.
 * Null while no group has two wins and two losses.
 */
export function stratifiedAuc(groups: readonly ScoredOutcomes[]): Auc | null {
  let [pairs, sum, variance] = [0, 0, 0];
  for (const { wins, losses } of groups) {
    const [m, n] = [wins.length, losses.length];
    if (m < 2 || n < 2) continue;
    const all = ranks([...wins, ...losses]);
    const winRanks = ranks(wins);
    const lossRanks = ranks(losses);
    const above = winRanks.map((rank, i) => (all[i]! - rank) / n);
    const below = lossRanks.map((rank, i) => 1 - (all[m + i]! - rank) / m);
    const weight = m * n;
    pairs += weight;
    sum += weight * mean(above);
    variance += weight ** 2 * (sampleVariance(above) / m + sampleVariance(below) / n);
  }
  if (pairs === 0) return null;
  const auc = sum / pairs;
  const [low, high] = normalInterval(auc, Math.sqrt(variance) / pairs);
  return { pairs, auc, interval: [Math.max(0, low), Math.min(1, high)] };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function sampleVariance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}
