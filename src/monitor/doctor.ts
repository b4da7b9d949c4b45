import type { OptimizationEngine } from '../engine/engine.ts';
import type { Decision } from '../model/decision.ts';
import { coverageLines, coverageRemedy } from './coverage.ts';
import { knownStrategies } from './strategies.ts';

/** What was found out about one thing that a bot should feed or do. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  /** The line that mends it; empty where nothing is to be mended. */
  readonly next: string;
}

/** Signals, and entries that went out, below which nothing can be said of what a bot does. */
const ENOUGH = 20;
/** Share of the signals from which on something counts as usual. */
const USUAL = 0.5;
/** Share of the signals that are too small for the venue from which on it is worth a word. */
const OFTEN = 0.1;
/** How far a clock may be ahead, in ms. */
const AHEAD = 300_000;
/** Names of strategies that say that nobody gave one. */
const UNNAMED = new Set(['bot', 'default']);

const good = (check: string, found: string): Finding => ({ check, ok: true, found, next: '' });
const bad = (check: string, found: string, next: string): Finding => ({ check, ok: false, found, next });

/**
 * Checks by the record how a bot is set up: whether what it does is seen, and what it could say. Pure.
 * @param now wall clock in ms
 */
export function examine(engine: OptimizationEngine, now: number): Finding[] {
  const recent = engine.getRecentDecisions().filter(({ plan }) => plan !== null);
  return [
    signals(engine),
    entries(engine),
    exits(engine),
    ...(recent.length < ENOUGH ? [] : [stops(recent), confidence(recent), minimums(engine)]),
    candles(engine, recent, now),
    equity(engine),
    strategies(engine),
    clock(engine, now),
  ];
}

function signals(engine: OptimizationEngine): Finding {
  const { enabled, decisions, mode } = engine.getOptimizationStatus();
  if (!enabled.enabled) return bad('overlay', 'it is off', '`edgekeeper enable all` switches it on');
  if (decisions === 0)
    return bad(
      'overlay',
      'nothing was decided yet',
      'does the bot send its orders through the exchange or the hooks that the overlay is on?',
    );
  return good('overlay', `it ${mode === 'observe' ? 'observes' : 'acts'}: ${decisions} decisions`);
}

function entries(engine: OptimizationEngine): Finding {
  const coverage = engine.getCoverage();
  const { entries: latest, unjudged } = coverage.latest;
  if (unjudged === 0)
    return good('entries', latest === 0 ? 'none yet' : `all of the latest ${latest} were judged`);
  return bad('entries', coverageLines(coverage)[0]!, coverageRemedy(coverage));
}

function exits(engine: OptimizationEngine): Finding {
  const { closed, unknownExits, latest } = engine.getCoverage();
  const sent = Object.values(engine.getSignalCounts()).reduce(
    (sum, { signals: all, blocked }) => sum + all - blocked,
    0,
  );
  if (closed === 0 && sent >= ENOUGH)
    return bad(
      'exits',
      `${sent} entries went out, and no position has closed`,
      'let exits go the way of the entries: through the same exchange, `postFill`, or `recordTrade`',
    );
  if (latest.unknownExits > 0)
    return bad(
      'exits',
      `${unknownExits} of ${closed + unknownExits} positions have no known exit`,
      "let the bot read its orders and trades (`fetchOrder`, `fetchMyTrades`), or compare with the exchange's own trades",
    );
  return good('exits', closed === 0 ? 'none yet' : `the exit of each of ${closed} positions is known`);
}

const share = (decisions: readonly Decision[], is: (decision: Decision) => boolean): number =>
  decisions.filter(is).length / decisions.length;
const percent = (rate: number): string => `${Math.round(100 * rate)}%`;

function stops(recent: readonly Decision[]): Finding {
  const without = share(recent, ({ plan }) => plan?.stop == null);
  const byBarrier = share(recent, ({ plan }) => plan?.rule !== 'host');
  if (without > USUAL)
    return bad(
      'stops',
      `${percent(without)} of the latest signals come without a stop: R is measured by the average loss`,
      'say it with the signal: identify: (order) => ({ stop: 61_000 })',
    );
  if (byBarrier > USUAL)
    return bad(
      'stops',
      `${percent(byBarrier)} of the outcomes of signals that are not sent end by a triple barrier`,
      "name your exit rule where stops, targets and exit signals are all of it: identify: (order) => ({ exitRule: 'host' })",
    );
  return good('stops', `${percent(1 - without)} of the latest signals come with one`);
}

function confidence(recent: readonly Decision[]): Finding {
  const without = share(recent, ({ edge, score }) => (edge ? edge.quality : score?.confidence) == null);
  return without > USUAL
    ? bad(
        'confidence',
        `${percent(without)} of the latest signals say nothing of how sure the bot is`,
        'say it with the signal: identify: (order) => ({ confidence: 0.8 })',
      )
    : good('confidence', `${percent(1 - without)} of the latest signals say it`);
}

function minimums(engine: OptimizationEngine): Finding {
  const counts = Object.values(engine.getSignalCounts());
  const all = counts.reduce((sum, { signals: each }) => sum + each, 0);
  const small = counts.reduce((sum, { reasons }) => sum + (reasons.BELOW_MIN ?? 0), 0);
  return small > OFTEN * all
    ? bad(
        'minimums',
        `${small} of ${all} signals were too small for the venue once they were scaled`,
        "raise the bot's own size, or let it send all or nothing (`sizing: 'veto-only'`)",
      )
    : good(
        'minimums',
        small === 0 ? 'no size was too small for the venue' : `${small} of ${all} signals were too small`,
      );
}

function candles(engine: OptimizationEngine, recent: readonly Decision[], now: number): Finding {
  const symbols = [...new Set(recent.map(({ symbol }) => symbol))];
  const stale = symbols.filter((symbol) => !engine.detector.isFresh(symbol, now));
  if (stale.length > 0)
    return bad(
      'candles',
      `${stale.slice(0, 3).join(', ')}${stale.length > 3 ? ` and ${stale.length - 3} more` : ''}: no fresh candles, so that the regime is UNKNOWN`,
      `let the bot read candles of ${engine.config.timeframe} or shorter, or name the symbols: edgekeeper(exchange, { symbols: [...] })`,
    );
  return good(
    'candles',
    symbols.length === 0
      ? 'nothing is traded yet'
      : `fresh for ${symbols.length === 1 ? symbols[0] : `${symbols.length} symbols`}`,
  );
}

function equity({ portfolio }: OptimizationEngine): Finding {
  return portfolio.equity === null
    ? bad(
        'equity',
        'nobody tells it: the drawdown guard and the hard stop cannot act',
        'let the bot read its balance, or call engine.recordEquity({ time, equity })',
      )
    : good('equity', `told, the latest ${portfolio.equity.toFixed(2)}`);
}

function strategies(engine: OptimizationEngine): Finding {
  const known = knownStrategies(engine);
  return known.length === 1 && UNNAMED.has(known[0]!)
    ? bad(
        'strategies',
        `all signals are of one strategy called ${known[0]}`,
        "name them: { strategy: 'EMA_Trend' }, or identify: (order) => ({ strategy: ... })",
      )
    : good('strategies', known.length === 0 ? 'none yet' : known.slice(0, 5).join(', '));
}

function clock({ time }: OptimizationEngine, now: number): Finding {
  const minutes = Math.round((time - now) / 60_000);
  return time > now + AHEAD
    ? bad(
        'clock',
        `the latest event lies ${minutes} minutes ahead of this machine`,
        'set the clock, or send times in ms',
      )
    : good('clock', 'no event lies ahead of it');
}
