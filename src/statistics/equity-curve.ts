import { z } from '../model/z.ts';
import { LAMBDA } from './ew-cell.ts';

/**
 * Equity of one unit of capital and its drawdowns. `peak` is the highest equity so far; `recentPeak`
 * relaxes towards the equity, so that an old peak is forgiven.
 */
export const equityCurveSchema = z.object({
  equity: z.number(),
  peak: z.number().positive(),
  recentPeak: z.number().positive(),
  maxDrawdown: z.number().min(0).max(1),
});
export type EquityCurve = z.infer<typeof equityCurveSchema>;

export const startEquityCurve = (): EquityCurve => ({ equity: 1, peak: 1, recentPeak: 1, maxDrawdown: 0 });

/** A curve this high is scaled back to keep compounding finite; drawdowns do not depend on the scale. */
const RESCALE_ABOVE = 1e100;

/** Drawdown as a rate of the peak, in [0,1]. */
export const drawdown = (peak: number, equity: number): number =>
  Math.min(1, Math.max(0, (peak - equity) / peak));

/**
 * Adds the return of one trade, in place. On a fixed capital returns add up (the base never changes);
 * on the equity at entry, or on a risk that is a share of it, they compound.
 */
export function addReturn(curve: EquityCurve, rate: number, compounds: boolean): void {
  curve.equity = compounds ? curve.equity * Math.max(1e-9, 1 + rate) : curve.equity + rate;
  curve.peak = Math.max(curve.peak, curve.equity);
  curve.recentPeak = Math.max(
    curve.equity,
    curve.equity + (curve.recentPeak - curve.equity) * LAMBDA,
    Number.MIN_VALUE,
  );
  curve.maxDrawdown = Math.max(curve.maxDrawdown, drawdown(curve.peak, curve.equity));
  if (curve.peak > RESCALE_ABOVE && compounds) {
    curve.equity /= curve.peak;
    curve.recentPeak /= curve.peak;
    curve.peak = 1;
  }
}

/** The exponentially weighted drawdown, a rate in [0,1]. */
export const recentDrawdown = ({ recentPeak, equity }: EquityCurve): number => drawdown(recentPeak, equity);
