import type { RegimeLabel } from '../model/regime.ts';

/** What a quality score is made of. Rates in [0,1]; null where the host said nothing. */
export interface QualityInputs {
  readonly confidence: number | null;
  readonly confluence: number | null;
  readonly alignment: number;
  readonly successRate: number;
  /** Regime adjustment, a positive factor. */
  readonly adjustment: number;
}

/** Default factor on the score per regime. */
export const REGIME_ADJUSTMENTS: Readonly<Record<RegimeLabel, number>> = {
  TRENDING: 1.1,
  RANGING: 0.8,
  VOLATILE: 0.7,
  UNKNOWN: 1,
};

/** Confluence at which nothing more is gained. */
const FULL_CONFLUENCE = 3;

/**
 * q = (0.3 c + 0.3 A + 0.4 h) * (0.5 + 0.5 min(n/3, 1)) * adjustment, clamped to [0,1]. Without a
 * confidence the other two weights are scaled to sum to 1; without a confluence its factor is 1.
 */
export function qualityScore({
  confidence,
  confluence,
  alignment,
  successRate,
  adjustment,
}: QualityInputs): number {
  const blend =
    confidence === null
      ? (0.3 * alignment + 0.4 * successRate) / 0.7
      : 0.3 * confidence + 0.3 * alignment + 0.4 * successRate;
  const agreement = confluence === null ? 1 : 0.5 + 0.5 * Math.min(confluence / FULL_CONFLUENCE, 1);
  return Math.min(1, Math.max(0, blend * agreement * adjustment));
}

/** A rate from a host: null when it is missing, not finite or outside [0,1]. 75 is not 0.75. */
export function rateOrNull(value: number | undefined | null): number | null {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null;
}

/** A confluence count from a host: null when it is missing, not finite or below 1. */
export function confluenceOrNull(value: number | undefined | null): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 1 ? value : null;
}
