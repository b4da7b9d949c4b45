import { z } from '../model/z.ts';

/** Memory of one outcome to the next: the past weighs 1/e after 100 outcomes. */
export const LAMBDA = 0.99;

/** R-multiples beyond this are winsorised for estimators, never in the record. */
export const WINSOR = 10;

export const winsorise = (r: number): number => Math.min(WINSOR, Math.max(-WINSOR, r));

/** Exponentially weighted outcomes in R: count, sum, sum of squares, sums of gains and of losses. */
export const ewCellSchema = z.object({
  n: z.number().min(0),
  s1: z.number(),
  s2: z.number().min(0),
  gains: z.number().min(0),
  losses: z.number().min(0),
});
export type EwCell = z.infer<typeof ewCellSchema>;

export const emptyEwCell = (): EwCell => ({ n: 0, s1: 0, s2: 0, gains: 0, losses: 0 });

/** What is left of the past after an outcome of this weight: two halves fade it as much as a whole. */
export const fade = (weight: number): number => (weight === 1 ? LAMBDA : LAMBDA ** weight);

/**
 * Adds one winsorised outcome, in place.
 * @param weight in (0,1]; how much the outcome counts
 */
export function addToEwCell(cell: EwCell, r: number, weight = 1): void {
  const x = winsorise(r);
  const kept = fade(weight);
  cell.n = kept * cell.n + weight;
  cell.s1 = kept * cell.s1 + weight * x;
  cell.s2 = kept * cell.s2 + weight * x * x;
  cell.gains = kept * cell.gains + weight * Math.max(0, x);
  cell.losses = kept * cell.losses + weight * Math.max(0, -x);
}

/** Variance of R shrunk towards 1 with the strength of 5 outcomes. */
export const ewVariance = ({ n, s2 }: EwCell): number => (s2 + 5) / (n + 5);

/** Standard deviation of R shrunk towards sqrt(1.2) with the strength of 20 outcomes. */
export const ewDeviation = ({ n, s2 }: EwCell): number => Math.sqrt((s2 + 20 * 1.2) / (n + 20));

export const ewMean = ({ n, s1 }: EwCell): number => (n > 0 ? s1 / n : 0);
