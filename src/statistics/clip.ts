/** The number in [low, high] that is nearest to x. */
export const clip = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
