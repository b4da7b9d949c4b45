export interface HealthThresholds {
  /** Mean R over the window below which a strategy is in violation; default 0.1. */
  readonly minExpectancy: number;
  readonly minProfitFactor: number;
  /** Rates in [0,1]. */
  readonly minWinRate: number;
  readonly maxDrawdown: number;
  readonly maxConsecutiveLosses: number;
  /** With fewer trades than this in the window nothing is judged. */
  readonly minTradesForAssessment: number;
}

export const HEALTH_THRESHOLDS: HealthThresholds = {
  minExpectancy: 0.1,
  minProfitFactor: 0.8,
  minWinRate: 0.35,
  maxDrawdown: 0.15,
  maxConsecutiveLosses: 10,
  minTradesForAssessment: 20,
};

/** Recent metrics of a strategy. A metric that does not exist is null, and its rule is skipped. */
export interface RecentMetrics {
  readonly trades: number;
  readonly expectancy: number | null;
  readonly profitFactor: number | null;
  readonly winRate: number | null;
  readonly maxDrawdown: number | null;
  readonly consecutiveLosses: number;
}

export const VIOLATIONS = [
  'expectancy',
  'profitFactor',
  'winRate',
  'maxDrawdown',
  'consecutiveLosses',
] as const;
export type Violation = (typeof VIOLATIONS)[number];

/**
 * The rules that recent metrics break.
 * @param margin how far inside a threshold a metric must be, as a share of it; recovery asks for 0.15
 */
export function violations(metrics: RecentMetrics, thresholds: HealthThresholds, margin = 0): Violation[] {
  const floor = (threshold: number) => threshold + margin * Math.abs(threshold);
  const ceiling = (threshold: number) => threshold - margin * Math.abs(threshold);
  const broken: Violation[] = [];
  if (metrics.expectancy !== null && metrics.expectancy < floor(thresholds.minExpectancy))
    broken.push('expectancy');
  if (metrics.profitFactor !== null && metrics.profitFactor < floor(thresholds.minProfitFactor))
    broken.push('profitFactor');
  if (metrics.winRate !== null && metrics.winRate < floor(thresholds.minWinRate)) broken.push('winRate');
  if (metrics.maxDrawdown !== null && metrics.maxDrawdown > ceiling(thresholds.maxDrawdown))
    broken.push('maxDrawdown');
  if (metrics.consecutiveLosses > ceiling(thresholds.maxConsecutiveLosses)) broken.push('consecutiveLosses');
  return broken;
}
