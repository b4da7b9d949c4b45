import { productOf } from '../model/factors.ts';

/** multiplier = clamp(product of the factors, 0, cap). */
export const sizeMultiplier = (factors: Parameters<typeof productOf>[0], cap: number): number =>
  Math.min(cap, Math.max(0, productOf(factors)));

/** min(1, 0.5 + 0.5 q / threshold): a score at the threshold keeps the size, a score of 0 half of it. */
export function qualityFactor(quality: number, threshold: number): number {
  return threshold > 0 ? Math.min(1, 0.5 + (0.5 * quality) / threshold) : 1;
}

/**
 * Factor on new exposure in [floor,1]: 1 up to a portfolio drawdown of `start`, falling to `floor` at `max`.
 * Drawdown control after Grossman and Zhou, Mathematical Finance 3, 1993.
 */
export function drawdownGuard(drawdown: number, start: number, max: number, floor = 0): number {
  return floor + (1 - floor) * Math.min(1, Math.max(0, (max - drawdown) / (max - start)));
}

/**
 * Rounds a quantity down to a venue's lot step, never above the request. Below the venue's minimum the
 * answer is 0: rounding up would trade more than anybody decided.
 * @param step lot step in base units; 0 for none
 * @param minimum least quantity the venue takes; 0 for none
 */
export function roundToLot(quantity: number, step: number, minimum = 0): number {
  if (!(quantity > 0) || !Number.isFinite(quantity)) return 0;
  if (!(step > 0)) return quantity >= minimum ? quantity : 0;
  // The small terms undo the noise of the division: 0.3 / 0.1 is 2.9999999999999996.
  const lots = Math.floor((quantity / step) * (1 + 4 * Number.EPSILON) + 1e-9);
  const rounded = atDecimals(lots * step, step);
  const size = rounded > quantity ? atDecimals((lots - 1) * step, step) : rounded;
  return size > 0 && size >= minimum ? size : 0;
}

/** Drops the binary noise of a product below the decimals that the step is written with. */
function atDecimals(value: number, step: number): number {
  const [mantissa, exponent] = step.toExponential().split('e') as [string, string];
  const decimals = Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent));
  return Number(value.toFixed(Math.min(100, decimals)));
}
