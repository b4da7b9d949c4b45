/**
 * The factors of a size, in the order in which they act, by the component that they belong to: the one place where
 * they are named. Their product, capped, is the multiplier.
 */
export const FACTORS = {
  weights: { property: 'weight', label: 'weight' },
  health: { property: 'health', label: 'health' },
  quality: { property: 'qualityFactor', label: 'quality' },
  edge: { property: 'edgeFactor', label: 'size' },
  guard: { property: 'guard', label: 'guard' },
  fleet: { property: 'fleetGuard', label: 'fleet' },
} as const satisfies Record<string, { readonly property: string; readonly label: string }>;

/** What moved a size. */
export type FactorName = keyof typeof FACTORS;
export const FACTOR_NAMES = Object.keys(FACTORS) as readonly FactorName[];

/** The factors of a decision as its properties. */
export type Factors = { readonly [N in FactorName as (typeof FACTORS)[N]['property']]: number };

/** The host's own size. */
export const NEUTRAL_FACTORS: Factors = {
  weight: 1,
  health: 1,
  qualityFactor: 1,
  edgeFactor: 1,
  guard: 1,
  fleetGuard: 1,
};

export const factorOf = (factors: Factors, name: FactorName): number => factors[FACTORS[name].property];

/** Product of all factors. */
export const productOf = ({
  weight,
  health,
  qualityFactor,
  edgeFactor,
  guard,
  // One that was made before there were fleets has none.
  fleetGuard = 1,
}: Omit<Factors, 'fleetGuard'> & Partial<Factors>): number =>
  weight * health * qualityFactor * edgeFactor * guard * fleetGuard;
