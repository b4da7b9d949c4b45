import { SHARED_IDS } from '../model/decision.ts';
import { isMoney } from '../model/doors.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { FACTOR_NAMES, type FactorName, factorOf } from '../model/factors.ts';
import { asCell, CELLS, type Cell, REGIMES } from '../model/regime.ts';
import { isName } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';
import { credible, type RSource, type Trade, type TradeInput } from '../model/trade.ts';
import { type AverageLoss, priceRisk, risksOf, rMultiple } from './r-multiple.ts';

/** What a trade is measured against. */
export interface TradeContext {
  /** Configured capital of the strategy, or null. */
  readonly capital: number | null;
  /** Share of equity that one R stands for where no capital is known. */
  readonly riskPerTrade: number;
  readonly averageLoss: AverageLoss;
}

function refuse(found: string, expected: string, hint: string): never {
  throw new EdgekeeperError('TRADE_INVALID', { found, expected, hint });
}

const POSITIVE = [
  'size',
  'entryPrice',
  'exitPrice',
  'stop',
  'stopRate',
  'atrRate',
  'equityAtEntry',
  'lowestPrice',
  'highestPrice',
] as const;
const HINT = 'Fix the host data or the adapter; nothing was recorded.';

/** Refuses a trade that cannot be true with `TRADE_INVALID`; what passes here may enter the state. */
export function checkTrade(trade: TradeInput): void {
  if (trade === null || typeof trade !== 'object') refuse(show(trade), 'a trade object', HINT);
  for (const key of ['strategy', 'symbol'] as const) {
    if (!isName(trade[key]))
      refuse(`${key} ${show(trade[key])}`, 'a printable name of 1 to 100 characters', HINT);
  }
  for (const key of ['id', 'positionId'] as const) {
    if (trade[key] !== undefined && !isName(trade[key]))
      refuse(`${key} ${show(trade[key])}`, 'a printable id of 1 to 100 characters', HINT);
  }
  if (trade.side !== undefined && trade.side !== 'long' && trade.side !== 'short') {
    refuse(`side ${show(trade.side)}`, '"long" or "short"', HINT);
  }
  for (const key of ['entryTime', 'exitTime'] as const) {
    if (!isTime(trade[key])) {
      refuse(
        `${key} ${show(trade[key])}`,
        'a time in milliseconds since the epoch',
        'Pass milliseconds, such as Date.now(); not seconds, microseconds or a string.',
      );
    }
  }
  if (trade.exitTime < trade.entryTime) {
    refuse(
      `exitTime ${trade.exitTime} before entryTime ${trade.entryTime}`,
      'an exit at or after its entry',
      HINT,
    );
  }
  if (!isMoney(trade.pnl)) refuse(`pnl ${show(trade.pnl)}`, 'a finite amount of money, net of fees', HINT);
  for (const key of POSITIVE) {
    const value = trade[key];
    if (value !== undefined && !(isMoney(value) && value > 0)) {
      refuse(`${key} ${show(value)}`, 'a finite number above 0, or nothing', HINT);
    }
  }
  if (trade.openSize !== undefined && !(isMoney(trade.openSize) && trade.openSize >= 0))
    refuse(`openSize ${show(trade.openSize)}`, 'a finite size of 0 or more, or nothing', HINT);
  for (const key of ['fees', 'funding', 'returnRate'] as const) {
    if (trade[key] !== undefined && !isMoney(trade[key]))
      refuse(`${key} ${show(trade[key])}`, 'a finite number, or nothing', HINT);
  }
  for (const key of ['stopRate', 'atrRate'] as const) {
    if ((trade[key] ?? 0) > 1) {
      refuse(
        `${key} ${trade[key]}`,
        'a rate in (0,1]',
        `Pass a fraction, not a percentage: ${trade[key]! / 100} for ${trade[key]}%.`,
      );
    }
  }
  if (
    trade.regime !== undefined &&
    !(REGIMES as readonly string[]).includes(trade.regime) &&
    !isCell(trade.regime)
  ) {
    refuse(
      `regime ${show(trade.regime)}`,
      `one of ${[...REGIMES, 'TREND_WITH', 'TREND_AGAINST'].join(', ')}`,
      HINT,
    );
  }
  if (trade.decision !== undefined) checkDecision(trade.decision);
}

function checkDecision(decision: NonNullable<TradeInput['decision']>): void {
  const { id, cell, multiplier, side, belowThreshold, atrRate } = decision ?? {};
  const fits =
    isName(id) &&
    isCell(cell) &&
    isMoney(multiplier) &&
    (multiplier === 0 || multiplier > 1e-6) &&
    multiplier <= 100 &&
    (side === 'long' || side === 'short') &&
    typeof belowThreshold === 'boolean' &&
    FACTOR_NAMES.every((name) => isFactorOf(decision, name)) &&
    (atrRate === null || (isMoney(atrRate) && atrRate > 0));
  if (fits) return;
  refuse(
    `decision ${show(id)} with cell ${show(cell)} and multiplier ${show(multiplier)}`,
    'the decision as decide() returned it',
    'Keep the decision unchanged from the entry to the close.',
  );
}

/** A decision that was put together by hand may say nothing of a factor. */
function isFactorOf(decision: NonNullable<TradeInput['decision']>, name: FactorName): boolean {
  const factor: unknown = factorOf(decision, name);
  if (factor === undefined) return decision.action === undefined;
  return isMoney(factor) && factor >= 0 && factor <= 100;
}

const isCell = (value: unknown): value is Cell => (CELLS as readonly unknown[]).includes(value);

function cellOfTrade({ decision, regime }: TradeInput): Cell {
  if (decision) return decision.cell;
  if (regime === undefined) return 'UNKNOWN';
  return asCell(regime);
}

/** The position that a trade closes a part of; null for one that is a position of its own. */
function positionIdOf({ positionId, decision }: TradeInput): string | null {
  if (positionId !== undefined) return positionId;
  return decision === undefined || SHARED_IDS.includes(decision.id) ? null : decision.id;
}

/** Return on the first capital base that is known: equity at entry, the strategy's capital, R times the risk. */
export function returnOf(
  pnl: number,
  equityAtEntry: number | null,
  r: number,
  { capital, riskPerTrade }: TradeContext,
): Pick<Trade, 'returnRate' | 'capitalSource'> {
  if (equityAtEntry !== null) {
    const returnRate = pnl / equityAtEntry;
    if (credible(returnRate)) return { returnRate, capitalSource: 'equity' };
  }
  if (capital !== null) {
    const returnRate = pnl / capital;
    if (credible(returnRate)) return { returnRate, capitalSource: 'capital' };
  }
  return { returnRate: r * riskPerTrade, capitalSource: 'risk' };
}

/** Worst and best excursion in R, on the risk that gave R; null where no price risk or no prices in between are known. */
function excursions(trade: TradeInput, side: 'long' | 'short', rSource: RSource): Pick<Trade, 'mae' | 'mfe'> {
  const { entryPrice, lowestPrice, highestPrice } = trade;
  const risk = entryPrice === undefined ? null : priceRisk(trade, entryPrice, rSource);
  if (entryPrice === undefined || risk === null || lowestPrice === undefined || highestPrice === undefined) {
    return { mae: null, mfe: null };
  }
  const down = (lowestPrice - entryPrice) / risk;
  const up = (highestPrice - entryPrice) / risk;
  if (!credible(down) || !credible(up)) return { mae: null, mfe: null };
  return side === 'long'
    ? { mae: Math.min(0, down), mfe: Math.max(0, up) }
    : { mae: Math.min(0, -up), mfe: Math.max(0, -down) };
}

/** Money the trade would have made at the host's own size; a blocked trade has none. */
export function basePnlOf(pnl: number, multiplier: number): number {
  return multiplier > 0 ? pnl / multiplier : pnl;
}

/** Turns a checked trade into its record: R, return, excursions and the frozen decision. */
export function tradeRecord(trade: TradeInput, id: string, context: TradeContext): Trade {
  const { decision, size } = trade;
  const side = trade.side ?? decision?.side ?? 'long';
  const multiplier = decision?.multiplier ?? 1;
  const { r, rSource } = rMultiple(risksOf(trade), basePnlOf(trade.pnl, multiplier), context.averageLoss);
  const { returnRate, capitalSource } = returnOf(trade.pnl, trade.equityAtEntry ?? null, r, context);
  const { mae, mfe } = excursions(trade, side, rSource);
  return {
    id,
    positionId: positionIdOf(trade),
    strategy: trade.strategy,
    symbol: trade.symbol,
    side,
    cell: cellOfTrade(trade),
    entryTime: trade.entryTime,
    exitTime: trade.exitTime,
    entryPrice: trade.entryPrice ?? null,
    exitPrice: trade.exitPrice ?? null,
    size: size ?? null,
    baseSize: size === undefined ? null : multiplier > 0 ? size / multiplier : size,
    multiplier,
    fees: trade.fees ?? 0,
    funding: trade.funding ?? 0,
    pnl: trade.pnl,
    r,
    rSource,
    returnRate,
    capitalSource,
    decisionId: decision?.id ?? null,
    belowThreshold: decision?.belowThreshold ?? false,
    mae,
    mfe,
  };
}
