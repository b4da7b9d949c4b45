import type { Calibration, CalibrationReport } from '../effect/calibration.ts';
import { twinCurve } from '../effect/money.ts';
import type { EffectStatement } from '../effect/statement.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { AuditEntry } from '../journal/audit-entry.ts';
import { CELLS, type Cell, REGIMES } from '../model/regime.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { OverlayReport } from '../monitor/report.ts';
import { drawdown } from '../statistics/equity-curve.ts';
import type { Interval } from '../statistics/interval.ts';
import type { ReportCollector } from './collector.ts';
import { type Columns, columnsOf } from './series.ts';

/** Everything that a report page shows. Times in ms, but those of columns in s; rates in [0,1]. */
export interface PageData {
  readonly title: string;
  readonly mode: string;
  readonly time: number;
  readonly from: number;
  readonly verdict: { readonly word: string; readonly text: string };
  readonly summary: readonly (readonly [name: string, value: string])[];
  /** With and without the overlay, by the twin account; else what the account had. Null without an equity feed. */
  readonly equity: { readonly columns: Columns; readonly isTwin: boolean } | null;
  /** Drawdowns of the same. */
  readonly drawdown: Columns | null;
  readonly strategies: readonly {
    readonly name: string;
    readonly status: StrategyStatus;
    readonly trades: number;
    readonly expectancyR: number | null;
    readonly interval: Interval | null;
    readonly pnl: number;
    readonly probability: number | null;
    readonly size: number | null;
    /** Size and P(edge) of its signals over time. */
    readonly worth: Columns;
  }[];
  readonly heat: {
    readonly cells: readonly Cell[];
    readonly rows: readonly {
      readonly strategy: string;
      readonly values: readonly ({ readonly n: number; readonly r: number | null } | null)[];
    }[];
  };
  /** Price by symbol, with the place of its regime among `regimes`. */
  readonly prices: readonly { readonly symbol: string; readonly columns: Columns }[];
  readonly regimes: readonly string[];
  readonly effect: Columns;
  readonly calibration: Pick<Calibration, 'bins' | 'n' | 'summary'> & Pick<CalibrationReport, 'probability'>;
  readonly reasons: OverlayReport['reasons'];
  readonly alerts: readonly string[];
  readonly audit: readonly AuditEntry[];
  readonly trades: {
    readonly all: number;
    readonly latest: readonly (readonly (string | number | null)[])[];
  };
}

export interface PageDataOptions {
  readonly title: string;
  readonly engine: OptimizationEngine;
  readonly collector: ReportCollector;
  readonly report: OverlayReport;
  readonly effect: EffectStatement;
  readonly calibration: CalibrationReport;
  /** The statement in a sentence. */
  readonly sentence: string;
}

/** What a page shows of an engine and its journal. */
export function pageData(options: PageDataOptions): PageData {
  const { title, engine, collector, report, effect, calibration, sentence } = options;
  const equity = equityOf(collector, engine);
  const first =
    collector.worths.size === 0
      ? report.time
      : Math.min(...[...collector.worths.values()].map(([each]) => each![0]));
  return {
    title,
    mode: engine.mode,
    time: report.time,
    from: first,
    verdict: { word: effect.verdict, text: sentence },
    summary: [
      ['Decisions', String(engine.getOptimizationStatus().decisions)],
      [
        'Outcomes',
        `${effect.n}: ${effect.trades} traded, ${effect.hostShadows + effect.barrierShadows} followed`,
      ],
      ['Unjudged', String(Object.values(report.coverage.unjudged).reduce((sum, n) => sum + n, 0))],
      ['Exits unknown', String(report.coverage.unknownExits)],
    ],
    equity: equity && { columns: equity.columns, isTwin: equity.isTwin },
    drawdown: equity && drawdownsOf(equity.columns),
    strategies: report.strategies.map(({ strategy, performance, status, probability, share }) => ({
      name: strategy,
      status,
      trades: performance.trades,
      expectancyR: performance.expectancyR,
      interval: performance.expectancyRInterval,
      pnl: performance.totalPnl,
      probability,
      size: share,
      worth: columnsOf(collector.worths.get(strategy) ?? [], 2),
    })),
    heat: heatOf(report),
    prices: [...collector.prices].map(([symbol, rows]) => ({ symbol, columns: columnsOf(rows, 2) })),
    regimes: REGIMES,
    effect: columnsOf(collector.claims(), 3),
    calibration: {
      bins: calibration.overall.bins,
      n: calibration.overall.n,
      summary: calibration.overall.summary,
      probability: calibration.probability,
    },
    reasons: report.reasons,
    alerts: report.alerts.map(({ level, message }) => `${level}: ${message}`),
    audit: collector.audit,
    trades: {
      all: collector.trades.all,
      latest: collector.trades.latest.map((trade) => [
        trade.exitTime,
        trade.strategy,
        trade.symbol,
        trade.side,
        trade.cell,
        trade.entryPrice,
        trade.exitPrice,
        trade.size,
        trade.multiplier,
        trade.r,
        trade.pnl,
      ]),
    },
  };
}

function equityOf({ ledger, equity }: ReportCollector, { config }: OptimizationEngine) {
  const twin = twinCurve(ledger.outcomes, ledger.deposits, config.stakes);
  if (twin.length > 1) return { columns: columnsOf(twin, 2), isTwin: true };
  return equity.length > 1 ? { columns: columnsOf(equity, 1), isTwin: false } : null;
}

/** Drawdown of each line from its highest so far, as negative rates. */
function drawdownsOf([times, ...lines]: Columns): Columns {
  return [
    times,
    ...lines.map((line) => {
      let peak = 0;
      return line.map((value) => {
        if (value === null) return null;
        peak = Math.max(peak, value);
        return -drawdown(peak, value);
      });
    }),
  ];
}

function heatOf({ regimes }: OverlayReport): PageData['heat'] {
  const names = [...new Set(regimes.map(({ strategy }) => strategy))];
  return {
    cells: CELLS,
    rows: names.map((strategy) => ({
      strategy,
      values: CELLS.map((cell) => {
        const found = regimes.find((each) => each.strategy === strategy && each.cell === cell);
        return found ? { n: found.performance.trades, r: found.performance.expectancyR } : null;
      }),
    })),
  };
}
