import { z } from '../model/z.ts';

/** Exponentially weighted mean and variance of ln(ATR/close), and how many values made them. */
export const volatilitySchema = z.object({
  count: z.number().int().min(0),
  mean: z.number(),
  variance: z.number().min(0),
});
export type Volatility = z.infer<typeof volatilitySchema>;

export const emptyVolatility = (): Volatility => ({ count: 0, mean: 0, variance: 0 });

/** Bars that the mean looks back on. */
const LOOK_BACK = 1000;
/** A calm market must not make every ripple an outlier. */
const MIN_DEVIATION = 0.2;
/** Earlier values that must exist before the score means anything. */
export const WARM_UP = 100;

/**
 * Scores a log volatility against what came before it, then adds it, in place.
 * Returns null while fewer than 100 earlier values exist.
 */
export function scoreVolatility(volatility: Volatility, x: number): number | null {
  const score =
    volatility.count < WARM_UP
      ? null
      : (x - volatility.mean) / Math.max(Math.sqrt(volatility.variance), MIN_DEVIATION);
  volatility.count += 1;
  const a = Math.max(2 / (LOOK_BACK + 1), 1 / volatility.count);
  const delta = x - volatility.mean;
  volatility.mean += a * delta;
  volatility.variance = (1 - a) * (volatility.variance + a * delta * delta);
  return score;
}
