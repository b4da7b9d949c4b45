import { z } from '../model/z.ts';
import { doubles } from '../statistics/doubles.ts';
import { MODELS } from './constants.ts';

/** Means and variances of one deviation, by model: m in the first half, v in the second. */
export type Deviation = number[];

export const deviationSchema = z
  .array(z.number())
  .length(2 * MODELS)
  .refine((node) => node.slice(MODELS).every((variance) => variance >= 0), 'a variance below 0');

/** A deviation at its prior. @param variances by model, or of every model */
export function deviationOf(variances: Float64Array | number, mean = 0): Deviation {
  const node = doubles(2 * MODELS);
  for (let j = 0; j < MODELS; j += 1) {
    node[j] = mean;
    node[MODELS + j] = typeof variances === 'number' ? variances : variances[j]!;
  }
  return node;
}

/** Lets a deviation relax towards its prior, in place. */
export function age(node: Deviation, keep: number, prior: Float64Array | number, mean = 0): void {
  const square = keep * keep;
  for (let j = 0; j < MODELS; j += 1) {
    node[j] = mean + keep * (node[j]! - mean);
    const variance = typeof prior === 'number' ? prior : prior[j]!;
    node[MODELS + j] = square * node[MODELS + j]! + (1 - square) * variance;
  }
}

/** A deviation as it was written down. */
export function deviationFrom(saved: readonly number[]): Deviation {
  const node = doubles(2 * MODELS);
  for (let i = 0; i < node.length; i += 1) node[i] = saved[i]!;
  return node;
}
