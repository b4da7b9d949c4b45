import { z } from '../model/z.ts';

/** Count, mean and central moment sums M2..M4 of a stream. */
export const momentsSchema = z.object({
  n: z.number().int().min(0),
  mean: z.number(),
  m2: z.number().min(0),
  m3: z.number(),
  m4: z.number().min(0),
});
export type Moments = z.infer<typeof momentsSchema>;

export const emptyMoments = (): Moments => ({ n: 0, mean: 0, m2: 0, m3: 0, m4: 0 });

/**
 * Adds one value, in place and in O(1), without the cancellation of sum(x^2) - (sum x)^2/n.
 * Welford 1962 for two moments; Pebay, "Formulas for Robust, One-Pass Parallel Computation of
 * Covariances and Arbitrary-Order Statistical Moments", SAND2008-6212, for the third and fourth.
 */
export function addToMoments(moments: Moments, x: number): void {
  const before = moments.n;
  const n = before + 1;
  const delta = x - moments.mean;
  const step = delta / n;
  const square = step * step;
  const term = delta * step * before;
  moments.n = n;
  moments.mean += step;
  moments.m4 = Math.max(
    0,
    moments.m4 + term * square * (n * n - 3 * n + 3) + 6 * square * moments.m2 - 4 * step * moments.m3,
  );
  moments.m3 += term * step * (n - 2) - 3 * step * moments.m2;
  moments.m2 += term;
}

/** Sample variance (n-1); null below two values. */
export function sampleVariance({ n, m2 }: Moments): number | null {
  return n < 2 ? null : m2 / (n - 1);
}

/** Sample standard deviation; null below two values or where it is 0 but for rounding. */
export function sampleDeviation(moments: Moments): number | null {
  const variance = sampleVariance(moments);
  if (variance === null) return null;
  const deviation = Math.sqrt(variance);
  return deviation > 1e-12 * Math.max(Math.abs(moments.mean), Number.MIN_VALUE) && deviation > 0
    ? deviation
    : null;
}

/** Population skewness; null where there is no spread. */
export function skewness(moments: Moments): number | null {
  return sampleDeviation(moments) === null ? null : (Math.sqrt(moments.n) * moments.m3) / moments.m2 ** 1.5;
}

/** Population kurtosis, 3 for a normal (not excess); null where there is no spread. */
export function kurtosis(moments: Moments): number | null {
  return sampleDeviation(moments) === null ? null : (moments.n * moments.m4) / (moments.m2 * moments.m2);
}
