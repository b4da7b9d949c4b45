import type { LevelTally } from '../model/decision.ts';
import { outcomeOf } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { fade } from '../statistics/ew-cell.ts';

/** Discounted wins and losses of real outcomes. */
export const tallySchema = z.object({ wins: z.number().min(0), losses: z.number().min(0) });
export type Tally = z.infer<typeof tallySchema>;

export const emptyTally = (): Tally => ({ wins: 0, losses: 0 });

/** Adds one outcome in R, in place, at a weight in (0,1]; a scratch is half a win and half a loss. */
export function addToTally(tally: Tally, r: number, weight = 1): void {
  const outcome = outcomeOf(r);
  const win = outcome === 'win' ? 1 : outcome === 'scratch' ? 0.5 : 0;
  const kept = fade(weight);
  tally.wins = kept * tally.wins + weight * win;
  tally.losses = kept * tally.losses + weight * (1 - win);
}

/** Strength of the prior, in outcomes, at each level: strategy; strategy x cell; with symbol and side. */
const STRENGTHS = [20, 40, 40] as const;

type Levels<T> = readonly [strategy: T, cell: T, leaf: T];

/** The estimate of one level: the coarser one, pulled towards this level's own wins and losses. */
const pull = (coarser: number, wins: number, losses: number, level: number): number =>
  (wins + STRENGTHS[level]! * coarser) / (wins + losses + STRENGTHS[level]!);

/**
 * Historical success rate in [0,1]: starting from 1/2, each level pulls the estimate of the coarser one
 * towards its own wins and losses, as far as it has any.
 */
export function successRate(levels: Levels<Tally | null | undefined>): number {
  let p = 0.5;
  for (let i = 0; i < STRENGTHS.length; i += 1) {
    const tally = levels[i];
    if (tally) p = pull(p, tally.wins, tally.losses, i);
  }
  return p;
}

/** The estimates of all three levels, for people who ask how the last came about. */
export function successCascade([strategy, cell, leaf]: Levels<LevelTally>): [number, number, number] {
  const first = pull(0.5, ...strategy, 0);
  const second = pull(first, ...cell, 1);
  return [first, second, pull(second, ...leaf, 2)];
}
