import { winsorise } from '../statistics/ew-cell.ts';
import { addToMoments, emptyMoments, sampleVariance } from '../statistics/moments.ts';
import { effectOf } from './attribution.ts';
import type { Claim } from './claim.ts';
import type { EffectLedger } from './ledger.ts';

/** What signals that went out by chance say of those that were only followed. */
export interface ArmStatement {
  /** Signals in the arm whose outcome is known, and those of them that would have been blocked and were followed too. */
  readonly n: number;
  readonly compared: number;
  /** Effect over the arm's signals alone: right, and rarely enough of them. */
  readonly alone: Pick<Claim, 'n' | 'effect' | 'standardError'>;
  /** Mean of followed less real R: above 0 what is followed looks better than it would have been. */
  readonly bias: number | null;
  /** What the bias makes of the effect, and of the square of its standard error. */
  readonly correction: { readonly effect: number; readonly variance: number };
  /** R that the arm cost: what it sent beyond what the overlay would have sent, times what that came to. */
  readonly cost: number;
}

/** The control arm's part of the statement; null where there is none. */
export function armStatement({ outcomes, followed }: EffectLedger): ArmStatement | null {
  const arm = outcomes.filter(({ inArm }) => inArm);
  if (arm.length === 0) return null;
  const differences = emptyMoments();
  for (const { decisionId, intended, r } of arm) {
    const shadow = followed.get(decisionId);
    if (intended === 0 && shadow !== undefined) addToMoments(differences, winsorise(shadow) - winsorise(r));
  }
  // Those of the arm were sent: their R is real, and needs no correction.
  const share = outcomes.filter(({ inArm, intended }) => !inArm && intended === 0).length / outcomes.length;
  const { n: compared, mean } = differences;
  const variance = sampleVariance(differences);
  const { n, effect, standardError } = effectOf(arm);
  return {
    n: arm.length,
    compared,
    alone: { n, effect, standardError },
    bias: compared > 0 ? mean : null,
    correction:
      variance === null
        ? { effect: 0, variance: 0 }
        : { effect: share * mean, variance: (share * share * variance) / compared },
    cost: arm.reduce((sum, { multiplier, intended, r }) => sum - (multiplier - intended) * winsorise(r), 0),
  };
}
