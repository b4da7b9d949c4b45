import type { LevelTally } from '../model/decision.ts';
import { outcomeOf } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { fade } from '../statistics/ew-cell.ts';

/** Discounted wins and losses of real outcomes. */
export const tallySchema = z.object({ wins: z.number().min(0), losses: z.number().min(0) });
export type Tally = z.infer<typeof tallySchema>;

export const emptyTally = (): Tally => ({ wins: 0, losses: 0 });

/** Numbers of which a tally is made, in this order: wins, losses. */
export const TALLY = 2;

/** Adds one outcome in R to the tally at a place of an array, at a weight in (0,1]; a scratch is half a win and half a loss. */
export function addToTallyAt(values: number[], at: number, r: number, weight = 1): void {
  const outcome = outcomeOf(r);
  const win = outcome === 'win' ? 1 : outcome === 'scratch' ? 0.5 : 0;
  const kept = fade(weight);
  values[at] = kept * values[at]! + weight * win;
  values[at + 1] = kept * values[at + 1]! + weight * (1 - win);
}

/** Adds one outcome in R, in place. */
export function addToTally(tally: Tally, r: number, weight = 1): void {
  const values = [tally.wins, tally.losses];
  addToTallyAt(values, 0, r, weight);
  tally.wins = values[0]!;
  tally.losses = values[1]!;
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
export function rateOf([strategy, cell, leaf]: Levels<LevelTally>): number {
  let p = 0.5;
  if (strategy[0] + strategy[1] > 0) p = pull(p, strategy[0], strategy[1], 0);
  if (cell[0] + cell[1] > 0) p = pull(p, cell[0], cell[1], 1);
  if (leaf[0] + leaf[1] > 0) p = pull(p, leaf[0], leaf[1], 2);
  return p;
}

/** The same of tallies, of which any may not be there. */
export const successRate = ([strategy, cell, leaf]: Levels<Tally | undefined>): number =>
  rateOf([pairOf(strategy), pairOf(cell), pairOf(leaf)]);

const pairOf = (tally: Tally | undefined): LevelTally => (tally ? [tally.wins, tally.losses] : [0, 0]);

/** The estimates of all three levels, for people who ask how the last came about. */
export function successCascade([strategy, cell, leaf]: Levels<LevelTally>): [number, number, number] {
  const first = pull(0.5, ...strategy, 0);
  const second = pull(first, ...cell, 1);
  return [first, second, pull(second, ...leaf, 2)];
}
