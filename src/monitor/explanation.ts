import { EXPLORE_EVERY } from '../decision/by-edge.ts';
import type { Decision, EdgeDetail, ScoreDetail } from '../model/decision.ts';
import { FACTOR_NAMES, FACTORS, type FactorName, factorOf } from '../model/factors.ts';
import { loses, MAX_PROBABILITY, MIN_OUTCOMES } from '../quality/below-threshold.ts';
import { qualityScore, termWeights } from '../quality/score.ts';
import { successCascade } from '../quality/success-rate.ts';
import { PASS, PROBATION_OUTCOMES } from '../retirement/probation.ts';

/** One step from the host's own size to what was sent. */
export interface WaterfallStep {
  readonly step:
    | 'base'
    | (typeof FACTORS)[FactorName]['label']
    | 'cap'
    | 'as sent'
    | 'untouched'
    | 'rounding';
  readonly factor: number;
  /** Factor on the host's size after this step. */
  readonly after: number;
  readonly note: string;
}

/** One term of the score: what it is worth of the weight it has. */
export interface ScoreTerm {
  readonly term: 'confidence' | 'alignment' | 'success rate';
  readonly value: number | null;
  readonly weight: number;
}

/** A change that would have made another decision. */
export interface Flip {
  readonly change: string;
  /** How far it is, as a share of what the quantity can be; nearest first. */
  readonly distance: number;
  /** The inputs of the score that would have done it, where that is what has to change. */
  readonly inputs?: Partial<Pick<ScoreDetail, 'confidence' | 'confluence' | 'alignment' | 'threshold'>>;
}

/** Why a decision is what it is. */
export interface Explanation {
  readonly decision: Decision;
  readonly waterfall: readonly WaterfallStep[];
  readonly terms: readonly ScoreTerm[];
  /** Success rate after the strategy, its cell, and its symbol and side there; null where nothing was scored. */
  readonly cascade: readonly [number, number, number] | null;
  /** What would have blocked a signal that was sent, or sent one that was blocked; nearest first. */
  readonly flips: readonly Flip[];
}

/**
 * @param filled base units that the order filled, where that is known: what rounding to the venue's lots left
 */
export function explain(decision: Decision, filled: number | null = null): Explanation {
  const { score } = decision;
  return {
    decision,
    waterfall: waterfallOf(decision, filled),
    terms: score ? termsOf(score) : [],
    cascade: score && successCascade(score.levels),
    flips: flipsOf(decision).sort((a, b) => a.distance - b.distance),
  };
}

/** What each factor is to people. */
const NOTES: Readonly<Record<FactorName, (decision: Decision) => string>> = {
  weights: ({ weight, cell, edge }) =>
    edge === null ? `learned weight ${weight.toFixed(3)} in ${cell}` : 'nothing beside the size below',
  health: ({ status, edge, health }) =>
    edge === null
      ? `the strategy is ${status}`
      : health < 1
        ? `an operator holds it ${status}`
        : `the strategy is ${status}, which causes nothing by itself`,
  quality: (decision) => (decision.edge === null ? qualityNote(decision) : 'in the size below'),
  edge: ({ edge, reasons }) =>
    edge === null
      ? 'the founding rules decide'
      : reasons.includes('EDGE_EXPLORED')
        ? 'too little is expected of it; it is let through a little, for nobody could tell what it would have come to'
        : `P(mean R > 0) = ${edge.probability.toFixed(2)}, expected ${edge.expectedR.toFixed(3)} R`,
  guard: ({ guard }) =>
    guard < 1 ? 'portfolio drawdown shrinks new exposure' : 'no drawdown to guard against',
  fleet: ({ fleetGuard }) =>
    fleetGuard < 1 ? 'the drawdown of the whole fleet shrinks new exposure' : 'nothing that a fleet says',
};

function waterfallOf(decision: Decision, filled: number | null): WaterfallStep[] {
  const { base, cap, multiplier, intended, reasons } = decision;
  const steps: WaterfallStep[] = [];
  let after = 1;
  const add = (step: WaterfallStep['step'], factor: number, note: string) => {
    after *= factor;
    steps.push({ step, factor, after, note });
  };
  add('base', base, 'base weight as configured');
  for (const name of FACTOR_NAMES) {
    const factor = factorOf(decision, name);
    // A weight contains its base, which stands above.
    const beside = name === 'weights' && base > 0 ? factor / base : factor;
    add(FACTORS[name].label, beside, NOTES[name](decision));
  }
  if (after > cap) add('cap', cap / after, `at most x${cap}`);
  const left = after > 0 ? intended / after : 1;
  if (Math.abs(left - 1) > 1e-12) add('as sent', left, whyNotAll(decision));
  if (multiplier !== intended) {
    const note = reasons.includes('OBSERVED')
      ? 'the overlay observes: nothing is touched'
      : 'drawn by chance into the control arm';
    steps.push({ step: 'untouched', factor: after > 0 ? multiplier / after : 1, after: multiplier, note });
    after = multiplier;
  }
  const asked = decision.plan?.size ?? null;
  if (asked !== null && filled !== null && multiplier > 0)
    add('rounding', filled / (asked * multiplier), `asked ${asked * multiplier}, closed so far ${filled}`);
  return steps;
}

/** Why less, or more, went out than the factors make. */
function whyNotAll({ reasons }: Decision): string {
  if (reasons.includes('BELOW_MIN')) return 'below the minimum of the venue';
  if (reasons.includes('AT_MIN')) return 'the least that the venue takes, to learn from';
  if (reasons.includes('HARD_STOP')) return 'the hard stop holds everything back';
  if (reasons.includes('SIZE_FIXED')) return 'the host sends its own size or nothing';
  return 'whole or not at all';
}

function qualityNote({ score, quality, reasons, qualityFactor }: Decision): string {
  if (!score || quality === null) return 'not scored';
  const against = `score ${quality.toFixed(3)} against ${score.threshold}`;
  if (reasons.includes('QUALITY_BLOCKED')) return `${against}, and such signals are held back`;
  if (reasons.includes('QUALITY_EXPLORED')) return `${against}; every tenth passes, to learn from`;
  if (reasons.includes('QUALITY_ADVISORY')) return `${against}, but nothing shows that such signals lose`;
  return qualityFactor === 1 ? against : `${against}, not applied`;
}

function termsOf({ confidence, alignment, successRate }: ScoreDetail): ScoreTerm[] {
  const weights = termWeights(confidence);
  return [
    { term: 'confidence', value: confidence, weight: weights.confidence },
    { term: 'alignment', value: alignment, weight: weights.alignment },
    { term: 'success rate', value: successRate, weight: weights.successRate },
  ];
}

function flipsOf(decision: Decision): Flip[] {
  if (decision.action === 'pass') return [{ change: 'the overlay switched on', distance: 1 }];
  if (decision.edge !== null) return edgeFlips(decision, decision.edge);
  return decision.multiplier > 0 ? sentFlips(decision) : blockedFlips(decision);
}

/** What would have turned a decision of the posterior: an obstacle that goes, or a theta across where sizes begin. */
function edgeFlips(
  { reasons, status, health, guard, fleetGuard, intended }: Decision,
  { theta, lo }: EdgeDetail,
): Flip[] {
  const obstacles: string[] = [];
  if (health === 0) obstacles.push(`an operator who takes ${status} back: \`edgekeeper force\``);
  if (reasons.includes('HARD_STOP')) obstacles.push('the hard stop let go: `edgekeeper resume`');
  if (reasons.includes('BELOW_MIN'))
    obstacles.push("a larger host size: the rest of it is below the venue's minimum");
  if (obstacles.length === 0 && intended === 0 && theta > lo && guard * fleetGuard < 1)
    obstacles.push('a smaller portfolio drawdown: the guard lets only some whole orders through');
  if (intended === 0 && obstacles.length > 0) return [{ change: obstacles.join(', and '), distance: 1 }];
  const by = Math.abs(theta - lo);
  const change =
    theta > lo
      ? `${by.toFixed(3)} less expected, in standard deviations of R: sizes begin at theta ${lo.toFixed(3)}`
      : `${by.toFixed(3)} more expected, in standard deviations of R${intended > 0 ? ', to be sent for more than exploring' : `, or the ${EXPLORE_EVERY}th in a row, where no candles follow it`}`;
  return [{ change, distance: by }];
}

/** What would have sent a signal that was blocked: of several obstacles all must go, of the ways around one each will do. */
function blockedFlips({ score, quality, reasons, status, guard }: Decision): Flip[] {
  const obstacles: string[] = [];
  if (status === 'SUSPENDED')
    obstacles.push(
      `the strategy off the bench: ${PROBATION_OUTCOMES} signals with a z of at least ${PASS} on probation, or \`edgekeeper force\``,
    );
  if (status === 'RETIRED') obstacles.push('an operator who brings it back: `edgekeeper force`');
  if (guard === 0) obstacles.push('a portfolio drawdown below riskMaxDrawdown');
  if (reasons.includes('BELOW_MIN'))
    obstacles.push("a larger host size: the rest of it is below the venue's minimum");
  const heldBack = score !== null && quality !== null && reasons.includes('QUALITY_BLOCKED');
  if (obstacles.length > 0) {
    if (heldBack) obstacles.push('a quality score that is not held back');
    return [{ change: obstacles.join(', and '), distance: 1 }];
  }
  if (!heldBack) return [];
  const { probability } = score.below;
  const outcomes: Flip = {
    change: `low signals here win with probability ${probability.toFixed(2)}: above ${MAX_PROBABILITY} they are sent`,
    distance: MAX_PROBABILITY - probability,
  };
  return [...(score.enforcement === 'guarded' ? [outcomes] : []), ...scoreFlips(score, quality, false)];
}

/** What would have blocked a signal that was sent. */
function sentFlips({ score, quality, belowThreshold, reasons }: Decision): Flip[] {
  if (!score || quality === null) return [];
  const { enforcement, below } = score;
  const acts = enforcement === 'strict' || (enforcement === 'guarded' && loses(below));
  if (acts && !belowThreshold) return scoreFlips(score, quality, true);
  if (enforcement !== 'guarded' || reasons.includes('QUALITY_EXPLORED')) return [];
  const held = `low signals here win with probability ${below.probability.toFixed(2)} (${below.n.toFixed(0)} outcomes): at ${MAX_PROBABILITY} or less, from ${MIN_OUTCOMES} outcomes on, they are held back`;
  const distance =
    Math.max(0, below.probability - MAX_PROBABILITY) + Math.max(0, (MIN_OUTCOMES - below.n) / MIN_OUTCOMES);
  return [
    {
      change: belowThreshold ? held : `a score below ${score.threshold}, and outcomes against it: ${held}`,
      distance,
    },
  ];
}

/** The single changes that carry a score over its threshold, or below it. */
function scoreFlips(score: ScoreDetail, quality: number, passes: boolean): Flip[] {
  const scoreWith = (inputs: Partial<ScoreDetail>) => qualityScore({ ...score, ...inputs });
  const across = (value: number) => (passes ? value < score.threshold : value >= score.threshold);
  const flips: Flip[] = [];
  for (const term of ['confidence', 'alignment'] as const) {
    const now = score[term];
    if (now === null) continue;
    const edge = crossing((value) => across(scoreWith({ [term]: value })), now, passes ? 0 : 1);
    if (edge === null) continue;
    flips.push({
      change: `${term} ${now.toFixed(3)} -> ${edge.toFixed(3)}`,
      distance: Math.abs(edge - now),
      inputs: { [term]: edge },
    });
  }
  if (score.confluence !== null) {
    for (const confluence of passes ? [2, 1] : [2, 3]) {
      const towards = passes ? confluence < score.confluence : confluence > score.confluence;
      if (!towards || !across(scoreWith({ confluence }))) continue;
      flips.push({
        change: `confluence ${score.confluence} -> ${confluence}`,
        distance: Math.abs(confluence - score.confluence) / 3,
        inputs: { confluence },
      });
      break;
    }
  }
  flips.push({
    change: `minQualityThreshold ${score.threshold} -> ${passes ? 'above' : 'at most'} ${quality.toFixed(3)}`,
    distance: Math.abs(score.threshold - quality),
    inputs: { threshold: passes ? quality + 1e-9 : quality },
  });
  return flips;
}

/** The value nearest to `from`, on the way to `to`, at which a monotone condition holds; null where it never does. */
function crossing(holds: (value: number) => boolean, from: number, to: number): number | null {
  if (!holds(to)) return null;
  let [outside, inside] = [from, to];
  for (let i = 0; i < 60; i += 1) {
    const middle = (outside + inside) / 2;
    if (holds(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
