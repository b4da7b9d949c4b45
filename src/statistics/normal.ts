/**
 * Standard normal distribution function, Phi(x), to about 1e-15 absolute.
 * Marsaglia, "Evaluating the Normal Distribution", J. Stat. Software 11(4), 2004: a Taylor series about 0.
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  let term = x;
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  const p = 0.5 + sum * Math.exp(-0.5 * x * x) * 0.3989422804014327;
  return Math.min(1, Math.max(0, p));
}

/** 97.5% point of the standard normal: the half-width of a 95% interval in standard errors. */
export const Z95 = 1.959963984540054;
