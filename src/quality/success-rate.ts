import { z } from 'zod';
import { outcomeOf } from '../model/trade.ts';
import { LAMBDA } from '../statistics/ew-cell.ts';

/** Discounted wins and losses of real outcomes. */
export const tallySchema = z.object({ wins: z.number().min(0), losses: z.number().min(0) });
export type Tally = z.infer<typeof tallySchema>;

export const emptyTally = (): Tally => ({ wins: 0, losses: 0 });

/** Adds one outcome in R, in place; a scratch is half a win and half a loss. */
export function addToTally(tally: Tally, r: number): void {
  const outcome = outcomeOf(r);
  const win = outcome === 'win' ? 1 : outcome === 'scratch' ? 0.5 : 0;
  tally.wins = LAMBDA * tally.wins + win;
  tally.losses = LAMBDA * tally.losses + 1 - win;
}

/** Strength of the prior, in outcomes, at each level: strategy; strategy x cell; with symbol and side. */
const STRENGTHS = [20, 40, 40] as const;

/**
 * Historical success rate in [0,1]: starting from 1/2, each level pulls the estimate of the coarser one
 * towards its own wins and losses, as far as it has any.
 */
export function successRate(
  levels: readonly [Tally | undefined, Tally | undefined, Tally | undefined],
): number {
  let p = 0.5;
  for (let i = 0; i < STRENGTHS.length; i += 1) {
    const tally = levels[i];
    if (tally) p = (tally.wins + STRENGTHS[i]! * p) / (tally.wins + tally.losses + STRENGTHS[i]!);
  }
  return p;
}
