import { normalCdf } from './normal.ts';

/**
 * Probability that a mean is above 0, given n outcomes that sum to s1 with variance v, under a
 * N(m0, v/k) prior. No data and m0 = 0 gives exactly 0.5.
 */
export function posterior(n: number, s1: number, m0: number, v: number, k: number): number {
  return normalCdf((s1 + k * m0) / Math.sqrt(v * (n + k)));
}
