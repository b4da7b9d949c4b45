import type { Decision, ReasonCode, ScoreDetail } from '../model/decision.ts';
import { REGIMES } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';
import { rateOrNull } from '../quality/score.ts';
import type { QualitySettings, SignalScore } from '../quality/scorer.ts';
import { canFollow } from '../shadow/shadow.ts';
import { sizeByEdge } from './by-edge.ts';
import { sizeByRules } from './by-rules.ts';
import { cellOfSignal } from './cell.ts';
import type { DecisionContext, Question, Subject } from './context.ts';
import { inControlArm } from './control-arm.ts';
import { exitPlanOf } from './exit-plan.ts';
import { capOf } from './limits.ts';

/** A decision, and whether the evidence alone gives its signal a size. */
export interface Judged {
  readonly decision: Decision;
  readonly isOwn: boolean;
}

/** Judges a signal to open exposure. Each step that matters leaves its reason. @param id of the decision */
export function judge(signal: Signal, id: string, subject: Subject, context: DecisionContext): Judged {
  const { config, flags } = context;
  const { strategy, symbol, side, time } = signal;
  const regime = subject.regimeAt(time);
  const { atrRate } = regime;
  const cell = cellOfSignal(signal, regime);
  const plan = exitPlanOf(signal, config, subject.lastClose());
  const followed = canFollow({ plan, atrRate }) && subject.hasFeed(time);
  const cap = capOf(config, signal);
  const [guard, fleetGuard] = [context.guard(), context.fleetGuard(time)];
  const question: Question = { id, signal, subject, cell, cap, guard, fleetGuard, followed };
  const score =
    flags.qualityFiltering && context.quality.enforcement !== 'off'
      ? subject.score(signal, cell, rateOrNull(signal.alignment) ?? subject.alignmentIn(cell))
      : null;
  const byEdge = config.evidence === 'posterior' ? sizeByEdge(question, context) : null;
  const { factors, multiplier: intended, reasons } = byEdge ?? sizeByRules(question, score, context);
  const isWhole = intended > 0 && signal.scalable === false;
  const { sent, why } = sentOf(signal, id, intended, byEdge?.isForced ?? intended === 0, context);

  return {
    isOwn: byEdge?.isOwn ?? false,
    decision: {
      id,
      time,
      strategy,
      symbol,
      side,
      action: sent > 0 ? 'execute' : 'block',
      multiplier: sent,
      intended: isWhole ? 1 : intended,
      quality: score === null ? null : score.quality,
      adjustedConfidence: score === null ? null : score.adjustedConfidence,
      belowThreshold: score !== null && !score.passes,
      regime: signal.regime !== undefined && REGIMES.includes(signal.regime) ? signal.regime : regime.label,
      cell,
      atrRate,
      base: subject.baseWeight(),
      status: byEdge || flags.retirementManagement ? subject.status() : 'ACTIVE',
      weight: factors.weight,
      health: factors.health,
      qualityFactor: factors.qualityFactor,
      edgeFactor: factors.edgeFactor,
      guard: factors.guard,
      fleetGuard: factors.fleetGuard,
      cap,
      score: score && detailOf(score, context.quality),
      edge: byEdge?.edge ?? null,
      equity: context.equity(),
      plan,
      reasons: why === null ? reasons : [...reasons, why],
    },
  };
}

/** What goes out of what was decided: the host's own size while the overlay observes, and of a signal in the control arm. */
function sentOf(
  signal: Signal,
  id: string,
  intended: number,
  isForced: boolean,
  { config, mode }: DecisionContext,
): { readonly sent: number; readonly why: ReasonCode | null } {
  if (mode === 'observe') return { sent: 1, why: 'OBSERVED' };
  if (config.controlArm === 0 || intended >= 1 || isForced) return { sent: intended, why: null };
  return inControlArm(signal.id ?? id, config)
    ? { sent: 1, why: 'CONTROL_ARM' }
    : { sent: intended, why: null };
}

function detailOf(
  score: SignalScore,
  { minQualityThreshold: threshold, enforcement }: QualitySettings,
): ScoreDetail {
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
