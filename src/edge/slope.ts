import { z } from '../model/z.ts';
import { clip } from '../statistics/clip.ts';
import {
  QUALITY_MEMORY,
  QUALITY_RANGE,
  SLOPE_BOUNDS,
  SLOPE_FROM,
  SLOPE_PRIOR,
  SLOPE_VARIANCE,
  SLOW,
} from './constants.ts';

/** Mean, variance and probability of the slope of quality; weighted count, sum and sum of squares of qualities. */
export const slopeSchema = z.object({
  m: z.number(),
  v: z.number(),
  w: z.number(),
  n: z.number(),
  q1: z.number(),
  q2: z.number(),
});
export type Slope = z.infer<typeof slopeSchema>;

/** Numbers of which a slope is made, in this order: m, v, w, n, q1, q2. */
export const SLOPE = 6;

export const slopeAt = (values: number[], at: number): Slope => ({
  m: values[at]!,
  v: values[at + 1]!,
  w: values[at + 2]!,
  n: values[at + 3]!,
  q1: values[at + 4]!,
  q2: values[at + 5]!,
});

export function writeSlope(values: number[], at: number, { m, v, w, n, q1, q2 }: Slope): void {
  values[at] = m;
  values[at + 1] = v;
  values[at + 2] = w;
  values[at + 3] = n;
  values[at + 4] = q1;
  values[at + 5] = q2;
}

export const startSlope = (values: number[], at: number): void =>
  writeSlope(values, at, { m: 0, v: SLOPE_VARIANCE, w: SLOPE_PRIOR, n: 0, q1: 0, q2: 0 });

/** How many standard deviations a quality lies above the strategy's usual one; 0 where nobody can say. */
export function standing(values: number[], at: number, quality: number | null): number {
  const n = values[at + 3]!;
  if (quality === null || n < SLOPE_FROM) return 0;
  const mean = values[at + 4]! / n;
  const variance = values[at + 5]! / n - mean * mean;
  return variance <= 1e-6 ? 0 : clip((quality - mean) / Math.sqrt(variance), -QUALITY_RANGE, QUALITY_RANGE);
}

/** One outcome as the slope learns it. */
export interface SlopeOutcome {
  readonly quality: number | null;
  /** Outcome in standard deviations of R, and what was expected of it without its quality. */
  readonly y: number;
  readonly base: number;
  /** Variance of what was expected, quality and all; and that of the outcome about it. */
  readonly variance: number;
  readonly noise: number;
}

/** Learns one outcome, in place. */
export function learnSlope(
  values: number[],
  at: number,
  { quality, y, base, variance, noise }: SlopeOutcome,
): void {
  if (quality === null) return;
  const { m, v, w, n, q1, q2 } = slopeAt(values, at);
  const h = standing(values, at, quality);
  if (h !== 0) {
    const s0 = variance + noise;
    const s1 = s0 + h * h * v;
    const r0 = y - base;
    const r1 = r0 - m * h;
    const likelihood = Math.exp(((r0 * r0) / s0 - (r1 * r1) / s1) / 2) / Math.sqrt(s1 / s0);
    const gain = (v * h) / s1;
    values[at] = SLOW * (m + gain * r1);
    values[at + 1] = SLOW * SLOW * v * (1 - gain * h) + (1 - SLOW * SLOW) * SLOPE_VARIANCE;
    values[at + 2] = clip((w * likelihood) / (w * likelihood + 1 - w), ...SLOPE_BOUNDS);
  }
  values[at + 3] = QUALITY_MEMORY * n + 1;
  values[at + 4] = QUALITY_MEMORY * q1 + quality;
  values[at + 5] = QUALITY_MEMORY * q2 + quality * quality;
}
