import { z } from '../model/z.ts';

/** Count, means and sums of squares and products about them, of pairs. */
export const coMomentsSchema = z.object({
  n: z.number().int().min(0),
  meanX: z.number(),
  meanY: z.number(),
  xx: z.number().min(0),
  yy: z.number().min(0),
  xy: z.number(),
});
export type CoMoments = z.infer<typeof coMomentsSchema>;

export const emptyCoMoments = (): CoMoments => ({ n: 0, meanX: 0, meanY: 0, xx: 0, yy: 0, xy: 0 });

/** Adds one pair, in place and in O(1). Welford 1962; Pebay, SAND2008-6212. */
export function addToCoMoments(moments: CoMoments, x: number, y: number): void {
  moments.n += 1;
  const [dx, dy] = [x - moments.meanX, y - moments.meanY];
  moments.meanX += dx / moments.n;
  moments.meanY += dy / moments.n;
  moments.xx += dx * (x - moments.meanX);
  moments.yy += dy * (y - moments.meanY);
  moments.xy += dx * (y - moments.meanY);
}

/** Sums the pairs of two collections (Chan, Golub and LeVeque 1979). */
export function mergeCoMoments(a: CoMoments, b: CoMoments): CoMoments {
  const n = a.n + b.n;
  if (n === 0) return emptyCoMoments();
  const [dx, dy] = [b.meanX - a.meanX, b.meanY - a.meanY];
  const share = (a.n * b.n) / n;
  return {
    n,
    meanX: a.meanX + (dx * b.n) / n,
    meanY: a.meanY + (dy * b.n) / n,
    xx: a.xx + b.xx + dx * dx * share,
    yy: a.yy + b.yy + dy * dy * share,
    xy: a.xy + b.xy + dx * dy * share,
  };
}

/** Pearson correlation in [-1,1]; null below three pairs or without spread in either. */
export function coCorrelation({ n, meanX, meanY, xx, yy, xy }: CoMoments): number | null {
  // What rounding leaves of equal values is no spread.
  const spread = (sum: number, mean: number) => sum > 1e-24 * n * mean * mean && sum > 0;
  if (n < 3 || !spread(xx, meanX) || !spread(yy, meanY)) return null;
  return Math.min(1, Math.max(-1, xy / Math.sqrt(xx * yy)));
}
