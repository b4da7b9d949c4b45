import { ATR_FLOOR, ATR_STOP, credible, MAX_R, type RSource, type TradeInput } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { LAMBDA } from '../statistics/ew-cell.ts';

/** Recent money lost per losing position and moved per position, at the host's own size. */
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

/** `floor` is the least that can have been risked. */
const measureSchema = z.object({ gain: z.number(), risk: z.number(), floor: z.number() });

/** What was gained and what was risked, by each source that gives a risk; null for one that gives none. */
export const risksSchema = z.object({
  stop: measureSchema.nullable(),
  stopRate: measureSchema.nullable(),
  atr: measureSchema.nullable(),
});
export type Risks = z.infer<typeof risksSchema>;
type Measure = z.infer<typeof measureSchema>;

const SOURCES = ['stop', 'stopRate', 'atr'] as const;

/**
 * What a trade gained and risked: by the stop price; by the stop rate; by 1.5 ATR. Rates are weighed by the value
 * of the entry, so that the sums over the parts of a position say what the whole of it would.
 */
export function risksOf(trade: TradeInput): Risks {
  const { pnl, size, entryPrice, stop } = trade;
  const distance = usable(entryPrice) && usable(stop) ? Math.abs(entryPrice - stop) : 0;
  const cost = usable(size) && usable(entryPrice) ? size * entryPrice : null;
  const gain = trade.returnRate ?? (cost === null ? undefined : pnl / cost);
  const atrRate = atrRateOf(trade);
  const floorRate = ATR_FLOOR * atrRate;
  const byRate = (rate: number, floor: number): Measure | null => {
    if (!usable(rate) || gain === undefined || !Number.isFinite(gain)) return null;
    const value = cost ?? entryValue(pnl, gain);
    return Number.isFinite(value) ? { gain: gain * value, risk: rate * value, floor: floor * value } : null;
  };
  return {
    stop:
      usable(size) && distance > 0
        ? { gain: pnl, risk: distance * size, floor: floorRate * (cost ?? 0) }
        : null,
    stopRate: byRate(trade.stopRate ?? (usable(entryPrice) ? distance / entryPrice : 0), floorRate),
    atr: byRate(ATR_STOP * atrRate, 0),
  };
}

/** ATR/close at entry; 0 where nobody knows it. */
const atrRateOf = ({ atrRate, decision }: TradeInput): number => atrRate ?? decision?.atrRate ?? 0;

/** Value of an entry whose size nobody told. A scratch does not tell it: it counts for nothing among other parts. */
function entryValue(pnl: number, gain: number): number {
  if (gain === 0) return 0;
  return pnl === 0 ? 1 : Math.abs(pnl / gain);
}

/** Both together. A source that one of them lacks says nothing about the whole. */
export function addRisks(a: Risks, b: Risks): Risks {
  const sum = (x: Measure | null, y: Measure | null): Measure | null =>
    x === null || y === null
      ? null
      : { gain: x.gain + y.gain, risk: x.risk + y.risk, floor: x.floor + y.floor };
  return { stop: sum(a.stop, b.stop), stopRate: sum(a.stopRate, b.stopRate), atr: sum(a.atr, b.atr) };
}

/**
 * R from the first risk that is known; without any, from what the strategy usually loses. That needs the pnl at the
 * host's own size, because a halved trade loses half. The very first outcome of a strategy without any risk counts
 * as one R won or lost.
 */
export function rMultiple(
  risks: Risks,
  basePnl: number,
  average: AverageLoss,
): { readonly r: number; readonly rSource: RSource } {
  for (const rSource of SOURCES) {
    const measure = risks[rSource];
    if (measure === null) continue;
    const { gain, risk, floor } = measure;
    const r = gain === 0 ? 0 : gain / Math.max(risk, floor);
    if (credible(r)) return { r, rSource: risk < floor ? 'floor' : rSource };
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
    case 'floor':
      return entryPrice * ATR_FLOOR * atrRateOf(trade);
    case 'atr':
      return entryPrice * ATR_STOP * atrRateOf(trade);
    case 'averageLoss':
      return null;
  }
}
