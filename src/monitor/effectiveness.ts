import type { SignalCounts } from '../decision/counts.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import { byName } from '../model/names.ts';
import { STRATEGY_STATUSES, type StrategyStatus } from '../model/strategy.ts';
import { coCorrelation, emptyCoMoments, mergeCoMoments } from '../statistics/co-moments.ts';

/** A figure and the number of things it was taken over; null where there are none. */
export interface Counted {
  readonly value: number | null;
  readonly n: number;
}

/** What the overlay does, in figures; all strategies together. */
export interface Effectiveness {
  /** Mean score of the signals that were sent. */
  readonly averageQuality: Counted;
  /** Share of all signals that were not sent, a rate. */
  readonly filteredShare: Counted;
  /** Win rate of what was sent less that of all signals whose outcome is known, a rate; n: those sent. */
  readonly winRateImprovement: Counted;
  /** Mean weight over signals, by strategy. */
  readonly averageWeight: Readonly<Record<string, Counted>>;
  /** Changes of a strategy's overall weight per day of observed time; n: the changes. */
  readonly weightChangesPerDay: Counted;
  /** Correlation in [-1,1] of the weight at the decision with R. Weights follow results; do results follow weights? */
  readonly weightCorrelation: Counted;
  /** Share of strategies in each status, a rate. */
  readonly statuses: Readonly<Record<StrategyStatus, Counted>>;
  /** Mean hours that a strategy spent in DEGRADED each time; n: the times. */
  readonly hoursDegraded: Counted;
  /** Share of the times in DEGRADED that ended in ACTIVE again, a rate; n: those that ended. */
  readonly recoveryRate: Counted;
}

export function effectiveness(engine: OptimizationEngine): Effectiveness {
  const counts = engine.getSignalCounts();
  const all = Object.values(counts);
  const sum = (value: (each: SignalCounts) => number) => all.reduce((total, each) => total + value(each), 0);
  const health = Object.values(engine.manager.getAllHealth());
  const changes = engine.manager.getAuditLog();
  const into = changes.filter(({ newStatus }) => newStatus === 'DEGRADED').length;
  const out = changes.filter(({ oldStatus }) => oldStatus === 'DEGRADED');
  const recovered = out.filter(({ newStatus }) => newStatus === 'ACTIVE').length;
  const observedDays = Math.max(0, ...health.map(({ hoursObserved }) => hoursObserved)) / 24;
  const weightChanges = sum((each) => each.weightChanges);
  const paired = all.reduce(
    (moments, each) => mergeCoMoments(moments, each.weightAgainstR),
    emptyCoMoments(),
  );
  const [outcomes, sent] = [sum((each) => each.outcomes), sum((each) => each.sentOutcomes)];
  return {
    averageQuality: ratio(
      sum((each) => each.qualitySum),
      sum((each) => each.scored),
    ),
    filteredShare: ratio(
      sum((each) => each.blocked),
      sum((each) => each.signals),
    ),
    winRateImprovement: {
      value: sent > 0 ? sum((each) => each.sentWins) / sent - sum((each) => each.wins) / outcomes : null,
      n: sent,
    },
    averageWeight: byName(
      Object.entries(counts).map(([strategy, { weightSum, signals }]) => [
        strategy,
        ratio(weightSum, signals),
      ]),
    ),
    weightChangesPerDay: {
      value: observedDays > 0 ? weightChanges / observedDays : null,
      n: weightChanges,
    },
    weightCorrelation: { value: coCorrelation(paired), n: paired.n },
    statuses: Object.fromEntries(
      STRATEGY_STATUSES.map((status) => [
        status,
        ratio(health.filter((each) => each.status === status).length, health.length),
      ]),
    ) as Record<StrategyStatus, Counted>,
    hoursDegraded: {
      value: into > 0 ? health.reduce((total, each) => total + each.hoursDegraded, 0) / into : null,
      n: into,
    },
    recoveryRate: ratio(recovered, out.length),
  };
}

const ratio = (a: number, n: number): Counted => ({ value: n > 0 ? a / n : null, n });
