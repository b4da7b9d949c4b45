import type { StrategyStatus } from '../model/strategy.ts';
import { averageRunLength } from './cusum.ts';
import { probationScore } from './probation.ts';
import { DEVIATION, HOUR, type StrategyRecord } from './record.ts';
import type { RecentMetrics, Violation } from './violations.ts';

/** What is known of a strategy's health, for people to read. */
export interface StrategyHealth {
  readonly strategy: string;
  readonly status: StrategyStatus;
  readonly reason: string;
  /** Time the status was taken, and hours of observed time in it. */
  readonly since: number;
  readonly hoursInStatus: number;
  readonly tradesInStatus: number;
  readonly violations: readonly Violation[];
  /** CUSUM evidence of decay, where it alarms, and trades in which that is a false alarm once. */
  readonly decayEvidence: number;
  readonly decayAlarm: number;
  readonly falseAlarmTrades: number;
  /** While suspended: what its signals would have earned, and how far that is from no edge (0.84 brings it back). */
  readonly probation: { readonly outcomes: number; readonly z: number } | null;
  /** Hours of observed time since it is known, and of those in DEGRADED. */
  readonly hoursObserved: number;
  readonly hoursDegraded: number;
  /** How sure the status is, in [0,1]; 0.3 with too few trades. */
  readonly confidence: number;
  readonly metrics: RecentMetrics | null;
  /** An operator's pin: the status does not change before this time; null without a pin. */
  readonly pinnedUntil: number | 'forever' | null;
  /** P(mean R > 0) and the share of their size that its signals get, where a label is derived from them; else null. */
  readonly probability: number | null;
  readonly share: number | null;
}

/** @param alarm evidence of decay at which it alarms @param minExpectancy of a strategy that just is none, in R */
export const healthOf = (
  strategy: string,
  record: Readonly<StrategyRecord>,
  alarm: number,
  minExpectancy: number,
): StrategyHealth => ({
  strategy,
  status: record.status,
  reason: record.reason,
  since: record.since,
  hoursInStatus: record.inStatus / HOUR,
  tradesInStatus: record.tradesInStatus,
  violations: [...record.violations],
  decayEvidence: record.cusum,
  decayAlarm: alarm,
  falseAlarmTrades: averageRunLength(alarm, minExpectancy, DEVIATION),
  probation:
    record.status === 'SUSPENDED'
      ? { outcomes: record.probation.outcomes, z: probationScore(record.probation) }
      : null,
  hoursObserved: record.observed / HOUR,
  hoursDegraded: record.degraded / HOUR,
  confidence: record.confidence,
  metrics: record.metrics,
  pinnedUntil: record.pinned,
  probability: record.label?.probability ?? null,
  share: record.label?.size ?? null,
});
