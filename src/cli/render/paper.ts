import { printableValue } from '../../model/printable.ts';
import type { Alert } from '../../monitor/alerts.ts';
import { coverageLines } from '../../monitor/coverage.ts';
import type { Counted, Effectiveness } from '../../monitor/effectiveness.ts';
import type { DashboardData } from '../../monitor/monitor.ts';
import type { Observed } from '../../monitor/observed.ts';
import type { OverlayReport } from '../../monitor/report.ts';
import type { AccountSummary, PaperReport } from '../../paper/report.ts';
import type { Performance } from '../../performance/metrics.ts';
import type { StrategyHealth } from '../../retirement/health.ts';
import { renderEffect } from './evidence.ts';
import { day, fixed, minute, percent, signed, table } from './table.ts';

const PERFORMANCE_HEAD = ['trades', 'win rate', 'exp. R', 'exp.', 'PF', 'Sharpe', 'max DD', 'pnl'];

function performanceCells(p: Performance): string[] {
  return [
    String(p.trades),
    percent(p.winRate),
    signed(p.expectancyR, 3),
    signed(p.expectancy),
    fixed(p.profitFactor),
    fixed(p.sharpe),
    percent(p.maxDrawdownRate),
    signed(p.totalPnl),
  ];
}

function accountLine(
  name: string,
  { equity, returnRate, maxDrawdown, trades, orders, fees, refused }: AccountSummary,
): string[] {
  return [
    name,
    fixed(equity),
    signed(100 * returnRate, 1),
    percent(maxDrawdown),
    String(trades),
    String(orders),
    fixed(fees),
    String(refused),
  ];
}

const ACCOUNT_HEAD = ['account', 'equity', 'return %', 'max DD', 'trades', 'orders', 'fees', 'refused'];

const alertLine = ({ level, code, message }: Alert): string =>
  `  ${level.toUpperCase().padEnd(8)} ${code}: ${message}`;

/** The tables of an overlay: strategies, regimes, signals, reasons, changes, alerts. */
export function renderOverlay(report: OverlayReport): string {
  const { strategies, regimes, signals, reasons, effectiveness, coverage, changes, alerts } =
    printableValue(report);
  const parts = [
    'Strategies',
    table(
      ['strategy', ...PERFORMANCE_HEAD, 'weight', 'status', 'P(edge)', 'size'],
      strategies.map(({ strategy, performance, weight, status, probability, share }) => [
        strategy,
        ...performanceCells(performance),
        fixed(weight),
        status,
        fixed(probability),
        fixed(share),
      ]),
    ),
  ];
  const proven = strategies.filter(({ trackRecord }) => trackRecord.outcomes > 0);
  if (proven.length > 0) {
    parts.push(
      '\nTrack records',
      ...proven.map(
        ({ strategy, trackRecord: { outcomes, effective, probabilisticSharpe, summary, window } }) =>
          `  ${strategy}: an edge with probability ${percent(probabilisticSharpe)} over its life (${outcomes} outcomes, effectively ${effective.toFixed(0)}); ${summary}; its latest ${window.trades} trades ${signed(window.expectancy, 3)} R`,
      ),
    );
  }
  if (regimes.length > 0) {
    parts.push(
      '\nStrategy x regime at entry',
      table(
        ['strategy', 'regime', ...PERFORMANCE_HEAD, 'weight'],
        regimes.map(({ strategy, cell, performance, weight }) => [
          strategy,
          cell,
          ...performanceCells(performance),
          fixed(weight),
        ]),
      ),
    );
  }
  if (signals.length > 0) {
    parts.push(
      '\nSignals',
      table(
        ['strategy', 'signals', 'executed', 'reduced', 'increased', 'filtered', 'avg quality'],
        signals.map((s) => [
          s.strategy,
          ...[s.signals, s.executed, s.reduced, s.increased, s.blocked].map(String),
          fixed(s.avgQuality, 3),
        ]),
      ),
    );
  }
  if (reasons.length > 0)
    parts.push(
      '\nTop reasons',
      ...reasons.slice(0, 8).map(({ reason, count }) => `  ${String(count).padStart(6)}  ${reason}`),
    );
  parts.push('\nWhat the overlay does', ...effectivenessLines(effectiveness));
  // A report of an older version, kept in a file, does not say.
  const missed = coverage === undefined ? [] : coverageLines(coverage);
  if (missed.length > 0) parts.push('\nWhat it does not see', ...missed.map((line) => `  ${line}`));
  if (changes.length > 0) {
    parts.push(
      '\nLatest changes (UTC)',
      ...changes.map(
        ({ time, strategy, what, from, to, reason }) =>
          `  ${minute(time)}  ${strategy} ${what} ${from} -> ${to} (${reason})`,
      ),
    );
  }
  if (alerts.length > 0) parts.push('\nAlerts', ...alerts.map(alertLine));
  return parts.join('\n');
}

function effectivenessLines(effectiveness: Effectiveness): string[] {
  const { averageWeight, statuses } = effectiveness;
  const line = (name: string, { value, n }: Counted, show: (x: number | null) => string) =>
    `  ${name.padEnd(44)} ${show(value).padStart(8)}  (n = ${n})`;
  const plain = (x: number | null) => fixed(x, 3);
  return [
    line('average quality of what was sent', effectiveness.averageQuality, plain),
    line('share of signals not sent', effectiveness.filteredShare, percent),
    line('win rate of what was sent, less that of all', effectiveness.winRateImprovement, percent),
    ...Object.entries(averageWeight).map(([name, figure]) =>
      line(`average weight of ${name}`, figure, plain),
    ),
    line('weight changes a day', effectiveness.weightChangesPerDay, plain),
    line('correlation of weight with R', effectiveness.weightCorrelation, plain),
    ...Object.entries(statuses)
      .filter(([, { value }]) => value !== null && value > 0)
      .map(([status, figure]) => line(`strategies ${status}`, figure, percent)),
    line('hours in DEGRADED each time', effectiveness.hoursDegraded, (x) => fixed(x, 0)),
    line('of those that ended, recovered', effectiveness.recoveryRate, percent),
  ];
}

/** The whole report of a paper run, as text. */
export function renderPaper(report: PaperReport): string {
  const { run, overlay, baseline } = printableValue(report);
  const parts = [
    `Paper run on ${run.source}: ${run.symbols.join(', ')}, ${run.timeframe}, ${run.candles} candles, ${day(run.from)} to ${day(run.to)}\n`,
  ];
  if (overlay) parts.push(renderOverlay(overlay), '\nWith and without the overlay');
  else parts.push('Without the overlay');
  parts.push(
    table(ACCOUNT_HEAD, [
      ...(overlay ? [accountLine('with overlay', overlay.account)] : []),
      accountLine('without overlay', baseline),
    ]),
    '\nThe same bot without the overlay, by strategy',
    table(
      ['strategy', ...PERFORMANCE_HEAD],
      Object.entries(baseline.byStrategy).map(([strategy, performance]) => [
        strategy,
        ...performanceCells(performance),
      ]),
    ),
  );
  if (overlay)
    parts.push(
      `\n${renderEffect(overlay.effect, overlay.calibration)}`,
      '\nOne run proves little: a difference between the two accounts may be chance.',
    );
  return parts.join('\n');
}

/** What the overlay knows now, as text. */
function observedLine({ signals, vetoed, resized, outcomes, needed }: Observed): string {
  const would =
    signals === 0
      ? 'no signal so far'
      : `of the latest ${signals} signals ${vetoed} would have been vetoed and ${resized} resized`;
  return `${would}; a claim needs at least ${needed} known outcomes: ${outcomes} so far`;
}

/** An operator's pin on a status. */
const heldUntil = (until: StrategyHealth['pinnedUntil']): string =>
  until === null
    ? ''
    : `; held ${until === 'forever' ? 'until an operator takes it back' : `until ${minute(until)} UTC`}`;

export function renderStatus(dashboard: DashboardData): string {
  const data = printableValue(dashboard);
  const { optimizationEnabled: status, allocation, strategyHealth, coverage, alerts, recentDecisions } = data;
  const switches = Object.entries(status.enabled).map(([flag, on]) => `${flag} ${on ? 'on' : 'OFF'}`);
  const drawdown =
    status.drawdown === null
      ? 'no equity feed'
      : `${percent(status.drawdown)} below its highest, guard x${fixed(status.guard)}`;
  const parts = [
    `Time      ${minute(status.time)} UTC, last update ${status.updatedAt === null ? 'never' : minute(status.updatedAt)}`,
    `Mode      ${status.mode === 'observe' ? 'OBSERVE: nothing is touched; `edgekeeper act` lets the overlay act' : 'act'}${status.stopped ? (status.mode === 'observe' ? '; a hard stop would hold everything back' : ', HARD STOP: nothing is opened until `edgekeeper resume`') : ''}`,
    ...(data.observed === null ? [] : [`Observed  ${observedLine(data.observed)}`]),
    `Switches  ${switches.join(', ')}`,
    `Portfolio ${drawdown}${status.fleetGuard < 1 ? `; of the whole fleet x${fixed(status.fleetGuard)}` : ''}`,
    `Decisions ${status.decisions}`,
    `Coverage  ${coverageLines(coverage).join('; ') || 'everything was seen'}\n`,
    table(
      ['strategy', 'status', 'weight', 'base', 'P(edge)', 'size', 'why'],
      data.strategies.map((strategy) => {
        const health = strategyHealth.details[strategy];
        return [
          strategy,
          health?.status ?? 'ACTIVE',
          fixed(allocation.weights[strategy] ?? null),
          fixed(allocation.baseWeights[strategy] ?? null),
          health ? fixed(health.probability) : '-',
          health ? fixed(health.share) : '-',
          health ? `${health.reason}${heldUntil(health.pinnedUntil)}` : 'no position closed yet',
        ];
      }),
    ),
  ];
  if (recentDecisions.length > 0) {
    parts.push(
      '\nLatest decisions (UTC)',
      ...recentDecisions
        .slice(-8)
        .map(
          (d) =>
            `  ${minute(d.time)}  ${d.strategy} ${d.symbol} ${d.action} x${fixed(d.multiplier)} ${d.reasons.join(', ')}`,
        ),
    );
  }
  if (alerts.length > 0) parts.push('\nAlerts', ...alerts.map(alertLine));
  return parts.join('\n');
}
