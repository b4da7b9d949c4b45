import { EdgekeeperError, show } from '../model/errors.ts';
import { isTime } from '../model/time.ts';
import type { RecentMetrics } from './violations.ts';

/** What an assessment looks at besides the metrics. */
export interface Circumstances {
  /** Probability that the strategy's mean R is above 0; 0.5, the default, knows nothing. */
  readonly edgeProbability?: number;
  /** While retirement is switched off: what is known is updated, but no status changes and no time counts. */
  readonly frozen?: boolean;
  /** Where a label is derived from what signals get: what is known is updated, and the rules move nothing. */
  readonly labelled?: boolean;
  /** Whether what its blocked signals would have earned is followed. */
  readonly followed?: boolean;
}

export interface Assessment extends RecentMetrics, Circumstances {
  readonly strategy: string;
  readonly time: number;
}

/**
 * Refuses what cannot be judged: a time that is none with `COMMAND_INVALID`, and with `EVIDENCE_INVALID` a metric that is
 * no number, which would break no rule and make a sick strategy look healthy.
 */
export function checkAssessment(strategy: string, time: number, metrics: RecentMetrics): void {
  if (!isTime(time)) {
    throw new EdgekeeperError('COMMAND_INVALID', {
      found: `assessment time ${show(time)}`,
      expected: 'a time in ms',
      hint: 'Nothing was changed.',
    });
  }
  const { trades, expectancy, profitFactor, winRate, maxDrawdown, consecutiveLosses } = metrics;
  checkMetric(strategy, 'trades', trades);
  checkMetric(strategy, 'expectancy', expectancy);
  // Without losses a profit factor is infinite.
  if (profitFactor !== Number.POSITIVE_INFINITY) checkMetric(strategy, 'profitFactor', profitFactor);
  checkMetric(strategy, 'winRate', winRate);
  checkMetric(strategy, 'maxDrawdown', maxDrawdown);
  checkMetric(strategy, 'consecutiveLosses', consecutiveLosses);
}

function checkMetric(strategy: string, name: keyof RecentMetrics, value: number | null): void {
  if (value === null || Number.isFinite(value)) return;
  throw new EdgekeeperError('EVIDENCE_INVALID', {
    found: `${name} ${show(value)} of ${strategy}`,
    expected: 'a finite number, or null where there is none',
    hint: 'Nothing was changed.',
  });
}
