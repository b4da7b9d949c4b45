import type { RegimeProbabilities } from '../model/regime.ts';

const clip = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Strength of a trend in [0,1]: half from ADX14, half from the slope of EMA20.
 * @param adx in [0,100]
 * @param slope change of the EMA over 5 bars, in ATRs per bar
 */
export function trendStrength(adx: number, slope: number): number {
  return 0.5 * clip((adx - 10) / 30, 0, 1) + 0.5 * clip(Math.abs(slope) / 0.35, 0, 1);
}

/**
 * Probabilities of the three regimes; they sum to 1.
 * @param z log volatility against its own recent mean, in standard deviations; -Infinity for no movement
 * @param trend strength in [0,1]
 */
export function regimeProbabilities(z: number, trend: number): RegimeProbabilities {
  const volatile = logistic((z - 1) / 0.25);
  const trending = logistic((trend - 0.5) / 0.08);
  return {
    TRENDING: (1 - volatile) * trending,
    RANGING: (1 - volatile) * (1 - trending),
    VOLATILE: volatile,
  };
}
