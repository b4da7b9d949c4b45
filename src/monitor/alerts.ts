import type { OptimizationEngine } from '../engine/engine.ts';
import type { Coverage } from '../model/coverage.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import { coverageRemedy } from './coverage.ts';

export const ALERT_CODES = [
  'HARD_STOP',
  'HARD_STOP_OFF',
  'OBSERVING',
  'STRATEGY_SUSPENDED',
  'MANY_DEGRADED',
  'NO_ACTIVE_STRATEGY',
  'DRAWDOWN_GUARD_ACTING',
  'NO_EQUITY_FEED',
  'THRESHOLD_UNREACHABLE',
  'MARKET_DATA_STALE',
  'ENTRIES_UNJUDGED',
  'EXITS_UNKNOWN',
  'TIME_AHEAD',
  'NAME_LIMIT',
  'LEASE_LOST',
  'BOT_SILENT',
  'RECORD_DAMAGED',
  'OVERLAY_ERRORS',
] as const;
export type AlertCode = (typeof ALERT_CODES)[number];

/** Something a person should know, and about what (a strategy, a symbol, a regime or an error code). */
export interface Alert {
  readonly level: 'info' | 'warning' | 'critical';
  readonly code: AlertCode;
  readonly about: string;
  readonly message: string;
}

const MANY = 2;
/** Entries that must have come before a share of them says anything, and the share that is too much. */
const MIN_ENTRIES = 20;
const UNJUDGED_SHARE = 0.1;

const percent = (rate: number): string => `${(100 * rate).toFixed(1)}%`;

/** Every alert that holds at `now`, most severe first. */
export function alertsOf(engine: OptimizationEngine, now: number): Alert[] {
  const { scorer, detector, config, flags } = engine;
  const alerts: Alert[] = [...portfolioAlerts(engine)];

  if (flags.retirementManagement) alerts.push(...healthAlerts(engine));

  if (engine.mode === 'observe') {
    alerts.push({
      level: 'info',
      code: 'OBSERVING',
      about: 'overlay',
      message: 'the overlay observes and touches nothing: `edgekeeper act` lets it act',
    });
  }
  if (config.evidence !== 'posterior' && flags.qualityFiltering && scorer.enforcement !== 'off') {
    for (const { regime, perfect } of scorer.unreachableRegimes()) {
      alerts.push({
        level: 'info',
        code: 'THRESHOLD_UNREACHABLE',
        about: regime,
        message: `in ${regime} a perfect signal scores ${perfect.toFixed(2)}, the threshold is ${scorer.minQualityThreshold}`,
      });
    }
  }
  for (const { symbol, closedAt } of detector.staleSymbols(now)) {
    const hours = ((now - closedAt) / 3_600_000).toFixed(1);
    alerts.push({
      level: 'warning',
      code: 'MARKET_DATA_STALE',
      about: symbol,
      message: `the last candle of ${symbol} closed ${hours} h ago: its regime is UNKNOWN; let the bot read its candles, or name the symbols`,
    });
  }
  alerts.push(...coverageAlerts(engine.getCoverage()));
  const {
    TIME_AHEAD: ahead = 0,
    NAME_LIMIT: beyond = 0,
    LEASE_LOST: lost = 0,
    ...errors
  } = engine.getOptimizationStatus().errors;
  if (lost > 0) {
    alerts.push({
      level: 'critical',
      code: 'LEASE_LOST',
      about: 'state directory',
      message:
        'another process has the state directory, and nothing of this one is recorded any more: stop one of the two, and start again',
    });
  }
  if (ahead > 0) {
    alerts.push({
      level: 'warning',
      code: 'TIME_AHEAD',
      about: 'clock',
      message: `${ahead} events were refused that lie ahead of this machine's clock: set the clock, or send times in ms`,
    });
  }
  if (beyond > 0) {
    alerts.push({
      level: 'warning',
      code: 'NAME_LIMIT',
      about: 'names',
      message: `${beyond} events named one strategy more than maxStrategies (${config.maxStrategies}) or one symbol more than maxSymbols (${config.maxSymbols}): they were not judged and teach nothing. Is a name made anew for each order?`,
    });
  }
  for (const [code, count] of Object.entries(errors)) {
    alerts.push({
      level: 'warning',
      code: 'OVERLAY_ERRORS',
      about: code,
      message: `${code} happened ${count} times: the log in logs/ of the state directory says why, docs/errors.md what to do`,
    });
  }
  const severity = { critical: 0, warning: 1, info: 2 } as const;
  return alerts.sort((a, b) => severity[a.level] - severity[b.level]);
}

function coverageAlerts(coverage: Coverage): Alert[] {
  const { entries, unjudged, positions, unknownExits } = coverage.latest;
  const alerts: Alert[] = [];
  if (entries >= MIN_ENTRIES && unjudged > UNJUDGED_SHARE * entries) {
    alerts.push({
      level: 'warning',
      code: 'ENTRIES_UNJUDGED',
      about: 'entries',
      message: `${unjudged} of the latest ${entries} entries went out unjudged, ${coverageRemedy(coverage)}`,
    });
  }
  if (unknownExits > 0) {
    alerts.push({
      level: 'warning',
      code: 'EXITS_UNKNOWN',
      about: 'positions',
      message: `${unknownExits} of the latest ${positions} positions have no known exit and teach nothing: compare with the exchange's own trades, and let the bot read its orders`,
    });
  }
  return alerts;
}

/** Drawdown of the whole account above which a hard stop that is off is worth a word. */
const DEEP = 0.2;

/** Whether what alerts tell of would only happen: the overlay is off, or observes. */
const isIdle = ({ mode, flags }: OptimizationEngine): boolean => mode === 'observe' || !flags.enabled;

function portfolioAlerts(engine: OptimizationEngine): Alert[] {
  const { portfolio, config } = engine;
  const idle = isIdle(engine);
  const { drawdown, recentDrawdown, stopped } = portfolio;
  const about = 'portfolio';
  const guards = { level: 'warning', code: 'DRAWDOWN_GUARD_ACTING', about } as const;
  if (drawdown === null || recentDrawdown === null) {
    return [
      {
        level: 'info',
        code: 'NO_EQUITY_FEED',
        about,
        message:
          'the host reports no equity: the drawdown guard cannot act; let the bot read its balance, or call engine.recordEquity({ time, equity })',
      },
    ];
  }
  const alerts: Alert[] = [];
  const byEdge = config.evidence === 'posterior';
  const fallen = byEdge ? recentDrawdown : drawdown;
  if (fallen > config.drawdownGuardStart) {
    const least = byEdge ? 'to a quarter' : 'to nothing';
    alerts.push({
      ...guards,
      level: !byEdge && fallen >= config.riskMaxDrawdown ? 'critical' : 'warning',
      message: `the portfolio is ${percent(fallen)} below its ${byEdge ? 'recent peak' : 'peak'}: new exposure ${idle ? 'would shrink' : 'shrinks'}, ${least} at ${percent(config.riskMaxDrawdown)}; \`edgekeeper rebase-peak\` measures from today on, "riskMaxDrawdown" sets how far`,
    });
  }
  if (config.hardStop !== undefined && stopped) {
    alerts.push({
      level: 'critical',
      code: 'HARD_STOP',
      about,
      message: `the account fell ${percent(config.hardStop)} or more: ${idle ? 'nothing would be' : 'nothing is'} opened until \`edgekeeper resume --reason ...\``,
    });
  } else if (config.hardStop === undefined && drawdown > DEEP) {
    alerts.push({
      level: 'warning',
      code: 'HARD_STOP_OFF',
      about,
      message: `the account is ${percent(drawdown)} below its highest and no hard stop is set: "hardStop": 0.3 would stop it at 30%`,
    });
  }
  return alerts;
}

function healthAlerts(engine: OptimizationEngine): Alert[] {
  const { manager, config } = engine;
  const idle = isIdle(engine);
  const byEdge = config.evidence === 'posterior';
  const statuses = Object.entries(manager.getStatuses());
  const inStatus = (wanted: StrategyStatus) =>
    statuses.flatMap(([strategy, status]) => (status === wanted ? [strategy] : [])).sort();
  const benched = [...inStatus('SUSPENDED'), ...inStatus('RETIRED')];
  const alerts: Alert[] = benched.map((strategy) => {
    const health = manager.getStrategyHealth(strategy);
    const remedy =
      health?.pinnedUntil != null
        ? 'an operator holds it there: `edgekeeper force` takes it back'
        : byEdge
          ? 'it comes back when its followed signals earn; `edgekeeper why --last --strategy` shows its figures, `edgekeeper force ... ACTIVE` starts it anew'
          : '`edgekeeper force` overrules it';
    return {
      level: 'warning',
      code: 'STRATEGY_SUSPENDED',
      about: strategy,
      message: `${strategy} is ${health?.status === 'RETIRED' ? 'retired' : 'suspended'}: ${health?.reason}; ${remedy}`,
    };
  });
  const degraded = inStatus('DEGRADED');
  if (degraded.length > MANY) {
    const message = `${degraded.length} strategies are degraded: ${degraded.join(', ')}; \`edgekeeper status\` says why of each`;
    alerts.push({ level: 'warning', code: 'MANY_DEGRADED', about: degraded.join(','), message });
  }
  const known = statuses.map(([strategy]) => strategy);
  if (known.length > 0 && !statuses.some(([, status]) => status === 'ACTIVE')) {
    const message =
      degraded.length > 0
        ? `no strategy is active; at ${byEdge ? 'a part of' : 'half'} their size: ${degraded.join(', ')}`
        : `no strategy is active: nothing ${idle ? 'would open' : 'opens'} exposure`;
    alerts.push({ level: 'critical', code: 'NO_ACTIVE_STRATEGY', about: known.join(','), message });
  }
  return alerts;
}
