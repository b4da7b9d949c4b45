export interface WeightBounds {
  readonly minWeight: number;
  readonly maxWeight: number;
  /** Largest relative change of one step. */
  readonly adjustmentRate: number;
}

export function clampWeight(weight: number, { minWeight, maxWeight }: WeightBounds): number {
  return Math.min(maxWeight, Math.max(minWeight, weight));
}

/** Moves a weight towards its target by at most `adjustmentRate` of itself, within the bounds. */
export function stepWeight(weight: number, target: number, bounds: WeightBounds): number {
  const limit = bounds.adjustmentRate * weight;
  return clampWeight(weight + Math.min(limit, Math.max(-limit, target - weight)), bounds);
}

/**
 * Moves all weights towards their targets together so that their sum stays that of the bases: targets are
 * scaled to that sum within the bounds, then all go the same share of their way, as far as the most
 * limited one may.
 */
export function stepPreservingTotal(
  weights: readonly number[],
  targets: readonly number[],
  total: number,
  bounds: WeightBounds,
): number[] {
  const scaled = scaleToTotal(targets, total, bounds);
  let share = 1;
  weights.forEach((weight, i) => {
    const way = Math.abs(scaled[i]! - weight);
    if (way > 0) share = Math.min(share, (bounds.adjustmentRate * weight) / way);
  });
  return weights.map((weight, i) => clampWeight(weight + share * (scaled[i]! - weight), bounds));
}

/** Finds the factor at which the clamped targets sum to `total`, by bisection. */
function scaleToTotal(targets: readonly number[], total: number, bounds: WeightBounds): number[] {
  const given = Float64Array.from(targets);
  const sumAt = (factor: number): number => {
    let sum = 0;
    for (let i = 0; i < given.length; i += 1) sum += clampWeight(given[i]! * factor, bounds);
    return sum;
  };
  const smallest = Math.max(Math.min(...targets), Number.MIN_VALUE);
  let [low, high] = [0, bounds.maxWeight / smallest];
  for (let i = 0; i < 100; i += 1) {
    const middle = (low + high) / 2;
    // Nothing lies between the two any more.
    if (middle === low || middle === high) break;
    if (sumAt(middle) < total) low = middle;
    else high = middle;
  }
  return targets.map((target) => clampWeight(target * high, bounds));
}
