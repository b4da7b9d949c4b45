import { normalCdf, normalQuantile } from './normal.ts';

/** What is known of a Sharpe ratio per trade. */
export interface SharpeRecord {
  readonly n: number;
  /** Mean over standard deviation, per trade, not annualised. */
  readonly sharpe: number;
  readonly skewness: number;
  /** 3 for a normal; not the excess. */
  readonly kurtosis: number;
}

/** Variance of an estimated Sharpe ratio, times n - 1; never below a rounding error. */
export const sharpeVariance = ({ sharpe, skewness, kurtosis }: SharpeRecord): number =>
  Math.max(1e-12, 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe);

/**
 * Probabilistic Sharpe ratio: the probability in [0,1] that the true Sharpe ratio is above a benchmark.
 * Bailey and Lopez de Prado, Journal of Risk 15(2), 2012. Null below two trades.
 */
export function probabilisticSharpe(record: SharpeRecord, benchmark = 0): number | null {
  if (record.n < 2) return null;
  return normalCdf(
    ((record.sharpe - benchmark) * Math.sqrt(record.n - 1)) / Math.sqrt(sharpeVariance(record)),
  );
}

/**
 * Minimum track record length: trades at which such a Sharpe ratio would be above the benchmark with the
 * given confidence (same source). Null where it is not above it: no length would do.
 */
export function minimumTrackRecord(record: SharpeRecord, benchmark = 0, confidence = 0.95): number | null {
  const edge = record.sharpe - benchmark;
  if (!(edge > 0)) return null;
  return 1 + sharpeVariance(record) * (normalQuantile(confidence) / edge) ** 2;
}

const EULER_MASCHERONI = 0.5772156649015329;

/**
 * The best Sharpe ratio that chance alone is expected to give over several independent trials: the
 * benchmark of the deflated Sharpe ratio. Bailey and Lopez de Prado, J. Portfolio Management 40(5), 2014.
 * @param trials configurations tried, at least 1; one trial has nothing to choose from
 * @param variance of the Sharpe ratios over the trials
 */
export function luckySharpe(trials: number, variance: number): number {
  if (trials < 2) return 0;
  const best = normalQuantile(1 - 1 / trials);
  const next = normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * ((1 - EULER_MASCHERONI) * best + EULER_MASCHERONI * next);
}

/**
 * Deflated Sharpe ratio: the probability in [0,1] that the true Sharpe ratio is above the best that chance alone would
 * have given over the configurations tried (same source). Null below two trades.
 */
export const deflatedSharpe = (record: SharpeRecord, trials: number, variance: number): number | null =>
  probabilisticSharpe(record, luckySharpe(trials, variance));
