/** Evidence at which decay is called; about one false alarm in the trades that `falseAlarmTrades` says. */
export const ALARM = 15;

/** Siegmund's correction for the overshoot of a discrete sum. */
const OVERSHOOT = 1.166;

/** One-sided CUSUM against a loss of edge: C <- max(0, C - R/sd). E. S. Page, Biometrika 41, 1954. */
export function stepCusum(evidence: number, r: number, deviation: number): number {
  return Math.max(0, evidence - r / deviation);
}

/**
 * Mean number of trades until a strategy of a given edge is called decayed:
 * (e^(2Db) - 1 - 2Db) / (2D^2) with b = h + 1.166 and D = edge / deviation.
 * D. Siegmund, Sequential Analysis, 1985.
 * @param threshold h, in standard deviations
 * @param edge mean R; negative for a losing strategy
 * @param deviation standard deviation of R
 */
export function averageRunLength(threshold: number, edge: number, deviation: number): number {
  const b = threshold + OVERSHOOT;
  const d = edge / deviation;
  // The limit at no edge, where the formula is 0/0.
  if (Math.abs(d * b) < 1e-5) return b * b * (1 + (2 / 3) * d * b);
  return (Math.expm1(2 * d * b) - 2 * d * b) / (2 * d * d);
}

/** The threshold at which a strategy of the given edge is falsely called once in `trades` trades. */
export function thresholdForFalseAlarms(trades: number, edge: number, deviation: number): number {
  let [low, high] = [0, 1];
  while (averageRunLength(high, edge, deviation) < trades && high < 1e6) high *= 2;
  for (let i = 0; i < 100; i += 1) {
    const middle = (low + high) / 2;
    if (averageRunLength(middle, edge, deviation) < trades) low = middle;
    else high = middle;
  }
  return high;
}
