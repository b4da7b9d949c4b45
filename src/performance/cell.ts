import { SCRATCH, type Trade } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { doubles } from '../statistics/doubles.ts';
import {
  addReturnAt,
  curveAt,
  EQUITY_CURVE,
  equityCurveSchema,
  startEquityCurve,
  writeCurve,
} from '../statistics/equity-curve.ts';
import { addToMomentsAt, MOMENTS, momentsAt, momentsSchema, writeMoments } from '../statistics/moments.ts';

const excursionSchema = z.object({ n: z.number().int().min(0), sum: z.number() });

/** Everything the lifetime metrics of one cell are computed from; its size does not grow with trades. */
export const performanceCellSchema = z.object({
  n: z.number().int().min(0),
  wins: z.number().int().min(0),
  losses: z.number().int().min(0),
  grossProfit: z.number().min(0),
  grossLoss: z.number().min(0),
  fees: z.number(),
  pnl: momentsSchema,
  r: momentsSchema,
  returns: momentsSchema,
  downside: z.number().min(0),
  cumulative: z.object({ pnl: z.number(), peak: z.number().min(0), maxDrawdown: z.number().min(0) }),
  curve: equityCurveSchema,
  streak: z.number().int().min(0),
  maxStreak: z.number().int().min(0),
  mae: excursionSchema,
  mfe: excursionSchema,
});
export type PerformanceCellState = z.infer<typeof performanceCellSchema>;

/**
 * The same as it grows: one array, because seven cells change with every trade and what is spread over a heap is slow to
 * come by.
 */
export type PerformanceCell = number[];

/** Where each number stands. */
const N = 0;
const WINS = 1;
const LOSSES = 2;
const GROSS_PROFIT = 3;
const GROSS_LOSS = 4;
const FEES = 5;
const DOWNSIDE = 6;
const PNL_SUM = 7;
const PNL_PEAK = 8;
const PNL_DRAWDOWN = 9;
const STREAK = 10;
const MAX_STREAK = 11;
const MAE_N = 12;
const MAE_SUM = 13;
const MFE_N = 14;
const MFE_SUM = 15;
const PNL = 16;
const R = PNL + MOMENTS;
const RETURNS = R + MOMENTS;
const CURVE = RETURNS + MOMENTS;
const SIZE = CURVE + EQUITY_CURVE;

export function emptyPerformanceCell(): PerformanceCell {
  const cell = doubles(SIZE);
  writeCurve(cell, CURVE, startEquityCurve());
  return cell;
}

/** Adds one trade, in place and in O(1). */
export function addTrade(cell: PerformanceCell, trade: Trade): void {
  const { r, pnl, returnRate, mae, mfe } = trade;
  const isScratch = Math.abs(r) < SCRATCH;
  cell[N]! += 1;
  if (!isScratch && r > 0) cell[WINS]! += 1;
  if (isScratch || r > 0) {
    cell[STREAK] = 0;
  } else {
    cell[LOSSES]! += 1;
    const streak = cell[STREAK]! + 1;
    cell[STREAK] = streak;
    cell[MAX_STREAK] = Math.max(cell[MAX_STREAK]!, streak);
  }
  cell[GROSS_PROFIT]! += Math.max(0, pnl);
  cell[GROSS_LOSS]! += Math.max(0, -pnl);
  cell[FEES]! += trade.fees;
  cell[DOWNSIDE]! += Math.min(returnRate, 0) ** 2;
  const sum = cell[PNL_SUM]! + pnl;
  const peak = Math.max(cell[PNL_PEAK]!, sum);
  cell[PNL_SUM] = sum;
  cell[PNL_PEAK] = peak;
  cell[PNL_DRAWDOWN] = Math.max(cell[PNL_DRAWDOWN]!, peak - sum);
  addToMomentsAt(cell, PNL, pnl);
  addToMomentsAt(cell, RETURNS, returnRate);
  addReturnAt(cell, CURVE, returnRate, trade.capitalSource !== 'capital');
  if (mae !== null) {
    cell[MAE_N]! += 1;
    cell[MAE_SUM]! += mae;
  }
  if (mfe !== null) {
    cell[MFE_N]! += 1;
    cell[MFE_SUM]! += mfe;
  }
}

/** Adds what a position came to, in place: its parts prove no more than the whole. */
export function addOutcome(cell: PerformanceCell, r: number): void {
  addToMomentsAt(cell, R, r);
}

/** Number of positions that are closed, and their mean R. */
export const meanR = (cell: PerformanceCell): { readonly n: number; readonly mean: number } =>
  momentsAt(cell, R);

export const cellState = (cell: PerformanceCell): PerformanceCellState => ({
  n: cell[N]!,
  wins: cell[WINS]!,
  losses: cell[LOSSES]!,
  grossProfit: cell[GROSS_PROFIT]!,
  grossLoss: cell[GROSS_LOSS]!,
  fees: cell[FEES]!,
  pnl: momentsAt(cell, PNL),
  r: momentsAt(cell, R),
  returns: momentsAt(cell, RETURNS),
  downside: cell[DOWNSIDE]!,
  cumulative: { pnl: cell[PNL_SUM]!, peak: cell[PNL_PEAK]!, maxDrawdown: cell[PNL_DRAWDOWN]! },
  curve: curveAt(cell, CURVE),
  streak: cell[STREAK]!,
  maxStreak: cell[MAX_STREAK]!,
  mae: { n: cell[MAE_N]!, sum: cell[MAE_SUM]! },
  mfe: { n: cell[MFE_N]!, sum: cell[MFE_SUM]! },
});

export function cellFrom(state: PerformanceCellState): PerformanceCell {
  const cell = doubles(SIZE);
  cell[N] = state.n;
  cell[WINS] = state.wins;
  cell[LOSSES] = state.losses;
  cell[GROSS_PROFIT] = state.grossProfit;
  cell[GROSS_LOSS] = state.grossLoss;
  cell[FEES] = state.fees;
  cell[DOWNSIDE] = state.downside;
  cell[PNL_SUM] = state.cumulative.pnl;
  cell[PNL_PEAK] = state.cumulative.peak;
  cell[PNL_DRAWDOWN] = state.cumulative.maxDrawdown;
  cell[STREAK] = state.streak;
  cell[MAX_STREAK] = state.maxStreak;
  cell[MAE_N] = state.mae.n;
  cell[MAE_SUM] = state.mae.sum;
  cell[MFE_N] = state.mfe.n;
  cell[MFE_SUM] = state.mfe.sum;
  writeMoments(cell, PNL, state.pnl);
  writeMoments(cell, R, state.r);
  writeMoments(cell, RETURNS, state.returns);
  writeCurve(cell, CURVE, state.curve);
  return cell;
}
