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

/** What each term of the blend weighs; without a confidence the other two are scaled to sum to 1. */
export const TERM_WEIGHTS = { confidence: 0.3, alignment: 0.3, successRate: 0.4 } as const;
const WITHOUT_CONFIDENCE = TERM_WEIGHTS.alignment + TERM_WEIGHTS.successRate;

/** The weights of the terms, by whether the host gave a confidence. */
export const termWeights = (
  confidence: number | null,
): Readonly<Record<keyof typeof TERM_WEIGHTS, number>> =>
  confidence === null
    ? {
        confidence: 0,
        alignment: TERM_WEIGHTS.alignment / WITHOUT_CONFIDENCE,
        successRate: TERM_WEIGHTS.successRate / WITHOUT_CONFIDENCE,
      }
    : TERM_WEIGHTS;

/** Factor of the confluence, in [0.5, 1]; 1 where the host gave none. */
export const agreementOf = (confluence: number | null): number =>
  confluence === null ? 1 : 0.5 + 0.5 * Math.min(confluence / FULL_CONFLUENCE, 1);

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
  const w = TERM_WEIGHTS;
  const blend =
    confidence === null
      ? (w.alignment * alignment + w.successRate * successRate) / WITHOUT_CONFIDENCE
      : w.confidence * confidence + w.alignment * alignment + w.successRate * successRate;
  return Math.min(1, Math.max(0, blend * agreementOf(confluence) * adjustment));
}

/** A rate from a host: null when it is missing, not finite or outside [0,1]. 75 is not 0.75. */
export function rateOrNull(value: number | undefined | null): number | null {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null;
}

/** A confluence count from a host: null when it is missing, not finite or below 0. That none agrees is no missing count. */
export function confluenceOrNull(value: number | undefined | null): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
