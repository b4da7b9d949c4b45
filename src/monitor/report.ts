import type { StatementOptions } from '../effect/statement.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { Coverage } from '../model/coverage.ts';
import type { ReasonCode } from '../model/decision.ts';
import type { Cell } from '../model/regime.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { Performance } from '../performance/metrics.ts';
import type { Alert } from './alerts.ts';
import { type Effectiveness, effectiveness } from './effectiveness.ts';
import { OptimizationMonitor } from './monitor.ts';
import { knownStrategies } from './strategies.ts';
import { type TrackRecord, trackRecord } from './track-record.ts';

export interface StrategyRow {
  readonly strategy: string;
  readonly performance: Performance;
  readonly weight: number;
  readonly status: StrategyStatus;
  /** P(mean R > 0), and the share of their size that its signals get; null where the founding rules decide. */
  readonly probability: number | null;
  readonly share: number | null;
  readonly trackRecord: TrackRecord;
}

export interface RegimeRow {
  readonly strategy: string;
  readonly cell: Cell;
  readonly performance: Performance;
  readonly weight: number;
}

export interface SignalRow {
  readonly strategy: string;
  readonly signals: number;
  readonly executed: number;
  readonly reduced: number;
  readonly increased: number;
  readonly blocked: number;
  /** Mean score of the signals that were sent; null where none was scored. */
  readonly avgQuality: number | null;
}

/** A weight or a status that changed, at a time. */
export interface Change {
  readonly time: number;
  readonly strategy: string;
  readonly what: 'weight' | 'status';
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** What an operator wants to read about an overlay. */
export interface OverlayReport {
  readonly time: number;
  readonly strategies: readonly StrategyRow[];
  readonly regimes: readonly RegimeRow[];
  readonly signals: readonly SignalRow[];
  /** Reasons of all decisions, most frequent first. */
  readonly reasons: readonly { readonly reason: ReasonCode; readonly count: number }[];
  readonly effectiveness: Effectiveness;
  readonly coverage: Coverage;
  /** Latest changes, oldest first. */
  readonly changes: readonly Change[];
  readonly alerts: readonly Alert[];
}

/** Changes shown at most, of weights and of statuses each. */
const CHANGES = 12;

/** What an engine knows that the statement on its record needs. */
export function statementOptions(engine: OptimizationEngine): StatementOptions {
  const { stakes } = engine.config;
  const blocked = Object.values(engine.getSignalCounts()).reduce((sum, each) => sum + each.blocked, 0);
  return { stakes, blocked: Math.max(0, blocked - engine.getOpenShadows().length) };
}

/** Reads a report from an engine; it never changes it. */
export function overlayReport(engine: OptimizationEngine): OverlayReport {
  const { decomposer, optimizer, manager } = engine;
  const monitor = new OptimizationMonitor(engine);
  const names = knownStrategies(engine);
  const counts = engine.getSignalCounts();
  const reasons = new Map<ReasonCode, number>();
  for (const { reasons: byCode } of Object.values(counts)) {
    for (const [code, count] of Object.entries(byCode))
      reasons.set(code as ReasonCode, (reasons.get(code as ReasonCode) ?? 0) + count);
  }
  return {
    time: engine.time,
    strategies: names.map((strategy) => ({
      strategy,
      performance: decomposer.getStrategyPerformance(strategy),
      weight: optimizer.getWeightForRegime(strategy, null),
      status: manager.statusOf(strategy),
      probability: manager.getStrategyHealth(strategy)?.probability ?? null,
      share: manager.getStrategyHealth(strategy)?.share ?? null,
      trackRecord: trackRecord(engine, strategy),
    })),
    regimes: names.flatMap((strategy) =>
      Object.entries(decomposer.getRegimeEffectiveness(strategy)).map(([cell, performance]) => ({
        strategy,
        cell: cell as Cell,
        performance,
        weight: optimizer.getWeightForRegime(strategy, cell as Cell),
      })),
    ),
    signals: Object.entries(counts)
      .filter(([, { signals }]) => signals > 0)
      .map(([strategy, { signals, executed, reduced, increased, blocked, scored, qualitySum }]) => ({
        strategy,
        signals,
        executed,
        reduced,
        increased,
        blocked,
        avgQuality: scored > 0 ? qualitySum / scored : null,
      }))
      .sort((a, b) => (a.strategy < b.strategy ? -1 : 1)),
    reasons: [...reasons]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
    effectiveness: effectiveness(engine),
    coverage: engine.getCoverage(),
    changes: changesOf(engine),
    alerts: monitor.getAlerts(),
  };
}

/** The latest changes of weights and of statuses, oldest first. */
export function changesOf({ optimizer, manager }: OptimizationEngine): Change[] {
  const weights = optimizer.getWeightHistory().map(
    ({ time, strategy, previousWeight, newWeight, reason }): Change => ({
      time,
      strategy,
      what: 'weight',
      from: previousWeight.toFixed(3),
      to: newWeight.toFixed(3),
      reason,
    }),
  );
  const statuses = manager.getAuditLog().map(
    ({ time, strategy, oldStatus, newStatus, reason }): Change => ({
      time,
      strategy,
      what: 'status',
      from: oldStatus,
      to: newStatus,
      reason,
    }),
  );
  return [...weights.slice(-CHANGES), ...statuses.slice(-CHANGES)].sort((a, b) => a.time - b.time);
}
