import { z } from 'zod';
import { ATR_STOP, credible, MAX_R, type RSource, type TradeInput } from '../model/trade.ts';
import { LAMBDA } from '../statistics/ew-cell.ts';

/** Recent money lost per losing trade and moved per trade, at the host's own size. */
export const averageLossSchema = z.object({
  losses: z.number().int().min(0),
  lossWeight: z.number().min(0),
  lossSum: z.number().min(0),
  moveWeight: z.number().min(0),
  moveSum: z.number().min(0),
});
export type AverageLoss = z.infer<typeof averageLossSchema>;

export const emptyAverageLoss = (): AverageLoss => ({
  losses: 0,
  lossWeight: 0,
  lossSum: 0,
  moveWeight: 0,
  moveSum: 0,
});

export function addToAverageLoss(average: AverageLoss, pnl: number): void {
  average.moveWeight = LAMBDA * average.moveWeight + 1;
  average.moveSum = LAMBDA * average.moveSum + Math.abs(pnl);
  if (pnl >= 0) return;
  average.losses += 1;
  average.lossWeight = LAMBDA * average.lossWeight + 1;
  average.lossSum = LAMBDA * average.lossSum - pnl;
}

/** The mean loss, or the mean move while fewer than five losses are known; 0 when nothing is known. */
function typicalLoss(average: AverageLoss): number {
  if (average.losses >= 5) return average.lossSum / average.lossWeight;
  return average.moveWeight > 0 ? average.moveSum / average.moveWeight : 0;
}

const usable = (x: number | undefined | null): x is number =>
  x !== undefined && x !== null && Number.isFinite(x) && x > 0;

/**
 * R of a trade, from the first risk that is known: the stop price; the stop rate; 1.5 ATR; what the
 * strategy usually loses. The last needs the pnl at the host's own size, because a halved trade loses half.
 * The very first trade of a strategy without any risk counts as one R won or lost.
 */
export function rMultiple(
  trade: TradeInput,
  basePnl: number,
  average: AverageLoss,
): { readonly r: number; readonly rSource: RSource } {
  const { pnl, size, entryPrice, stop } = trade;
  if (usable(size) && usable(entryPrice) && usable(stop) && Math.abs(entryPrice - stop) > 0) {
    const r = pnl / (Math.abs(entryPrice - stop) * size);
    if (credible(r)) return { r, rSource: 'stop' };
  }
  const gain =
    trade.returnRate ?? (usable(size) && usable(entryPrice) ? pnl / (size * entryPrice) : undefined);
  if (gain !== undefined && Number.isFinite(gain)) {
    const stopRate =
      trade.stopRate ?? (usable(stop) && usable(entryPrice) ? Math.abs(entryPrice - stop) / entryPrice : 0);
    if (usable(stopRate) && credible(gain / stopRate)) return { r: gain / stopRate, rSource: 'stopRate' };
    const atrRate = trade.atrRate ?? trade.decision?.atrRate;
    if (usable(atrRate) && credible(gain / (ATR_STOP * atrRate))) {
      return { r: gain / (ATR_STOP * atrRate), rSource: 'atr' };
    }
  }
  const loss = typicalLoss(average);
  const r = loss > 0 ? basePnl / loss : Math.sign(basePnl);
  return { r: credible(r) ? r : Math.sign(basePnl) * MAX_R, rSource: 'averageLoss' };
}

/** The distance in price that one R stands for; null where R came from what the strategy usually loses. */
export function priceRisk(trade: TradeInput, entryPrice: number, rSource: RSource): number | null {
  switch (rSource) {
    case 'stop':
      return Math.abs(entryPrice - trade.stop!);
    case 'stopRate':
      return trade.stopRate !== undefined ? entryPrice * trade.stopRate : Math.abs(entryPrice - trade.stop!);
    case 'atr':
      return entryPrice * ATR_STOP * (trade.atrRate ?? trade.decision!.atrRate!);
    case 'averageLoss':
      return null;
  }
}
