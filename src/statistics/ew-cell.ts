import { z } from '../model/z.ts';
import { doubles } from './doubles.ts';

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

/** Numbers of which a cell is made, in this order: n, s1, s2, gains, losses. */
export const EW_CELL = 5;
const SCRATCH = doubles(EW_CELL);

/**
 * Adds one winsorised outcome to the cell that stands at a place of an array, in place.
 * @param weight in (0,1]; how much the outcome counts
 */
export function addToEwCellAt(values: number[], at: number, r: number, weight = 1): void {
  const x = winsorise(r);
  const kept = fade(weight);
  values[at] = kept * values[at]! + weight;
  values[at + 1] = kept * values[at + 1]! + weight * x;
  values[at + 2] = kept * values[at + 2]! + weight * x * x;
  values[at + 3] = kept * values[at + 3]! + weight * Math.max(0, x);
  values[at + 4] = kept * values[at + 4]! + weight * Math.max(0, -x);
}

/** Adds one winsorised outcome, in place. */
export function addToEwCell(cell: EwCell, r: number, weight = 1): void {
  writeEwCell(SCRATCH, 0, cell);
  addToEwCellAt(SCRATCH, 0, r, weight);
  Object.assign(cell, ewCellAt(SCRATCH, 0));
}

export const ewCellAt = (values: number[], at: number): EwCell => ({
  n: values[at]!,
  s1: values[at + 1]!,
  s2: values[at + 2]!,
  gains: values[at + 3]!,
  losses: values[at + 4]!,
});

export function writeEwCell(values: number[], at: number, { n, s1, s2, gains, losses }: EwCell): void {
  values[at] = n;
  values[at + 1] = s1;
  values[at + 2] = s2;
  values[at + 3] = gains;
  values[at + 4] = losses;
}

/** Variance of R shrunk towards 1 with the strength of 5 outcomes. */
export const ewVariance = ({ n, s2 }: EwCell): number => (s2 + 5) / (n + 5);

/** Standard deviation of R shrunk towards sqrt(1.2) with the strength of 20 outcomes. */
export const ewDeviation = ({ n, s2 }: EwCell): number => Math.sqrt((s2 + 20 * 1.2) / (n + 20));

export const ewMean = ({ n, s1 }: EwCell): number => (n > 0 ? s1 / n : 0);
