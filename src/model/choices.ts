export const PRESET_NAMES = ['conservative', 'aggressive'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export const EVIDENCE_MODES = ['posterior', 'guarded', 'literal'] as const;
/**
 * What decides sizes. `posterior`: the expected R of a signal; `guarded`: scores, weights and health, which ask for
 * evidence before they act; `literal`: their thresholds alone.
 */
export type EvidenceMode = (typeof EVIDENCE_MODES)[number];

export const WEIGHTING_METHODS = ['score', 'hedge', 'kelly', 'riskParity'] as const;
/** How the factor on a base weight is found. */
export type WeightingMethod = (typeof WEIGHTING_METHODS)[number];

export const STAKES = ['equity', 'fixed'] as const;
/** How a host sizes: a share of its equity, or the same stake whatever it has. */
export type Stakes = (typeof STAKES)[number];
