import { z } from '../model/z.ts';
import { doubles } from './doubles.ts';
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
  equity < peak ? Math.min(1, (peak - equity) / peak) : 0;

/** Numbers of which a curve is made, in this order: equity, peak, recentPeak, maxDrawdown. */
export const EQUITY_CURVE = 4;
const SCRATCH = doubles(EQUITY_CURVE);

/**
 * Adds the return of one trade to the curve that stands at a place of an array, in place. On a fixed capital returns add
 * up (the base never changes); on the equity at entry, or on a risk that is a share of it, they compound.
 */
export function addReturnAt(values: number[], at: number, rate: number, compounds: boolean): void {
  const before = values[at]!;
  const equity = compounds ? before * Math.max(1e-9, 1 + rate) : before + rate;
  const peak = Math.max(values[at + 1]!, equity);
  const recentPeak = Math.max(equity, equity + (values[at + 2]! - equity) * LAMBDA, Number.MIN_VALUE);
  values[at + 3] = Math.max(values[at + 3]!, drawdown(peak, equity));
  values[at] = equity;
  values[at + 1] = peak;
  values[at + 2] = recentPeak;
  if (compounds && peak > RESCALE_ABOVE) for (let i = at; i < at + 3; i += 1) values[i]! /= peak;
}

/** Adds the return of one trade, in place. */
export function addReturn(curve: EquityCurve, rate: number, compounds: boolean): void {
  writeCurve(SCRATCH, 0, curve);
  addReturnAt(SCRATCH, 0, rate, compounds);
  Object.assign(curve, curveAt(SCRATCH, 0));
}

export const curveAt = (values: number[], at: number): EquityCurve => ({
  equity: values[at]!,
  peak: values[at + 1]!,
  recentPeak: values[at + 2]!,
  maxDrawdown: values[at + 3]!,
});

export function writeCurve(
  values: number[],
  at: number,
  { equity, peak, recentPeak, maxDrawdown }: EquityCurve,
): void {
  values[at] = equity;
  values[at + 1] = peak;
  values[at + 2] = recentPeak;
  values[at + 3] = maxDrawdown;
}

/** The exponentially weighted drawdown, a rate in [0,1]. */
export const recentDrawdown = ({ recentPeak, equity }: EquityCurve): number => drawdown(recentPeak, equity);
