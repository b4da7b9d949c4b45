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

export const freshSlope = (): Slope => ({ m: 0, v: SLOPE_VARIANCE, w: SLOPE_PRIOR, n: 0, q1: 0, q2: 0 });

/** How many standard deviations a quality lies above the strategy's usual one; 0 where nobody can say. */
export function standing({ n, q1, q2 }: Slope, quality: number | null): number {
  if (quality === null || n < SLOPE_FROM) return 0;
  const mean = q1 / n;
  const variance = q2 / n - mean * mean;
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
export function learnSlope(slope: Slope, { quality, y, base, variance, noise }: SlopeOutcome): void {
  const h = standing(slope, quality);
  if (h !== 0) {
    const { m, v, w } = slope;
    const s0 = variance + noise;
    const s1 = s0 + h * h * v;
    const r0 = y - base;
    const r1 = r0 - m * h;
    const likelihood = Math.exp(((r0 * r0) / s0 - (r1 * r1) / s1) / 2) / Math.sqrt(s1 / s0);
    slope.w = clip((w * likelihood) / (w * likelihood + 1 - w), ...SLOPE_BOUNDS);
    const gain = (v * h) / s1;
    slope.m = SLOW * (m + gain * r1);
    slope.v = SLOW * SLOW * v * (1 - gain * h) + (1 - SLOW * SLOW) * SLOPE_VARIANCE;
  }
  if (quality === null) return;
  slope.n = QUALITY_MEMORY * slope.n + 1;
  slope.q1 = QUALITY_MEMORY * slope.q1 + quality;
  slope.q2 = QUALITY_MEMORY * slope.q2 + quality * quality;
}
