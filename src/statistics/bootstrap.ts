import type { Interval } from './interval.ts';
import { seededRandom } from './random.ts';

export interface BootstrapOptions {
  readonly seed: number;
  /** Default 1000. */
  readonly resamples?: number;
  /** Mean length of a block; default ceil(n^(1/3)). */
  readonly meanBlock?: number;
}

/**
 * Values of a statistic over stationary bootstrap resamples of a series: blocks that start anywhere, have
 * geometric lengths and wrap around, so that what depends on its past stays with it.
 * Politis and Romano, JASA 89, 1994.
 * @param statistic of the resampled positions in [0, n); null where it does not exist, and such resamples are left out
 */
export function stationaryBootstrap<T>(
  n: number,
  statistic: (positions: Uint32Array) => T | null,
  { seed, resamples = 1000, meanBlock = Math.ceil(Math.cbrt(n)) }: BootstrapOptions,
): T[] {
  if (n < 1) return [];
  const { uniform } = seededRandom(seed);
  const positions = new Uint32Array(n);
  const values: T[] = [];
  for (let b = 0; b < resamples; b += 1) {
    let at = 0;
    for (let i = 0; i < n; i += 1) {
      at = i === 0 || uniform() * meanBlock < 1 ? Math.floor(uniform() * n) : (at + 1) % n;
      positions[i] = at;
    }
    const value = statistic(positions);
    if (value !== null) values.push(value);
  }
  return values;
}

/** Ends of the central interval that holds a share of the values; null without any. */
export function percentileInterval(values: readonly number[], share = 0.95): Interval | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (p: number): number => {
    const position = p * (sorted.length - 1);
    const low = Math.floor(position);
    const high = Math.min(sorted.length - 1, low + 1);
    return sorted[low]! + (position - low) * (sorted[high]! - sorted[low]!);
  };
  return [at((1 - share) / 2), at((1 + share) / 2)];
}
