import { z } from '../model/z.ts';
import { doubles } from './doubles.ts';

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

/** Numbers of which moments are made, in this order: n, mean, m2, m3, m4. */
export const MOMENTS = 5;
const SCRATCH = doubles(MOMENTS);

/**
 * Adds one value to the moments that stand at a place of an array, in place and in O(1), without the cancellation of
 * sum(x^2) - (sum x)^2/n. Welford 1962 for two moments; Pebay, "Formulas for Robust, One-Pass Parallel Computation of
 * Covariances and Arbitrary-Order Statistical Moments", SAND2008-6212, for the third and fourth.
 */
export function addToMomentsAt(values: number[], at: number, x: number): void {
  const before = values[at]!;
  const mean = values[at + 1]!;
  const m2 = values[at + 2]!;
  const m3 = values[at + 3]!;
  const n = before + 1;
  const delta = x - mean;
  const step = delta / n;
  const square = step * step;
  const term = delta * step * before;
  values[at] = n;
  values[at + 1] = mean + step;
  values[at + 2] = m2 + term;
  values[at + 3] = m3 + (term * step * (n - 2) - 3 * step * m2);
  values[at + 4] = Math.max(
    0,
    values[at + 4]! + term * square * (n * n - 3 * n + 3) + 6 * square * m2 - 4 * step * m3,
  );
}

/** Adds one value, in place. */
export function addToMoments(moments: Moments, x: number): void {
  writeMoments(SCRATCH, 0, moments);
  addToMomentsAt(SCRATCH, 0, x);
  Object.assign(moments, momentsAt(SCRATCH, 0));
}

export const momentsAt = (values: number[], at: number): Moments => ({
  n: values[at]!,
  mean: values[at + 1]!,
  m2: values[at + 2]!,
  m3: values[at + 3]!,
  m4: values[at + 4]!,
});

export function writeMoments(values: number[], at: number, { n, mean, m2, m3, m4 }: Moments): void {
  values[at] = n;
  values[at + 1] = mean;
  values[at + 2] = m2;
  values[at + 3] = m3;
  values[at + 4] = m4;
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
