import type { ReasonCode } from '../model/decision.ts';
import { type Factors, productOf } from '../model/factors.ts';
import { HEALTH } from '../model/strategy.ts';
import type { SignalScore } from '../quality/scorer.ts';
import type { DecisionContext, Question } from './context.ts';
import { sizeMultiplier } from './sizing.ts';

/** A size, and what it is made of. */
export interface Sized {
  readonly factors: Factors;
  /** In [0, cap]. */
  readonly multiplier: number;
  readonly reasons: readonly ReasonCode[];
}

/** Share of its size at which every tenth condemned signal passes. */
const EXPLORATION = 0.25;

/** The size of a signal by the founding rules: health, quality, weight, guard. */
export function sizeByRules(
  { signal, subject, cell, cap, guard, fleetGuard, followed }: Question,
  score: SignalScore | null,
  context: DecisionContext,
): Sized {
  const { flags } = context;
  const reasons: ReasonCode[] = [];
  const status = flags.retirementManagement ? subject.status() : 'ACTIVE';
  const health = HEALTH[status];
  if (status !== 'ACTIVE') reasons.push(`STRATEGY_${status}`);

  let qualityFactor = 1;
  if (score !== null) {
    // A benched strategy sends nothing anyway: its signals must not use up the filter's exploration.
    const verdict = health > 0 ? subject.enforce(score, followed) : 'pass';
    if (verdict === 'block') reasons.push('QUALITY_BLOCKED');
    if (verdict === 'advisory') reasons.push('QUALITY_ADVISORY');
    if (verdict === 'explore') reasons.push('QUALITY_EXPLORED');
    qualityFactor = verdict === 'block' ? 0 : verdict === 'explore' ? EXPLORATION : 1;
  }

  const base = subject.baseWeight();
  const weight = flags.adaptiveWeighting ? subject.weightIn(cell) : base;
  if (base !== 1) reasons.push('BASE_WEIGHT');
  if (weight > base) reasons.push('WEIGHT_RAISED');
  if (weight < base) reasons.push('WEIGHT_LOWERED');
  if (guard < 1) reasons.push('DRAWDOWN_GUARD');
  if (fleetGuard < 1) reasons.push('FLEET_GUARD');
  if (context.stopped()) reasons.push('HARD_STOP');

  const factors: Factors = { weight, health, qualityFactor, edgeFactor: 1, guard, fleetGuard };
  const product = productOf(factors);
  if (product > cap) reasons.push('CAPPED');
  const wanted = context.stopped() ? 0 : sizeMultiplier(factors, cap);
  const fixed = signal.scalable === false && wanted > 0 && wanted !== 1;
  if (fixed) reasons.push('SIZE_FIXED');
  return { factors, multiplier: fixed ? 1 : wanted, reasons };
}
