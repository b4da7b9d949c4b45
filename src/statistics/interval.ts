import { type Moments, sampleDeviation } from './moments.ts';
import { Z95 } from './normal.ts';

/** Lower and upper end of an interval, of 95% where nothing else is said. */
export type Interval = readonly [low: number, high: number];

/**
 * Wilson score interval of a rate. E. B. Wilson, JASA 22, 1927.
 * @param successes number in [0, n]; halves are allowed
 */
export function wilsonInterval(successes: number, n: number, z = Z95): Interval | null {
  if (!(n > 0)) return null;
  const p = successes / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}

/**
 * 97.5% point of Student's t, by the Cornish-Fisher expansion about the normal
 * (Abramowitz and Stegun 26.7.5); within 1% from 4 degrees of freedom up.
 */
export function studentT95(freedom: number): number {
  const z = Z95;
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  const g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160;
  return z + g1 / freedom + g2 / freedom ** 2 + g3 / freedom ** 3 + g4 / freedom ** 4;
}

/** Normal interval of an estimate with a known standard error. */
export function normalInterval(estimate: number, standardError: number, z = Z95): Interval {
  return [estimate - z * standardError, estimate + z * standardError];
}

/** Student interval of a mean; null below five values or without spread. */
export function meanInterval(moments: Moments): Interval | null {
  const deviation = sampleDeviation(moments);
  if (moments.n < 5 || deviation === null) return null;
  const half = (studentT95(moments.n - 1) * deviation) / Math.sqrt(moments.n);
  return [moments.mean - half, moments.mean + half];
}
