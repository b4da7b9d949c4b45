import { type Config, MAX_COST } from '../config/schema.ts';
import type { Flags } from '../engine/events.ts';
import type { Decision, ExitPlan, ReasonCode, ScoreDetail } from '../model/decision.ts';
import { type Cell, cellOf, REGIMES, type Regime } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';
import { HEALTH, isName, type StrategyStatus } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';
import { rateOrNull } from '../quality/score.ts';
import type { QualityVerdict, SignalScore } from '../quality/scorer.ts';
import { canFollow } from '../shadow/shadow.ts';
import { drawdownGuard, sizeMultiplier } from './sizing.ts';

/** Everything a decision looks at. Each is O(1) in the number of trades ever seen. */
export interface DecisionContext {
  readonly config: Config;
  readonly flags: Flags;
  readonly regimeOf: (symbol: string, time: number) => Regime;
  readonly statusOf: (strategy: string) => StrategyStatus;
  readonly weightOf: (strategy: string, cell: Cell) => number;
  readonly baseWeightOf: (strategy: string) => number;
  readonly alignmentOf: (strategy: string, cell: Cell) => number;
  readonly scoreSignal: (signal: Signal, cell: Cell, alignment: number) => SignalScore;
  readonly enforce: (score: SignalScore, followed: boolean) => QualityVerdict;
  /** Whether fresh candles of a symbol come in, by which a signal that is not sent can be followed. */
  readonly hasFeed: (symbol: string, time: number) => boolean;
  /** Latest close of a symbol; null before the first candle. */
  readonly lastClose: (symbol: string) => number | null;
  /** Portfolio drawdown, a rate; null without an equity feed. */
  readonly drawdown: () => number | null;
}

/** Share of its size at which every tenth condemned signal passes. */
const EXPLORATION = 0.25;

/** The cell a signal belongs to: the host's own regime if it has one, else the detected one. */
export function cellOfSignal(signal: Signal, regime: Regime): Cell {
  if (signal.regime === undefined || !REGIMES.includes(signal.regime))
    return cellOf(regime.label, regime.direction, signal.side);
  const direction = regime.label === signal.regime ? regime.direction : signal.side === 'long' ? 1 : -1;
  return cellOf(signal.regime, direction, signal.side);
}

/** What is wrong with a signal that cannot be judged, or null. Impossible rates are no fault: they count as missing. */
export function signalFault(signal: Signal): string | null {
  if (signal === null || typeof signal !== 'object') return 'not a signal';
  if (!isName(signal.strategy)) return 'strategy is not a name';
  if (!isName(signal.symbol)) return 'symbol is not a name';
  if (signal.side !== 'long' && signal.side !== 'short') return 'side is neither long nor short';
  if (!isTime(signal.time)) return 'time is not in ms';
  if (signal.id !== undefined && !isName(signal.id))
    return 'id is not a printable text of 1 to 100 characters';
  return null;
}

/** The most a size may be multiplied by: the configuration decides, else the adapter. */
export function capOf(config: Config, signal: Pick<Signal, 'reduceOnly'> | null): number {
  return (config.reduceOnly ?? signal?.reduceOnly ?? false) ? 1 : config.maxMultiplier;
}

/** Factor of the drawdown guard on new exposure; 1 without an equity feed. */
export function guardOf(config: Config, drawdown: number | null): number {
  return drawdown === null ? 1 : drawdownGuard(drawdown, config.drawdownGuardStart, config.riskMaxDrawdown);
}

/** Judges a signal to open exposure: health, quality, weight, guard, size. Each step that matters leaves its reason. */
export function judge(signal: Signal, id: string, context: DecisionContext): Decision {
  const { config, flags } = context;
  const { strategy, symbol, side, time } = signal;
  const reasons: ReasonCode[] = [];
  const regime = context.regimeOf(symbol, time);
  const cell = cellOfSignal(signal, regime);

  const status = flags.retirementManagement ? context.statusOf(strategy) : 'ACTIVE';
  const health = HEALTH[status];
  if (status !== 'ACTIVE') reasons.push(`STRATEGY_${status}`);

  const plan = exitPlanOf(signal, config, context.lastClose(symbol));
  const followed = canFollow({ plan, atrRate: regime.atrRate }) && context.hasFeed(symbol, time);

  let score: SignalScore | null = null;
  let qualityFactor = 1;
  if (flags.qualityFiltering && config.enforcement !== 'off') {
    score = context.scoreSignal(
      signal,
      cell,
      rateOrNull(signal.alignment) ?? context.alignmentOf(strategy, cell),
    );
    // A benched strategy sends nothing anyway: its signals must not use up the filter's exploration.
    const verdict = health > 0 ? context.enforce(score, followed) : 'pass';
    if (verdict === 'block') reasons.push('QUALITY_BLOCKED');
    if (verdict === 'advisory') reasons.push('QUALITY_ADVISORY');
    if (verdict === 'explore') reasons.push('QUALITY_EXPLORED');
    qualityFactor = verdict === 'block' ? 0 : verdict === 'explore' ? EXPLORATION : 1;
  }

  const base = context.baseWeightOf(strategy);
  const weight = flags.adaptiveWeighting ? context.weightOf(strategy, cell) : base;
  if (base !== 1) reasons.push('BASE_WEIGHT');
  if (weight > base) reasons.push('WEIGHT_RAISED');
  if (weight < base) reasons.push('WEIGHT_LOWERED');

  const guard = guardOf(config, context.drawdown());
  if (guard < 1) reasons.push('DRAWDOWN_GUARD');

  const cap = capOf(config, signal);
  const wanted = sizeMultiplier({ weight, health, qualityFactor, guard }, cap);
  if (weight * health * qualityFactor * guard > cap) reasons.push('CAPPED');
  const fixed = signal.scalable === false && wanted > 0 && wanted !== 1;
  if (fixed) reasons.push('SIZE_FIXED');
  const multiplier = fixed ? 1 : wanted;

  return {
    id,
    time,
    strategy,
    symbol,
    side,
    action: multiplier > 0 ? 'execute' : 'block',
    multiplier,
    quality: score?.quality ?? null,
    adjustedConfidence: score?.adjustedConfidence ?? null,
    belowThreshold: score !== null && !score.passes,
    regime: signal.regime !== undefined && REGIMES.includes(signal.regime) ? signal.regime : regime.label,
    cell,
    atrRate: regime.atrRate,
    base,
    weight,
    status,
    health,
    qualityFactor,
    guard,
    cap,
    score: score && detailOf(score, config),
    plan,
    reasons,
  };
}

function detailOf(score: SignalScore, { minQualityThreshold: threshold, enforcement }: Config): ScoreDetail {
  const { confidence, confluence, alignment, successRate, adjustment, levels, below } = score;
  return {
    confidence,
    confluence,
    alignment,
    successRate,
    adjustment,
    threshold,
    enforcement,
    levels,
    below,
  };
}

/** How the outcome of a signal is to be followed if it is not sent. A price on the wrong side of the market is none. */
function exitPlanOf(signal: Signal, config: Config, lastClose: number | null): ExitPlan {
  const { side, exitRule } = signal;
  const onSide = (level: number | null, above: boolean): number | null =>
    level !== null && lastClose !== null && level > lastClose !== above ? null : level;
  return {
    stop: onSide(priceOrNull(signal.stop), side === 'short'),
    target: onSide(priceOrNull(signal.target), side === 'long'),
    rule: exitRule === 'host' ? 'host' : 'barrier',
    feeRate: costOrNull(signal.feeRate) ?? config.feeRate,
    slippageRate: costOrNull(signal.slippageRate) ?? config.slippageRate,
    size: priceOrNull(signal.size),
  };
}

/** A cost rate from a host: null where it is missing, or more than any venue takes: 1 is not 1%. */
const costOrNull = (value: number | undefined): number | null =>
  typeof value === 'number' && value >= 0 && value <= MAX_COST ? value : null;

/** A price or a size from a host: null where it is missing, or cannot be one. */
const priceOrNull = (value: number | undefined): number | null =>
  typeof value === 'number' && value > 0 && value <= 1e15 ? value : null;

/** A decision that is not sent after all, for one more reason. */
export const blockedBy = (decision: Decision, reason: ReasonCode): Decision => ({
  ...decision,
  action: 'block',
  multiplier: 0,
  reasons: [...decision.reasons, reason],
});

/** What is sent when nothing was judged: the host's own order. */
export function passed(signal: Signal, id: string, reason: ReasonCode): Decision {
  return {
    id,
    time: signal.time,
    strategy: signal.strategy,
    symbol: signal.symbol,
    side: signal.side,
    action: 'pass',
    multiplier: 1,
    quality: null,
    adjustedConfidence: null,
    belowThreshold: false,
    regime: 'UNKNOWN',
    cell: 'UNKNOWN',
    atrRate: null,
    base: 1,
    weight: 1,
    status: 'ACTIVE',
    health: 1,
    qualityFactor: 1,
    guard: 1,
    cap: 1,
    score: null,
    plan: null,
    reasons: [reason],
  };
}

/**
 * What is sent when judging failed: the base weight, times health and guard as last known. It never brings
 * back a suspended strategy, and never blocks an order by itself.
 */
export function fallback(signal: Signal, id: string, reason: ReasonCode, context: DecisionContext): Decision {
  const { config, flags } = context;
  const { strategy } = signal;
  const status = orElse(() => (flags.retirementManagement ? context.statusOf(strategy) : 'ACTIVE'), 'ACTIVE');
  const weight = orElse(() => context.baseWeightOf(strategy), 1);
  const guard = orElse(() => guardOf(config, context.drawdown()), 1);
  const cap = orElse(() => capOf(config, signal), 1);
  const wanted = Math.min(cap, weight) * HEALTH[status] * guard;
  const multiplier = signal.scalable === false && wanted > 0 ? 1 : wanted;
  return {
    ...passed(signal, id, reason),
    action: multiplier > 0 ? 'execute' : 'block',
    multiplier,
    base: weight,
    weight,
    status,
    health: HEALTH[status],
    guard,
    cap,
    reasons: status === 'ACTIVE' ? [reason] : [reason, `STRATEGY_${status}`],
  };
}

/** A failure here is what brought us here, and is reported already: the safe value goes in. */
function orElse<T>(read: () => T, safe: T): T {
  try {
    return read();
  } catch {
    return safe;
  }
}
