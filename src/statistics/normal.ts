/** Coefficients of Cody's rational approximations to erf and erfc, highest power last but for the leading one. */
const ERF_P = [
  3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694, 0.18577770618460315,
] as const;
const ERF_Q = [23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171] as const;
const MIDDLE_P = [
  0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972, 2.1531153547440383e-8,
] as const;
const MIDDLE_Q = [
  15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
] as const;
const TAIL_P = [
  0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378,
  0.016315387137302097,
] as const;
const TAIL_Q = [
  2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
] as const;

/** A ratio of polynomials in Horner's scheme; the leading coefficient of the denominator is 1. */
function ratio(p: readonly number[], q: readonly number[], x: number): number {
  const last = q.length - 1;
  let above = p[last + 1]! * x;
  let below = x;
  for (let i = 0; i < last; i += 1) {
    above = (above + p[i]!) * x;
    below = (below + q[i]!) * x;
  }
  return (above + p[last]!) / (below + q[last]!);
}

/** erfc(y) for y >= 0. */
function erfc(y: number): number {
  if (y <= 0.46875) return 1 - y * ratio(ERF_P, ERF_Q, y * y);
  if (y <= 4) return Math.exp(-y * y) * ratio(MIDDLE_P, MIDDLE_Q, y);
  const inverse = 1 / (y * y);
  return (Math.exp(-y * y) * (1 / Math.sqrt(Math.PI) - inverse * ratio(TAIL_P, TAIL_Q, inverse))) / y;
}

/**
 * Standard normal distribution function, Phi(x), to about 1e-13 of itself in the lower tail and 1e-16 absolute above.
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23, 1969.
 */
export function normalCdf(x: number): number {
  const y = Math.abs(x) * Math.SQRT1_2;
  const tail = 0.5 * erfc(y);
  return x > 0 ? 1 - tail : tail;
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
