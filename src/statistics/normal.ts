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

/**
 * Inverse of the standard normal distribution function. Starts from Abramowitz and Stegun 26.2.23 (4.5e-4)
 * and refines by Halley's method on `normalCdf`, to about 1e-13 in the centre.
 * @param p in [0,1]; the ends give infinities, anything else NaN
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  const t = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
  const tail =
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t * t) /
      (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  let x = p < 0.5 ? -tail : tail;
  for (let i = 0; i < 4 && Math.abs(x) < 7; i += 1) {
    const step = (normalCdf(x) - p) * Math.sqrt(2 * Math.PI) * Math.exp(0.5 * x * x);
    x -= step / (1 + 0.5 * x * step);
  }
  return x;
}

/** 97.5% point of the standard normal: the half-width of a 95% interval in standard errors. */
export const Z95 = 1.959963984540054;
