import type { Decision, ReasonCode } from '../model/decision.ts';
import type { Signal } from '../model/signal.ts';
import { HEALTH } from '../model/strategy.ts';
import { modeOf } from './by-edge.ts';
import { cellOfSignal } from './cell.ts';
import type { DecisionContext, Subject } from './context.ts';
import { capOf } from './limits.ts';

/** A decision that is not sent after all, for one more reason. */
export const blockedBy = (decision: Decision, reason: ReasonCode): Decision => ({
  ...decision,
  action: 'block',
  multiplier: 0,
  intended: 0,
  reasons: [...decision.reasons, reason],
});

/** What is sent when nothing was judged: the host's own order. */
export function passed(
  signal: Pick<Signal, 'strategy' | 'symbol' | 'side' | 'time'>,
  id: string,
  reason: ReasonCode,
): Decision {
  return {
    id,
    time: signal.time,
    strategy: signal.strategy,
    symbol: signal.symbol,
    side: signal.side,
    action: 'pass',
    multiplier: 1,
    intended: 1,
    quality: null,
    adjustedConfidence: null,
    belowThreshold: false,
    regime: 'UNKNOWN',
    cell: 'UNKNOWN',
    atrRate: null,
    base: 1,
    status: 'ACTIVE',
    weight: 1,
    health: 1,
    qualityFactor: 1,
    edgeFactor: 1,
    guard: 1,
    fleetGuard: 1,
    cap: 1,
    score: null,
    edge: null,
    equity: null,
    plan: null,
    reasons: [reason],
  };
}

/**
 * What is sent when judging failed: the base weight, times the last size, health and guard as last known. It never
 * brings back a suspended strategy, and never blocks an order by itself.
 */
export function fallback(
  signal: Signal,
  id: string,
  reason: ReasonCode,
  subject: Subject,
  context: DecisionContext,
): Decision {
  const { config, flags } = context;
  const status = orElse(() => (flags.retirementManagement ? subject.status() : 'ACTIVE'), 'ACTIVE');
  const base = orElse(() => subject.baseWeight(), 1);
  const guard = orElse(() => context.guard(), 1);
  const fleetGuard = orElse(() => context.fleetGuard(signal.time), 1);
  const cap = orElse(() => capOf(config, signal), 1);
  const byEdge = config.evidence === 'posterior';
  const edgeFactor = byEdge ? orElse(() => lastSize(signal, subject, context), 1) : 1;
  // Labels cause no sizes by themselves, but for those that say that nothing is sent.
  const health = byEdge && status === 'DEGRADED' ? 1 : HEALTH[status];
  const stopped = orElse(() => context.stopped(), false);
  const wanted = stopped ? 0 : Math.min(cap, base * edgeFactor) * health * guard * fleetGuard;
  const multiplier = signal.scalable === false && wanted > 0 ? 1 : wanted;
  const observes = orElse(() => context.mode === 'observe', false);
  const sent = observes ? 1 : multiplier;
  const reasons: ReasonCode[] = [reason];
  if (status !== 'ACTIVE') reasons.push(`STRATEGY_${status}`);
  if (stopped) reasons.push('HARD_STOP');
  if (observes) reasons.push('OBSERVED');
  return {
    ...passed(signal, id, reason),
    action: sent > 0 ? 'execute' : 'block',
    multiplier: sent,
    intended: multiplier,
    base,
    status,
    weight: base,
    health,
    edgeFactor,
    guard,
    fleetGuard,
    cap,
    reasons,
  };
}

/** The size that signals like this one got last; 1 before the first. */
function lastSize(signal: Signal, subject: Subject, { edge, flags }: DecisionContext): number {
  const cell = cellOfSignal(signal, subject.regimeAt(signal.time));
  return edge.lastSizeOf(subject.strategy, subject.symbol, cell, modeOf(signal, flags)) ?? 1;
}

/** A failure here is what brought us here, and is reported already: the safe value goes in. */
function orElse<T>(read: () => T, safe: T): T {
  try {
    return read();
  } catch {
    return safe;
  }
}
