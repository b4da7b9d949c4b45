import type { Decision } from '../model/decision.ts';
import { completeDecision } from '../model/decision-schema.ts';
import { isMoney, reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { isTime } from '../model/time.ts';
import type { TradeInput } from '../model/trade.ts';

/** A number as JSON keeps it, which knows no negative zero; anything else as it is. */
const number = <T>(value: T): T => (typeof value === 'number' ? ((value + 0) as T) : value);

/**
 * A trade as its host says it, read once: nobody else holds it, and it has what a trade has and nothing else. Whether it
 * can be true is not asked here. Throws `TRADE_INVALID` for what is no object, or cannot be read.
 */
export function readTrade(given: TradeInput): TradeInput {
  if (given === null || typeof given !== 'object')
    refuse(show(given), 'a trade object', 'TRADE_INVALID', 'Nothing was recorded.');
  return reading('a trade', 'TRADE_INVALID', () => {
    const { decision } = given;
    return {
      id: given.id,
      positionId: given.positionId,
      openSize: number(given.openSize),
      strategy: given.strategy,
      symbol: given.symbol,
      side: given.side,
      entryTime: number(given.entryTime),
      exitTime: number(given.exitTime),
      pnl: number(given.pnl),
      size: number(given.size),
      entryPrice: number(given.entryPrice),
      exitPrice: number(given.exitPrice),
      fees: number(given.fees),
      funding: number(given.funding),
      stop: number(given.stop),
      returnRate: number(given.returnRate),
      stopRate: number(given.stopRate),
      atrRate: number(given.atrRate),
      equityAtEntry: number(given.equityAtEntry),
      regime: given.regime,
      decision: typeof decision === 'object' && decision !== null ? readDecision(decision) : decision,
      lowestPrice: number(given.lowestPrice),
      highestPrice: number(given.highestPrice),
    } as TradeInput;
  });
}

/** A decision as this version writes it; what of one that was put together by hand could not be learned from is left out. */
function readDecision(given: NonNullable<TradeInput['decision']>): TradeInput['decision'] {
  const decision: Writable<Decision> = { ...completeDecision(given) };
  const { edge, score } = decision;
  const quality = edge?.quality;
  const { confidence, confluence } = score ?? {};
  decision.multiplier = number(decision.multiplier);
  if (!isTime(decision.time)) decision.time = 0;
  decision.edge = isRateOrNull(quality) ? { ...edge!, quality } : null;
  decision.score =
    isRateOrNull(confidence) && isRateOrNull(confluence) ? { ...score!, confidence, confluence } : null;
  return decision;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const isRateOrNull = (value: unknown): value is number | null => value === null || isMoney(value);
