import type { Config } from '../config/schema.ts';
import { PRIOR_MEAN } from '../edge/constants.ts';
import { ALL_LEVELS, type Levels } from '../edge/posterior.ts';
import { countSignal, letThrough } from '../edge/sent-signals.ts';
import { type SizeMode, settledSize } from '../edge/size.ts';
import type { Decision, EdgeDetail, ReasonCode } from '../model/decision.ts';
import type { Factors } from '../model/factors.ts';
import type { Flags } from '../model/flags.ts';
import type { Signal } from '../model/signal.ts';
import { HEALTH } from '../model/strategy.ts';
import { agreementOf, confluenceOrNull, rateOrNull } from '../quality/score.ts';
import type { Sized } from './by-rules.ts';
import type { DecisionContext, Question } from './context.ts';

export interface SizedByEdge extends Sized {
  readonly edge: EdgeDetail;
  /** Whether anything but the evidence forbids it: an operator, the hard stop, a guard at 0. */
  readonly isForced: boolean;
  /** Whether the evidence alone gives it a size. */
  readonly isOwn: boolean;
}

/** Least share of its size that a signal gets where nobody could tell what it would have come to. */
const EXPLORE_SIZE = 0.05;
/** Signals not sent in a row of which the last one passes, where a size cannot be small enough. */
export const EXPLORE_EVERY = 10;

/** What a signal says of itself, as the posterior learns it: confidence times the agreement of indicators; null without a confidence. */
export function covariateOf({
  confidence,
  confluence,
}: Pick<Signal, 'confidence' | 'confluence'>): number | null {
  const given = rateOrNull(confidence);
  return given === null ? null : given * agreementOf(confluenceOrNull(confluence));
}

/** Quality of a decided signal as the posterior learns it; an older decision says it by its score. */
export function learnedQuality({ edge, score }: Decision): number | null {
  if (edge !== null) return edge.quality;
  if (score?.confidence == null) return null;
  const { confidence, confluence } = score;
  return covariateOf(confluence === null ? { confidence } : { confidence, confluence });
}

/** What of the posterior the switches leave in force. */
export const levelsOf = ({ qualityFiltering, adaptiveWeighting, retirementManagement }: Flags): Levels => ({
  ...(qualityFiltering ? ALL_LEVELS : { cell: false, symbol: false, quality: false }),
  strategyAtLeast: retirementManagement || adaptiveWeighting ? null : PRIOR_MEAN,
});

/** A target with its floor where health never blocks. */
export const flooredTarget = (
  target: number,
  cap: number,
  { adaptiveWeighting, retirementManagement }: Flags,
  { minWeight }: Pick<Config, 'minWeight'>,
): number =>
  adaptiveWeighting && !retirementManagement ? Math.max(target, Math.min(cap, minWeight)) : target;

/** How sizes of a signal are kept: all or nothing where its host can send no less, or where an operator wants it so. */
export const modeOf = ({ scalable }: Pick<Signal, 'scalable'>, { adaptiveWeighting }: Flags): SizeMode =>
  scalable === false || !adaptiveWeighting ? 'veto' : 'scale';

/** The size of a signal by the posterior: base weight times what its expected R deserves times the guard. */
export function sizeByEdge(
  { id, signal, subject, cell, cap, guard, fleetGuard, followed }: Question,
  context: DecisionContext,
): SizedByEdge {
  const { config, flags, edge } = context;
  const isWhole = signal.scalable === false;
  const mode = modeOf(signal, flags);
  const limit = mode === 'veto' ? 1 : cap;
  const pin = flags.retirementManagement ? subject.pinAt(signal.time) : null;
  const health = pin === 'SUSPENDED' || pin === 'RETIRED' ? 0 : 1;
  const stopped = context.stopped();
  const isForced = health === 0 || stopped || guard === 0;

  const leaf = subject.leafIn(cell);
  const quality = covariateOf(signal);
  const expected = edge.predict(leaf, quality, levelsOf(flags));
  let target = flooredTarget(edge.target(expected.theta, limit), limit, flags, config);
  if (pin === 'DEGRADED') target *= HEALTH.DEGRADED;
  const settled = settledSize(target, edge.lastSize(leaf, mode), limit, mode);
  // No dead band holds a size below its floor.
  const size = mode === 'scale' ? flooredTarget(settled, limit, flags, config) : settled;
  edge.keepSize(leaf, mode, size, limit);

  const isTenth = leaf.strategy.blocked + 1 >= EXPLORE_EVERY;
  const least = mode === 'scale' ? EXPLORE_SIZE : isTenth ? 1 : 0;
  const explores = !isForced && !followed && config.explore && size < least;
  const edgeFactor = explores ? least : size;

  const weight = isWhole ? 1 : subject.baseWeight();
  const factors: Factors = { weight, health, qualityFactor: 1, edgeFactor, guard, fleetGuard };
  const reasons: ReasonCode[] = pin === null || pin === 'ACTIVE' ? [] : [`STRATEGY_${pin}`];
  if (stopped) reasons.push('HARD_STOP');
  if (explores) reasons.push('EDGE_EXPLORED');
  else if (size === 0) reasons.push('EDGE_BLOCKED');
  else if (size < 1) reasons.push('EDGE_REDUCED');
  else if (size > 1) reasons.push('EDGE_RAISED');
  if (weight !== 1) reasons.push('BASE_WEIGHT');
  if (guard < 1) reasons.push('DRAWDOWN_GUARD');
  if (fleetGuard < 1) reasons.push('FLEET_GUARD');

  let multiplier = stopped ? 0 : health * edgeFactor;
  if (isWhole) {
    // Whole orders cannot be made smaller: fewer of them go out.
    if (multiplier > 0) multiplier = letThrough(leaf.strategy, guard * fleetGuard) ? 1 : 0;
  } else {
    multiplier *= weight * guard * fleetGuard;
    if (multiplier > cap) reasons.push('CAPPED');
    multiplier = Math.min(cap, multiplier);
  }
  countSignal(leaf.strategy, id, multiplier > 0);
  const { theta, variance, probability, deviation, terms } = expected;
  return {
    factors,
    multiplier,
    reasons,
    isForced,
    // A floor is no evidence: where health never blocks, its label is advice and follows outcomes alone.
    isOwn: size > 0 && flags.retirementManagement,
    edge: {
      theta,
      variance,
      probability,
      expectedR: theta * deviation,
      terms,
      differ: edge.differing(),
      lo: edge.lowest(limit),
      target,
      size,
      quality,
      atLeastMinimum: explores && mode === 'scale' && isTenth,
    },
  };
}
