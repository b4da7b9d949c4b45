import { decisionSchema } from '../model/decision-schema.ts';
import type { PositionOutcome } from '../model/position.ts';
import { CELLS } from '../model/regime.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { addRisks, risksOf, risksSchema, rMultiple } from './r-multiple.ts';
import { RecentIds, recentIdsSchema } from './recent-ids.ts';
import { basePnlOf, returnOf, type TradeContext } from './trade-record.ts';

/** Open positions that are remembered; a bot that leaves more open than that never says when they close. */
const CAPACITY = 4096;
/** What is left of a position below this share of it is rounding. */
const ROUNDING = 1e-9;

const positionSchema = z.object({
  id: z.string().nullable(),
  strategy: z.string(),
  symbol: z.string(),
  side: z.enum(['long', 'short']),
  cell: z.enum(CELLS),
  belowThreshold: z.boolean(),
  /** On its first entry. */
  decision: decisionSchema.nullable(),
  equityAtEntry: z.number().nullable(),
  entryTime: z.number(),
  exitTime: z.number(),
  parts: z.number().int().positive(),
  /** Most that is known to have been entered. */
  entered: z.number().min(0),
  /** Size of the parts so far, and at the host's own size; `sized` says whether every part told its own. */
  size: z.number().min(0),
  baseSize: z.number().min(0),
  sized: z.boolean(),
  pnl: z.number(),
  basePnl: z.number(),
  fees: z.number(),
  funding: z.number(),
  risks: risksSchema,
});
/** What is known so far of a position that is closed in parts. */
type Position = Omit<z.infer<typeof positionSchema>, 'decision'> & Pick<PositionOutcome, 'decision'>;

export const positionBookSchema = z.object({
  open: z.array(positionSchema).max(CAPACITY),
  /** Positions that were learned, or never will be. */
  ended: recentIdsSchema,
});
export type PositionBookState = z.infer<typeof positionBookSchema>;

/** What became of a part. */
interface Added {
  /** What the position came to that it completed; null while something of it is open, or when it had ended before. */
  readonly outcome: PositionOutcome | null;
  /** A position that had to be forgotten for it. */
  readonly dropped: string | null;
}

const NOTHING: Added = { outcome: null, dropped: null };

/**
 * Positions that are closed in parts, until nothing of them is open. A position ends once: what comes of it later
 * is money and no outcome.
 */
export class PositionBook {
  #open = new Map<string, Position>();
  #ended = new RecentIds();

  /** Adds a recorded trade to its position. */
  add(part: TradeInput, trade: Trade, context: TradeContext): Added {
    const { strategy, symbol, positionId, exitTime } = trade;
    if (positionId === null) return { outcome: outcomeOfTrade(part, trade), dropped: null };
    const key = keyOf(strategy, symbol, positionId);
    const known = this.#open.get(key);
    if (known === undefined) {
      if (this.#ended.has(key) || this.#ended.mayHaveForgotten(exitTime)) return NOTHING;
      if (isClosed(enteredBy(part), part)) {
        this.#end(key, exitTime);
        return { outcome: outcomeOfTrade(part, trade), dropped: null };
      }
      const position = started(part, trade);
      this.#open.set(key, { ...position, decision: soundDecision(position) });
      return { outcome: null, dropped: this.#dropOldest() };
    }
    const position = joined(known, part, trade);
    if (isClosed(position.entered, part)) {
      this.#end(key, position.exitTime);
      return { outcome: outcomeOfPosition(position, context), dropped: null };
    }
    this.#open.set(key, position);
    return NOTHING;
  }

  /** Ends a position without an outcome. Returns false for one that had ended before. */
  drop(strategy: string, symbol: string, positionId: string, time: number): boolean {
    const key = keyOf(strategy, symbol, positionId);
    if (this.#ended.has(key)) return false;
    this.#end(key, time);
    return true;
  }

  /** How many positions are closed in part. */
  get size(): number {
    return this.#open.size;
  }

  /** It is live: write it down at once. */
  snapshot(): PositionBookState {
    return { open: [...this.#open.values()], ended: this.#ended.snapshot() } as PositionBookState;
  }

  /** Goes on from a state. It is handed over: do not keep it. */
  restore({ open, ended }: PositionBookState): void {
    this.#open = new Map(
      open.map((each) => [keyOf(each.strategy, each.symbol, each.id ?? ''), each as Position]),
    );
    this.#ended = new RecentIds(ended);
  }

  #end(key: string, time: number): void {
    this.#open.delete(key);
    this.#ended.add(key, time);
  }

  #dropOldest(): string | null {
    if (this.#open.size <= CAPACITY) return null;
    const [key, { id, exitTime }] = this.#open.entries().next().value!;
    this.#end(key, exitTime);
    return id;
  }
}

/** Ids are a host's: unique for one strategy on one symbol, and no further. */
export const keyOf = (strategy: string, symbol: string, id: string): string =>
  JSON.stringify([strategy, symbol, id]);

const started = (part: TradeInput, trade: Trade): Position => ({
  id: trade.positionId,
  strategy: trade.strategy,
  symbol: trade.symbol,
  side: trade.side,
  cell: trade.cell,
  belowThreshold: trade.belowThreshold,
  decision: part.decision ?? null,
  equityAtEntry: part.equityAtEntry ?? null,
  entryTime: trade.entryTime,
  exitTime: trade.exitTime,
  parts: 1,
  entered: enteredBy(part),
  size: part.size ?? 0,
  baseSize: trade.baseSize ?? 0,
  sized: part.size !== undefined,
  pnl: trade.pnl,
  basePnl: basePnlOf(trade.pnl, trade.multiplier),
  fees: trade.fees,
  funding: trade.funding,
  risks: risksOf(part),
});

/** The position with one more part of it closed. What was decided at its first entry stays. */
function joined(known: Position, part: TradeInput, trade: Trade): Position {
  const size = known.size + (part.size ?? 0);
  return {
    ...known,
    entryTime: Math.min(known.entryTime, trade.entryTime),
    exitTime: Math.max(known.exitTime, trade.exitTime),
    parts: known.parts + 1,
    entered: Math.max(known.entered, size + (part.openSize ?? 0)),
    size,
    baseSize: known.baseSize + (trade.baseSize ?? 0),
    sized: known.sized && part.size !== undefined,
    pnl: known.pnl + trade.pnl,
    basePnl: known.basePnl + basePnlOf(trade.pnl, trade.multiplier),
    fees: known.fees + trade.fees,
    funding: known.funding + trade.funding,
    risks: addRisks(known.risks, risksOf(part)),
  };
}

/** Most that one part alone says was entered. */
const enteredBy = ({ size = 0, openSize = 0 }: TradeInput): number => size + openSize;

const isClosed = (entered: number, { openSize = 0 }: TradeInput): boolean => openSize <= ROUNDING * entered;

/** A decision that was put together by hand may lack what a state must have to be read again. */
function soundDecision({ decision }: Position): Position['decision'] {
  const parsed = decisionSchema.safeParse(decision);
  return parsed.success ? parsed.data : null;
}

/** What a position came to that one trade closed: all of it is said by its record. */
const outcomeOfTrade = (part: TradeInput, trade: Trade): PositionOutcome => ({
  positionId: trade.positionId,
  strategy: trade.strategy,
  symbol: trade.symbol,
  side: trade.side,
  cell: trade.cell,
  belowThreshold: trade.belowThreshold,
  decision: part.decision ?? null,
  entryTime: trade.entryTime,
  exitTime: trade.exitTime,
  parts: 1,
  pnl: trade.pnl,
  basePnl: basePnlOf(trade.pnl, trade.multiplier),
  fees: trade.fees,
  funding: trade.funding,
  size: trade.size,
  baseSize: trade.baseSize,
  r: trade.r,
  rSource: trade.rSource,
  returnRate: trade.returnRate,
  capitalSource: trade.capitalSource,
});

/** What a position came to, with the R of the whole of it. */
function outcomeOfPosition(position: Position, context: TradeContext): PositionOutcome {
  const { r, rSource } = rMultiple(position.risks, position.basePnl, context.averageLoss);
  const { returnRate, capitalSource } = returnOf(position.pnl, position.equityAtEntry, r, context);
  return {
    positionId: position.id,
    strategy: position.strategy,
    symbol: position.symbol,
    side: position.side,
    cell: position.cell,
    belowThreshold: position.belowThreshold,
    decision: position.decision,
    entryTime: position.entryTime,
    exitTime: position.exitTime,
    parts: position.parts,
    pnl: position.pnl,
    basePnl: position.basePnl,
    fees: position.fees,
    funding: position.funding,
    size: position.sized ? position.size : null,
    baseSize: position.sized ? position.baseSize : null,
    r,
    rSource,
    returnRate,
    capitalSource,
  };
}
