import { z } from '../model/z.ts';
import { MODELS } from './constants.ts';

/** Numbers of a deviation: its means by model, then its variances. */
export const DEVIATION = 2 * MODELS;

export const deviationSchema = z
  .array(z.number())
  .length(DEVIATION)
  .refine((node) => node.slice(MODELS).every((variance) => variance >= 0), 'a variance below 0');

/** Puts the deviation that stands at a place of an array to its prior. @param variances by model, or of every model */
export function startDeviation(
  values: number[],
  at: number,
  variances: Float64Array | number,
  mean = 0,
): void {
  for (let j = 0; j < MODELS; j += 1) {
    values[at + j] = mean;
    values[at + MODELS + j] = typeof variances === 'number' ? variances : variances[j]!;
  }
}

/** Lets a deviation relax towards its prior, in place. */
export function age(
  values: number[],
  at: number,
  keep: number,
  prior: Float64Array | number,
  mean = 0,
): void {
  const square = keep * keep;
  for (let j = at; j < at + MODELS; j += 1) {
    values[j] = mean + keep * (values[j]! - mean);
    const variance = typeof prior === 'number' ? prior : prior[j - at]!;
    values[j + MODELS] = square * values[j + MODELS]! + (1 - square) * variance;
  }
}

/** Moves one deviation of one model by its share of a surprise. @param at of its mean @param s variance of the surprise e */
export function correct(values: number[], at: number, s: number, e: number): void {
  const gain = values[at + MODELS]! / s;
  values[at]! += gain * e;
  values[at + MODELS]! *= 1 - gain;
}

/** What is assumed of a deviation before its first outcome: its mean, and its variance by model. */
export interface DeviationPrior {
  readonly mean: number;
  readonly variances: Float64Array;
}

/** Puts another prior in the place of one, in place, and keeps what outcomes said: information adds up. */
export function swapPrior(values: number[], at: number, from: DeviationPrior, to: DeviationPrior): void {
  for (let j = 0; j < MODELS; j += 1) {
    const [m, v] = [values[at + j]!, values[at + MODELS + j]!];
    const [before, after] = [from.variances[j]!, to.variances[j]!];
    const precision = Math.max(0, 1 / v - 1 / before);
    const said = precision === 0 ? 0 : m / v - from.mean / before;
    const variance = 1 / (precision + 1 / after);
    values[at + j] = variance * (said + to.mean / after);
    values[at + MODELS + j] = variance;
  }
}

export const deviationAt = (values: number[], at: number): number[] => values.slice(at, at + DEVIATION);

export function writeDeviation(values: number[], at: number, deviation: readonly number[]): void {
  for (let i = 0; i < DEVIATION; i += 1) values[at + i] = deviation[i]!;
}
