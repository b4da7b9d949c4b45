import type { OptimizationEngine } from '../engine/engine.ts';
import type { OptimizationState } from '../engine/events.ts';
import type { Coverage } from '../model/coverage.ts';
import type { Decision } from '../model/decision.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { optionalPackage } from '../model/packages.ts';
import { CELLS, type Cell } from '../model/regime.ts';
import type { Performance } from '../performance/metrics.ts';
import type { QualitySummary } from '../quality/scorer.ts';
import type { StrategyHealth } from '../retirement/health.ts';
import type { AllocationSummary } from '../weighting/optimizer.ts';
import { type Alert, alertsOf } from './alerts.ts';
import { type Effectiveness, effectiveness } from './effectiveness.ts';
import { jsonReady } from './json.ts';
import { type Observed, observedOf } from './observed.ts';
import { knownStrategies } from './strategies.ts';
import { type TrackRecord, trackRecord } from './track-record.ts';

/** What is known of one strategy, over all components. */
export interface StrategySummary {
  readonly strategy: string;
  readonly performance: Performance;
  readonly currentWeight: number;
  readonly baseWeight: number;
  readonly weightsByCell: Readonly<Record<Cell, number>>;
  readonly healthStatus: StrategyHealth | null;
  readonly quality: QualitySummary;
}

export interface HealthReport {
  readonly active: readonly string[];
  readonly degraded: readonly string[];
  readonly suspended: readonly string[];
  readonly retired: readonly string[];
  readonly details: Readonly<Record<string, StrategyHealth>>;
}

export interface RegimeReport {
  /** Per cell: the strategies that traded in it, best expectancy in R first. */
  readonly byRegime: Partial<
    Readonly<Record<Cell, readonly { readonly strategy: string; readonly performance: Performance }[]>>
  >;
}

export interface DashboardData {
  /** Every strategy that was heard of, by name; one that has closed nothing yet has no health. */
  readonly strategies: readonly string[];
  readonly optimizationEnabled: ReturnType<OptimizationEngine['getOptimizationStatus']>;
  readonly currentWeights: Readonly<Record<string, number>>;
  readonly strategyHealth: HealthReport;
  readonly allocation: AllocationSummary;
  readonly regimeEffectiveness: RegimeReport;
  readonly effectiveness: Effectiveness;
  readonly coverage: Coverage;
  /** What it would have done; null while it acts. */
  readonly observed: Observed | null;
  readonly latestState: OptimizationState | null;
  readonly recentDecisions: readonly Decision[];
  readonly alerts: readonly Alert[];
}

export const EXPORT_TABLES = ['performance', 'regimes', 'weights', 'health', 'decisions'] as const;
export type ExportTable = (typeof EXPORT_TABLES)[number];

/** Reads an engine for people and machines; it never changes it. */
export class OptimizationMonitor {
  readonly #engine: OptimizationEngine;

  constructor(engine: OptimizationEngine) {
    this.#engine = engine;
  }

  getOptimizationStatus(): ReturnType<OptimizationEngine['getOptimizationStatus']> & {
    readonly metrics: {
      readonly strategiesTracked: number;
      readonly symbolsTracked: number;
      readonly tradesRecorded: number;
    };
  } {
    const { decomposer, detector } = this.#engine;
    return {
      ...this.#engine.getOptimizationStatus(),
      metrics: {
        strategiesTracked: this.#strategies().length,
        symbolsTracked: detector.getSymbols().length,
        tradesRecorded: decomposer.getPortfolioPerformance().trades,
      },
    };
  }

  /** Throws `STRATEGY_UNKNOWN` for a strategy that no component has heard of. */
  getStrategySummary(strategy: string): StrategySummary {
    const { decomposer, optimizer, manager, scorer } = this.#engine;
    if (!this.#strategies().includes(strategy)) {
      throw new EdgekeeperError('STRATEGY_UNKNOWN', {
        found: show(strategy),
        expected: `one of ${this.#strategies().join(', ') || 'no strategy yet'}`,
        hint: 'A strategy is known once it is in baseWeights, or has sent a signal.',
      });
    }
    const weights = CELLS.map((cell) => [cell, optimizer.getWeightForRegime(strategy, cell)]);
    return {
      strategy,
      performance: decomposer.getStrategyPerformance(strategy),
      currentWeight: optimizer.getWeightForRegime(strategy, null),
      baseWeight: optimizer.getBaseWeight(strategy),
      weightsByCell: Object.fromEntries(weights) as Record<Cell, number>,
      healthStatus: manager.getStrategyHealth(strategy),
      quality: scorer.getQualitySummary(strategy),
    };
  }

  getAllocationReport(): AllocationSummary {
    return this.#engine.optimizer.getAllocationSummary();
  }

  getHealthReport(): HealthReport {
    const { manager } = this.#engine;
    return {
      active: manager.getActiveStrategies(),
      degraded: manager.getDegradedStrategies(),
      suspended: manager.getSuspendedStrategies(),
      retired: manager.getRetiredStrategies(),
      details: manager.getAllHealth(),
    };
  }

  getRegimeEffectivenessReport(): RegimeReport {
    const { decomposer } = this.#engine;
    const byRegime: Partial<Record<Cell, { strategy: string; performance: Performance }[]>> = {};
    for (const strategy of decomposer.getStrategies()) {
      for (const [cell, performance] of Object.entries(decomposer.getRegimeEffectiveness(strategy))) {
        byRegime[cell as Cell] ??= [];
        byRegime[cell as Cell]!.push({ strategy, performance });
      }
    }
    for (const rows of Object.values(byRegime)) {
      rows.sort((a, b) => (b.performance.expectancyR ?? 0) - (a.performance.expectancyR ?? 0));
    }
    return { byRegime };
  }

  /** What the overlay does, in figures, each with the number it was taken over. */
  getEffectiveness(): Effectiveness {
    return effectiveness(this.#engine);
  }

  /** How far each strategy's record proves an edge, and how many more trades it takes. */
  getTrackRecords(): TrackRecord[] {
    return this.#strategies().map((strategy) => trackRecord(this.#engine, strategy));
  }

  /** What a person should know at `now` (default: the time of the latest event), most severe first. */
  getAlerts(now = this.#engine.time): Alert[] {
    return alertsOf(this.#engine, now);
  }

  getDashboardData(now = this.#engine.time): DashboardData {
    return {
      strategies: this.#strategies(),
      optimizationEnabled: this.#engine.getOptimizationStatus(),
      currentWeights: this.#engine.optimizer.getCurrentWeights(),
      strategyHealth: this.getHealthReport(),
      allocation: this.getAllocationReport(),
      regimeEffectiveness: this.getRegimeEffectivenessReport(),
      effectiveness: this.getEffectiveness(),
      coverage: this.#engine.getCoverage(),
      observed: observedOf(this.#engine),
      latestState: this.#engine.getOptimizationHistory(1)[0] ?? null,
      recentDecisions: this.#engine.getRecentDecisions(50),
      alerts: this.getAlerts(now),
    };
  }

  /** Every report as one JSON text. A number that JSON cannot say is null, with a flag beside it. */
  exportJson(now = this.#engine.time): string {
    if (typeof now !== 'number') {
      throw new EdgekeeperError('OPTION_INVALID', {
        found: `exportJson(${show(now)})`,
        expected: 'a time in ms, or nothing: it returns the text and writes no file',
        hint: 'Use exportJson of edgekeeper/node to write it, or write the text yourself.',
      });
    }
    const strategies = Object.fromEntries(
      this.#strategies().map((name) => [name, this.getStrategySummary(name)]),
    );
    return JSON.stringify(
      jsonReady({
        status: this.getOptimizationStatus(),
        strategies,
        allocation: this.getAllocationReport(),
        health: this.getHealthReport(),
        regimes: this.getRegimeEffectivenessReport(),
        signals: this.#engine.getSignalCounts(),
        effectiveness: this.getEffectiveness(),
        coverage: this.#engine.getCoverage(),
        trackRecords: this.getTrackRecords(),
        alerts: this.getAlerts(now),
      }),
      null,
      2,
    );
  }

  /**
   * One report as an Arquero table, to filter, join and plot. Needs the package `arquero`, which is loaded
   * when this is called. Throws `PACKAGE_MISSING` without it.
   */
  async getDataFrameExport(table: ExportTable = 'performance'): Promise<import('arquero').ColumnTable> {
    if (!EXPORT_TABLES.includes(table)) {
      throw new EdgekeeperError('OPTION_INVALID', {
        found: `table ${show(table)}`,
        expected: `one of ${EXPORT_TABLES.join(', ')}`,
        hint: 'Choose a table of the list.',
      });
    }
    const arquero = await optionalPackage('arquero', '7', () => import('arquero'));
    return arquero.from(this.getRows(table) as object[]);
  }

  /** Rows of one report, each a flat object: text, numbers, truth or null. */
  getRows(table: ExportTable): Record<string, string | number | boolean | null>[] {
    return this.#rows(table) as Record<string, string | number | boolean | null>[];
  }

  #rows(table: ExportTable): object[] {
    const { decomposer, optimizer, manager } = this.#engine;
    switch (table) {
      case 'performance':
        return decomposer
          .getStrategies()
          .map((strategy) => ({ strategy, ...flat(decomposer.getStrategyPerformance(strategy)) }));
      case 'regimes':
        return Object.entries(this.getRegimeEffectivenessReport().byRegime).flatMap(([cell, rows]) =>
          rows.map(({ strategy, performance }) => ({ strategy, cell, ...flat(performance) })),
        );
      case 'weights':
        return optimizer
          .getWeightHistory()
          .map(({ components, ...update }) => ({ ...update, score: components?.score ?? null }));
      case 'health':
        return Object.values(manager.getAllHealth()).map(({ violations, metrics: _metrics, ...health }) => ({
          ...health,
          violations: violations.join(','),
        }));
      case 'decisions':
        return this.#engine
          .getRecentDecisions()
          .map(({ reasons, ...decision }) => ({ ...decision, reasons: reasons.join(',') }));
    }
  }

  #strategies(): string[] {
    return knownStrategies(this.#engine);
  }
}

/** A table cell holds one value: intervals become their two ends. */
function flat(performance: Performance): Record<string, number | null> {
  const row: Record<string, number | null> = {};
  for (const [key, value] of Object.entries(performance)) {
    if (!key.endsWith('Interval')) {
      row[key] = value as number | null;
      continue;
    }
    const [low, high] = (value as readonly [number, number] | null) ?? [null, null];
    row[`${key.slice(0, -'Interval'.length)}Low`] = low;
    row[`${key.slice(0, -'Interval'.length)}High`] = high;
  }
  return row;
}
