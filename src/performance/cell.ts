import { outcomeOf, type Trade } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { addReturn, equityCurveSchema, startEquityCurve } from '../statistics/equity-curve.ts';
import { addToMoments, emptyMoments, momentsSchema } from '../statistics/moments.ts';

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
export type PerformanceCell = z.infer<typeof performanceCellSchema>;

export const emptyPerformanceCell = (): PerformanceCell => ({
  n: 0,
  wins: 0,
  losses: 0,
  grossProfit: 0,
  grossLoss: 0,
  fees: 0,
  pnl: emptyMoments(),
  r: emptyMoments(),
  returns: emptyMoments(),
  downside: 0,
  cumulative: { pnl: 0, peak: 0, maxDrawdown: 0 },
  curve: startEquityCurve(),
  streak: 0,
  maxStreak: 0,
  mae: { n: 0, sum: 0 },
  mfe: { n: 0, sum: 0 },
});

/** Adds one trade, in place and in O(1). */
export function addTrade(cell: PerformanceCell, trade: Trade): void {
  const outcome = outcomeOf(trade.r);
  cell.n += 1;
  if (outcome === 'win') cell.wins += 1;
  if (outcome === 'loss') cell.losses += 1;
  cell.streak = outcome === 'loss' ? cell.streak + 1 : 0;
  cell.maxStreak = Math.max(cell.maxStreak, cell.streak);
  cell.grossProfit += Math.max(0, trade.pnl);
  cell.grossLoss += Math.max(0, -trade.pnl);
  cell.fees += trade.fees;
  addToMoments(cell.pnl, trade.pnl);
  addToMoments(cell.returns, trade.returnRate);
  cell.downside += Math.min(trade.returnRate, 0) ** 2;
  const { cumulative } = cell;
  cumulative.pnl += trade.pnl;
  cumulative.peak = Math.max(cumulative.peak, cumulative.pnl);
  cumulative.maxDrawdown = Math.max(cumulative.maxDrawdown, cumulative.peak - cumulative.pnl);
  addReturn(cell.curve, trade.returnRate, trade.capitalSource !== 'capital');
  if (trade.mae !== null) {
    cell.mae.n += 1;
    cell.mae.sum += trade.mae;
  }
  if (trade.mfe !== null) {
    cell.mfe.n += 1;
    cell.mfe.sum += trade.mfe;
  }
}

/** Adds what a position came to, in place: its parts prove no more than the whole. */
export function addOutcome(cell: PerformanceCell, r: number): void {
  addToMoments(cell.r, r);
}
