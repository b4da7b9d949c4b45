import { type Action, type Decision, type ExitPlan, REASONS } from '../../model/decision.ts';
import { knownSound } from '../../model/doors.ts';
import { CELLS, REGIMES } from '../../model/regime.ts';
import type { Side } from '../../model/signal.ts';
import { STRATEGY_STATUSES } from '../../model/strategy.ts';
import { type Beside, decodeDetails, encodeDetails, NONE, OWN, packDetails, SAME } from './detail-line.ts';
import type { Fields } from './fields.ts';
import type { KnownNames, NameSlot, NameTable } from './names.ts';
import { exactly, isShort, Packer, Unpacker } from './packed.ts';

const ACTIONS = ['pass', 'execute', 'block'] as const satisfies readonly Action[];

/** A decision in a line: packed, or as it is where it is none as an engine makes them. */
export type DecisionHead = string | Decision;

const packer = new Packer();
const NOTHING = { word: 0, characters: 0 };
const PLAIN = { score: null, edge: null, plan: null };
const FLAGS = 5;

/**
 * Adds a decision to the fields of a line. What was sent - the multiplier and what it is made of - is kept as it was;
 * what explains it to four digits.
 * @param before a word that stands before what is packed, and its characters
 * @param isExact whether what explains it is kept in full, too
 * @returns what has to stand before those fields
 */
export function encodeDecision(
  values: unknown[],
  decision: Decision,
  beside: Beside,
  names: NameTable,
  before: { readonly word: number; readonly characters: number } = NOTHING,
  isExact = false,
): DecisionHead {
  const { multiplier, intended, base, weight, health, qualityFactor, edgeFactor, guard, cap } = decision;
  const { fleetGuard, score, edge, plan, equity } = decision;
  const flags = flagsOf(decision, beside);
  if (flags < 0) return decision;
  packer.start(isExact);
  packer.word(before.word, before.characters);
  packer.word(flags, FLAGS);
  packer.word(decision.reasons.length, 1);
  for (const reason of decision.reasons) {
    const place = REASONS.indexOf(reason);
    if (place < 0) return decision;
    packer.word(place, 1);
  }
  if (!isShort(multiplier)) packer.exact(multiplier);
  if (equity !== null && !isShort(equity)) packer.exact(equity);
  packer.number(decision.atrRate);
  packer.number(decision.quality);
  if (adjustedFrom(decision, beside) === 3) packer.number(decision.adjustedConfidence);
  const isDetailed = score !== null || edge !== null || plan !== null;
  const constant = isDetailed ? packDetails(packer, decision, beside, isExact) : '';
  if (constant === null || !packer.fits) return decision;

  const { id } = decision;
  const number = id.charCodeAt(0) === 100 ? Number(id.slice(1)) : Number.NaN;
  values.push(Number.isSafeInteger(number) && `d${number}` === id ? number : id);
  if (decision.time !== beside.time) values.push(decision.time);
  if (decision.strategy !== beside.strategy || decision.symbol !== beside.symbol)
    values.push(names.slotOf(decision.strategy), names.slotOf(decision.symbol));
  if (isShort(multiplier)) values.push(multiplier);
  if (intended !== multiplier) values.push(exactly(intended));
  if (base !== 1) values.push(exactly(base));
  if (weight !== 1) values.push(exactly(weight));
  if (health !== 1) values.push(exactly(health));
  if (qualityFactor !== 1) values.push(exactly(qualityFactor));
  if (guard !== 1) values.push(exactly(guard));
  if (fleetGuard !== 1) values.push(exactly(fleetGuard));
  if (edgeFactor !== 1 && edgeFactor !== multiplier) values.push(exactly(edgeFactor));
  if (cap !== 1 && cap !== 2) values.push(exactly(cap));
  if (equity !== null && isShort(equity)) values.push(equity);
  if (isDetailed) encodeDetails(values, decision, constant, beside, names);
  return packer.text();
}

/** Everything of a decision that is one of a few; -1 for one that no engine made. */
function flagsOf(decision: Decision, beside: Beside): number {
  const { multiplier, intended, base, weight, health, qualityFactor, edgeFactor, guard, cap } = decision;
  const { fleetGuard } = decision;
  const sent = multiplier + intended + base + cap;
  const numbers = sent + weight + health + qualityFactor + edgeFactor + guard + fleetGuard;
  const action = ACTIONS.indexOf(decision.action);
  const regime = REGIMES.indexOf(decision.regime);
  const cell = CELLS.indexOf(decision.cell);
  const status = STRATEGY_STATUSES.indexOf(decision.status);
  const side = decision.side === 'long' ? 0 : decision.side === 'short' ? 1 : -1;
  if ((action | regime | cell | status | side) < 0 || !Number.isFinite(numbers)) return -1;
  if (!isWhole(decision)) return -1;
  const isHere = decision.strategy === beside.strategy && decision.symbol === beside.symbol;
  return (
    (side |
      (action << 1) |
      (regime << 3) |
      (cell << 5) |
      (status << 8) |
      (decision.belowThreshold ? 1 << 10 : 0) |
      (intended === multiplier ? 0 : 1 << 11) |
      (base === 1 ? 0 : 1 << 12) |
      (weight === 1 ? 0 : 1 << 13) |
      (health === 1 ? 0 : 1 << 14) |
      (qualityFactor === 1 ? 0 : 1 << 15) |
      (guard === 1 ? 0 : 1 << 16) |
      ((edgeFactor === 1 ? NONE : edgeFactor === multiplier ? SAME : OWN) << 17) |
      ((cap === 1 ? NONE : cap === 2 ? SAME : OWN) << 19) |
      (decision.equity === null ? 0 : 1 << 21) |
      (decision.score === null ? 0 : 1 << 22) |
      (decision.edge === null ? 0 : 1 << 23) |
      (decision.plan === null ? 0 : 1 << 24) |
      (adjustedFrom(decision, beside) << 25) |
      (decision.time === beside.time ? 0 : 1 << 27) |
      (isHere ? 0 : 1 << 28) |
      (isShort(multiplier) ? 0 : 1 << 29) |
      (decision.equity === null || isShort(decision.equity) ? 0 : 1 << 30) |
      (fleetGuard === 1 ? 0 : 1 << 31)) >>>
    0
  );
}

/** Hosts may hand over decisions that they put together by hand, or kept from an older version. */
function isWhole({ id, time, reasons, equity, score, edge, plan, atrRate, quality }: Decision): boolean {
  return (
    typeof id === 'string' &&
    Number.isFinite(time) &&
    Array.isArray(reasons) &&
    reasons.length < 32 &&
    (equity === null || Number.isFinite(equity)) &&
    score !== undefined &&
    edge !== undefined &&
    atrRate !== undefined &&
    quality !== undefined &&
    (plan === null || (plan !== undefined && isPlan(plan)))
  );
}

const isPlan = ({ stop, target, size, rule }: ExitPlan): boolean =>
  Number.isFinite((stop ?? 0) + (target ?? 0) + (size ?? 0)) && (rule === 'host' || rule === 'barrier');

/** Where the adjusted confidence stands: nowhere, as the quality, as the host's confidence, or by itself. */
function adjustedFrom({ adjustedConfidence, quality }: Decision, { confidence }: Beside): 0 | 1 | 2 | 3 {
  if (adjustedConfidence === null) return 0;
  if (adjustedConfidence === quality) return 1;
  return adjustedConfidence === confidence ? 2 : 3;
}

/** The side of a packed decision: the first of its flags, and the base that they are written in is even. */
export const packedSide = (head: string): Side => (new Unpacker(head).word(1) & 1 ? 'short' : 'long');

/** The decision that `encodeDecision` wrote. */
export function decodeDecision(
  head: DecisionHead,
  fields: Fields,
  beside: Beside,
  names: KnownNames,
  isExact = false,
): Decision {
  if (typeof head !== 'string') return head;
  const packed = new Unpacker(head, isExact);
  const flags = packed.word(FLAGS);
  const reasons = Array.from({ length: packed.word(1) }, () => REASONS[packed.word(1)]!);
  const has = (bit: number) => ((flags >>> bit) & 1) === 1;
  const exactMultiplier = has(29) ? packed.exact() : null;
  const exactEquity = has(30) ? packed.exact() : null;
  const atrRate = packed.numberOrNull();
  const quality = packed.numberOrNull();
  const from = (flags >>> 25) & 3;
  const adjusted = from === 3 ? packed.number() : null;
  const id = fields.next<number | string>();
  const time = has(27) ? fields.next<number>() : beside.time;
  const strategy = has(28) ? names.at(fields.next<NameSlot>()) : beside.strategy;
  const symbol = has(28) ? names.at(fields.next<NameSlot>()) : beside.symbol;
  const multiplier = exactMultiplier ?? fields.next<number>();
  const usual = (bit: number, value: number): number => (has(bit) ? fields.number() : value);
  const intended = usual(11, multiplier);
  const base = usual(12, 1);
  const weight = usual(13, 1);
  const health = usual(14, 1);
  const qualityFactor = usual(15, 1);
  const guard = usual(16, 1);
  const fleetGuard = usual(31, 1);
  const edgeFactor = follow((flags >>> 17) & 3, 1, multiplier, fields);
  const cap = follow((flags >>> 19) & 3, 1, 2, fields);
  const equity = exactEquity ?? (has(21) ? fields.next<number>() : null);
  const given = { hasScore: has(22), hasEdge: has(23), hasPlan: has(24), edgeFactor, isExact };
  const isDetailed = given.hasScore || given.hasEdge || given.hasPlan;
  const { score, edge, plan } = isDetailed ? decodeDetails(packed, fields, given, beside, names) : PLAIN;
  // Its line has a checksum: it need not be looked at again, field by field.
  return knownSound({
    id: typeof id === 'number' ? `d${id}` : id,
    time,
    strategy,
    symbol,
    side: has(0) ? 'short' : 'long',
    action: ACTIONS[(flags >>> 1) & 3]!,
    multiplier,
    intended,
    quality,
    adjustedConfidence: from === 1 ? quality : from === 2 ? (beside.confidence ?? null) : adjusted,
    belowThreshold: has(10),
    regime: REGIMES[(flags >>> 3) & 3]!,
    cell: CELLS[(flags >>> 5) & 7]!,
    atrRate,
    base,
    status: STRATEGY_STATUSES[(flags >>> 8) & 3]!,
    weight,
    health,
    qualityFactor,
    edgeFactor,
    guard,
    fleetGuard,
    cap,
    score,
    edge,
    equity,
    plan,
    reasons,
  });
}

const follow = <T>(how: number, usual: T, same: T, fields: Fields): number | T =>
  how === OWN ? fields.number() : how === SAME ? same : usual;
