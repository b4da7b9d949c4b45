import type { Decision } from '../../model/decision.ts';
import { completeDecision } from '../../model/decision-schema.ts';
import type { PositionOutcome } from '../../model/position.ts';
import { CELLS, REGIMES } from '../../model/regime.ts';
import { R_SOURCES, type Trade, type TradeInput } from '../../model/trade.ts';
import { emptyAverageLoss } from '../../performance/r-multiple.ts';
import { basePnlOf, tradeRecord } from '../../performance/trade-record.ts';
import { isSameDecision } from '../same-decision.ts';
import { type DecisionHead, decodeDecision, encodeDecision } from './decision-line.ts';
import type { Beside } from './detail-line.ts';
import { Fields } from './fields.ts';
import type { KnownNames, NameTable } from './names.ts';
import { exactly, Packer, Unpacker } from './packed.ts';

/** Numbers that a trade may have, in the order in which they are written. */
const NUMBERS = [
  'openSize',
  'size',
  'entryPrice',
  'exitPrice',
  'fees',
  'funding',
  'stop',
  'returnRate',
  'stopRate',
  'atrRate',
  'equityAtEntry',
  'lowestPrice',
  'highestPrice',
] as const satisfies readonly (keyof TradeInput)[];
const SIDES = ['long', 'short'] as const;
/** Regimes as hosts may name them. */
const LABELS = [...REGIMES, 'TREND_WITH', 'TREND_AGAINST'] as const;
const CAPITALS = ['equity', 'capital', 'risk'] as const satisfies readonly Trade['capitalSource'][];

/** What its position came to: nothing yet; not said, as in older journals; what the trade came to; or its own. */
const OPEN = 0;
const UNSAID = 1;
const AS_TRADE = 2;
const OWN = 3;
/** Which decision a trade carries: none; one that the engine still knows then, packed; or one in full. */
const NO_DECISION = 0;
const REMEMBERED = 1;
const IN_FULL = 2;

const HEAD = 5;
const packer = new Packer();

/** Makes a record but for its R and its return, which rest on what was known then and are written out. */
const NO_CONTEXT = { capital: null, riskPerTrade: 1, averageLoss: emptyAverageLoss() };

export interface TradeEvent {
  readonly type: 'trade';
  readonly time: number;
  readonly input: TradeInput;
  readonly trade: Trade;
  readonly outcome?: PositionOutcome | null;
}

/**
 * Adds a trade to the fields of a line, the first of which are its exit time, strategy and symbol.
 * @param remembered whether the engine still knows its decision as it is: a recovery takes it from there
 */
export function encodeTrade(
  values: unknown[],
  { input, trade, outcome }: TradeEvent,
  remembered: boolean,
  names: NameTable,
): void {
  const { decision } = input;
  const ended = outcome === undefined ? UNSAID : outcome === null ? OPEN : endedAs(outcome, input, trade);
  const head = values.push(null, trade.id, input.entryTime, exactly(input.pnl), exactly(trade.r)) - 5;
  if (input.positionId !== undefined) values.push(input.positionId);
  let bits = 0;
  let bit = 1;
  for (const key of NUMBERS) {
    const value = input[key];
    if (value !== undefined) {
      bits |= bit;
      values.push(exactly(value));
    }
    bit <<= 1;
  }
  const flags =
    bits |
    (input.id === undefined ? 0 : 1 << 13) |
    (input.positionId === undefined ? 0 : 1 << 14) |
    (placeOf(input.side, SIDES) << 15) |
    (placeOf(input.regime, LABELS) << 17) |
    ((decision === undefined ? NO_DECISION : remembered ? REMEMBERED : IN_FULL) << 20) |
    (R_SOURCES.indexOf(trade.rSource) << 22) |
    (CAPITALS.indexOf(trade.capitalSource) << 25) |
    (ended << 27) |
    (trade.mae === null ? 0 : 1 << 29);
  packer.start();
  packer.word(flags >>> 0, HEAD);
  if (trade.mae !== null) packer.number(trade.mae);
  if (trade.mae !== null) packer.number(trade.mfe);
  packer.number(trade.returnRate);
  values[head] = packer.text();
  if (decision !== undefined)
    values.push(
      packedDecision(remembered ? decision : completeDecision(decision), besideOf(input), names, !remembered),
    );
  if (ended === OWN) encodeOutcome(values, outcome!, input, names);
}

/** Place of a value among a few, from 1 on; 0 for none. */
const placeOf = <T>(value: T | undefined, choices: readonly T[]): number => choices.indexOf(value as T) + 1;

function besideOf({ strategy, symbol, stop, entryTime }: TradeInput): Beside {
  return stop === undefined
    ? { time: entryTime, strategy, symbol }
    : { time: entryTime, strategy, symbol, stop };
}

function packedDecision(decision: Decision, beside: Beside, names: NameTable, isExact = false): unknown[] {
  const fields: unknown[] = [null];
  fields[0] = encodeDecision(fields, decision, beside, names, undefined, isExact);
  return fields;
}

/** Whether a position came to just what the one trade did that it was closed in. */
function endedAs(outcome: PositionOutcome, { decision }: TradeInput, trade: Trade): number {
  return outcome.parts === 1 &&
    outcome.entryTime === trade.entryTime &&
    outcome.exitTime === trade.exitTime &&
    outcome.r === trade.r &&
    outcome.rSource === trade.rSource &&
    outcome.pnl === trade.pnl &&
    outcome.basePnl === basePnlOf(trade.pnl, trade.multiplier) &&
    outcome.returnRate === trade.returnRate &&
    outcome.capitalSource === trade.capitalSource &&
    outcome.size === trade.size &&
    outcome.baseSize === trade.baseSize &&
    outcome.fees === trade.fees &&
    outcome.funding === trade.funding &&
    outcome.cell === trade.cell &&
    outcome.side === trade.side &&
    outcome.belowThreshold === trade.belowThreshold &&
    // A position of one trade has no other decision than that trade, or none where that was not sound.
    outcome.decision?.id === decision?.id
    ? AS_TRADE
    : OWN;
}

function encodeOutcome(
  values: unknown[],
  outcome: PositionOutcome,
  input: TradeInput,
  names: NameTable,
): void {
  const { decision } = outcome;
  const isTrades =
    decision !== null && input.decision !== undefined && isSameDecision(decision, input.decision);
  const flags =
    CELLS.indexOf(outcome.cell) |
    (SIDES.indexOf(outcome.side) << 3) |
    (R_SOURCES.indexOf(outcome.rSource) << 4) |
    (CAPITALS.indexOf(outcome.capitalSource) << 7) |
    (outcome.belowThreshold ? 1 << 9 : 0) |
    (decision === null ? 0 : isTrades ? 1 << 10 : 1 << 11);
  const { entryTime, exitTime, parts, size, baseSize, pnl, basePnl, fees, funding, r, returnRate } = outcome;
  values.push(flags, entryTime, exitTime, parts);
  values.push(size === null ? null : exactly(size), baseSize === null ? null : exactly(baseSize));
  values.push(
    exactly(pnl),
    exactly(basePnl),
    exactly(fees),
    exactly(funding),
    exactly(r),
    exactly(returnRate),
  );
  if (decision !== null && !isTrades) values.push(packedDecision(decision, besideOf(input), names));
}

/** The trade that `encodeTrade` wrote, and whether its decision is one that the engine knew then. */
export function decodeTrade(
  fields: Fields,
  time: number,
  strategy: string,
  symbol: string,
  names: KnownNames,
): { readonly event: TradeEvent; readonly remembered: boolean } {
  const packed = new Unpacker(fields.next<string>());
  const flags = packed.word(HEAD);
  const hasExcursions = ((flags >>> 29) & 1) === 1;
  const mae = hasExcursions ? packed.number() : null;
  const mfe = hasExcursions ? packed.numberOrNull() : null;
  const returnRate = packed.number();
  const id = fields.next<string>();
  const entryTime = fields.next<number>();
  const pnl = fields.number();
  const r = fields.number();
  const input: { -readonly [K in keyof TradeInput]: TradeInput[K] } = {
    strategy,
    symbol,
    entryTime,
    exitTime: time,
    pnl,
  };
  if ((flags >>> 13) & 1) input.id = id;
  if ((flags >>> 14) & 1) input.positionId = fields.next<string>();
  for (const [bit, key] of NUMBERS.entries()) if ((flags >>> bit) & 1) input[key] = fields.number();
  const side = (flags >>> 15) & 3;
  if (side > 0) input.side = SIDES[side - 1]!;
  const label = (flags >>> 17) & 7;
  if (label > 0) input.regime = LABELS[label - 1]!;
  const how = (flags >>> 20) & 3;
  if (how !== NO_DECISION) input.decision = unpackedDecision(fields, besideOf(input), names, how === IN_FULL);
  const trade: Trade = {
    ...tradeRecord(input, id, NO_CONTEXT),
    r,
    rSource: R_SOURCES[(flags >>> 22) & 7]!,
    returnRate,
    capitalSource: CAPITALS[(flags >>> 25) & 3]!,
    mae,
    mfe,
  };
  const outcome = decodeOutcome((flags >>> 27) & 3, fields, input, trade, names);
  const event = { type: 'trade', time, input, trade } as const;
  return { event: outcome === undefined ? event : { ...event, outcome }, remembered: how === REMEMBERED };
}

function unpackedDecision(fields: Fields, beside: Beside, names: KnownNames, isExact = false): Decision {
  const values = fields.next<[DecisionHead, ...unknown[]]>();
  return decodeDecision(values[0], new Fields(values, 1), beside, names, isExact);
}

function decodeOutcome(
  ended: number,
  fields: Fields,
  input: TradeInput,
  trade: Trade,
  names: KnownNames,
): PositionOutcome | null | undefined {
  if (ended === UNSAID) return undefined;
  if (ended === OPEN) return null;
  const { positionId, strategy, symbol } = trade;
  if (ended === AS_TRADE) {
    const { side, cell, entryTime, exitTime, size, baseSize, pnl, fees, funding, r, rSource } = trade;
    const { returnRate, capitalSource, belowThreshold, multiplier } = trade;
    const basePnl = basePnlOf(pnl, multiplier);
    const decision = input.decision ?? null;
    const came = {
      pnl,
      basePnl,
      fees,
      funding,
      r,
      rSource,
      returnRate,
      capitalSource,
      decision,
      belowThreshold,
    };
    return {
      positionId,
      strategy,
      symbol,
      side,
      cell,
      entryTime,
      exitTime,
      parts: 1,
      size,
      baseSize,
      ...came,
    };
  }
  const flags = fields.next<number>();
  const [entryTime, exitTime, parts] = [fields.next<number>(), fields.next<number>(), fields.next<number>()];
  const [size, baseSize] = [fields.numberOrNull(), fields.numberOrNull()];
  const [pnl, basePnl] = [fields.number(), fields.number()];
  const [fees, funding] = [fields.number(), fields.number()];
  const [r, returnRate] = [fields.number(), fields.number()];
  return {
    positionId,
    strategy,
    symbol,
    side: SIDES[(flags >>> 3) & 1]!,
    cell: CELLS[flags & 7]!,
    entryTime,
    exitTime,
    parts,
    size,
    baseSize,
    pnl,
    basePnl,
    fees,
    funding,
    r,
    rSource: R_SOURCES[(flags >>> 4) & 7]!,
    returnRate,
    capitalSource: CAPITALS[(flags >>> 7) & 3]!,
    decision:
      (flags >>> 10) & 1
        ? (input.decision ?? null)
        : (flags >>> 11) & 1
          ? unpackedDecision(fields, besideOf(input), names)
          : null,
    belowThreshold: ((flags >>> 9) & 1) === 1,
  };
}
