const ETA = 0.1;
const ALPHA = 0.005;

const clip = (x: number): number => Math.min(1, Math.max(-1, x));

/**
 * Fixed-share update of the shares of all strategies after one outcome of one of them: exponential
 * weights, then a small part of everything is shared out again, so that no share dies.
 * Herbster and Warmuth, "Tracking the Best Expert", Machine Learning 32, 1998. Shares sum to 1.
 */
export function fixedShare(
  shares: ReadonlyMap<string, number>,
  strategy: string,
  r: number,
): Map<string, number> {
  const raised = new Map(shares);
  raised.set(strategy, (shares.get(strategy) ?? 0) * Math.exp(ETA * clip(r / 3)));
  let total = 0;
  for (const share of raised.values()) total += share;
  return new Map(
    [...raised].map(([name, share]) => [name, (1 - ALPHA) * (share / total) + ALPHA / raised.size]),
  );
}
