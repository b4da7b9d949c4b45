import {
  type Decision,
  type EdgeDetail,
  ENFORCEMENTS,
  type ExitPlan,
  type ScoreDetail,
} from '../../model/decision.ts';
import type { Signal } from '../../model/signal.ts';
import type { Fields } from './fields.ts';
import type { KnownNames, NameSlot, NameTable } from './names.ts';
import { exactly, Packer, Unpacker } from './packed.ts';

/** What stands in the line already, and need not stand there twice. */
export type Beside = Pick<
  Signal,
  'time' | 'strategy' | 'symbol' | 'stop' | 'target' | 'size' | 'confidence' | 'confluence'
>;

/** How a number follows: not at all, for it is the usual one; not at all, for it stands beside; or written out. */
export const NONE = 0;
export const SAME = 1;
export const OWN = 2;

/** What explains a decision, and how its outcome is followed. */
type Detailed = Pick<Decision, 'score' | 'edge' | 'plan' | 'edgeFactor'>;

const FLAGS = 3;
const settings = new Packer();

const followsAs = (value: number | null, beside: number | undefined): number =>
  value === null ? NONE : value === beside ? SAME : OWN;

function flagsOf({ score, edge, plan, edgeFactor }: Detailed, beside: Beside): number {
  let flags = 0;
  if (score !== null) {
    flags |= Math.max(0, ENFORCEMENTS.indexOf(score.enforcement));
    flags |= followsAs(score.confidence, beside.confidence) << 2;
    flags |= followsAs(score.confluence, beside.confluence) << 4;
  }
  if (edge !== null) {
    flags |= edge.atLeastMinimum ? 1 << 6 : 0;
    flags |= (edge.size === edgeFactor ? SAME : OWN) << 7;
  }
  if (plan !== null) {
    flags |= plan.rule === 'host' ? 1 << 9 : 0;
    flags |= followsAs(plan.stop, beside.stop) << 10;
    flags |= followsAs(plan.target, beside.target) << 12;
    flags |= followsAs(plan.size, beside.size) << 14;
  }
  return flags;
}

/**
 * Packs the details of a decision. Returns what of them hardly ever changes, and is declared like a name; empty where
 * everything is exact, and null where something does not fit.
 */
export function packDetails(
  packer: Packer,
  decision: Detailed,
  beside: Beside,
  isExact: boolean,
): string | null {
  const { score, edge, plan } = decision;
  const flags = flagsOf(decision, beside);
  packer.word(flags, FLAGS);
  const settled = [
    score?.threshold ?? 0,
    edge?.lo ?? 0,
    plan?.feeRate ?? 0,
    plan?.slippageRate ?? 0,
  ] as const;
  if (isExact) for (const each of settled) packer.number(each);
  if (score !== null) packScore(packer, score, flags);
  if (edge !== null) packEdge(packer, edge, flags);
  const constant = isExact ? '' : constantOf(...settled);
  return packer.fits ? constant : null;
}

/** What was packed last: it is the same for decision after decision. */
const latest = { threshold: Number.NaN, lo: 0, feeRate: 0, slippageRate: 0, text: '' as string | null };

function constantOf(threshold: number, lo: number, feeRate: number, slippageRate: number): string | null {
  const isLatest = latest.threshold === threshold && latest.lo === lo;
  if (isLatest && latest.feeRate === feeRate && latest.slippageRate === slippageRate) return latest.text;
  settings.start();
  settings.number(threshold);
  settings.number(lo);
  settings.number(feeRate);
  settings.number(slippageRate);
  const text = settings.fits ? settings.text() : null;
  Object.assign(latest, { threshold, lo, feeRate, slippageRate, text });
  return text;
}

/** Adds what of the details is written in full to the fields of a line. */
export function encodeDetails(
  values: unknown[],
  { plan }: Detailed,
  constant: string,
  beside: Beside,
  names: NameTable,
): void {
  if (constant !== '') values.push(names.slotOf(constant));
  if (plan === null) return;
  const { stop, target, size } = plan;
  if (followsAs(stop, beside.stop) === OWN) values.push(exactly(stop!));
  if (followsAs(target, beside.target) === OWN) values.push(exactly(target!));
  if (followsAs(size, beside.size) === OWN) values.push(exactly(size!));
}

function packScore(packer: Packer, score: ScoreDetail, flags: number): void {
  const { levels, below } = score;
  if (((flags >> 2) & 3) === OWN) packer.number(score.confidence);
  if (((flags >> 4) & 3) === OWN) packer.number(score.confluence);
  packer.number(score.alignment);
  packer.number(score.successRate);
  packer.number(score.adjustment);
  for (const [wins, losses] of levels) {
    packer.number(wins);
    packer.number(losses);
  }
  packer.number(below.n);
  packer.number(below.probability);
}

function packEdge(packer: Packer, edge: EdgeDetail, flags: number): void {
  const { terms, differ } = edge;
  packer.number(edge.theta);
  packer.number(edge.variance);
  packer.number(edge.probability);
  packer.number(edge.expectedR);
  packer.number(terms.pool);
  packer.number(terms.strategy);
  packer.number(terms.cell);
  packer.number(terms.symbol);
  packer.number(terms.quality);
  packer.number(differ.strategies);
  packer.number(differ.cells);
  packer.number(differ.symbols);
  packer.number(edge.target);
  if (((flags >> 7) & 3) === OWN) packer.number(edge.size);
  packer.number(edge.quality);
}

/** Which details a decision has, and the size that it was given. */
export interface Given {
  readonly hasScore: boolean;
  readonly hasEdge: boolean;
  readonly hasPlan: boolean;
  readonly edgeFactor: number;
  readonly isExact: boolean;
}

/** The details that `packDetails` and `encodeDetails` wrote. */
export function decodeDetails(
  packed: Unpacker,
  fields: Fields,
  given: Given,
  beside: Beside,
  names: KnownNames,
): Pick<Decision, 'score' | 'edge' | 'plan'> {
  const flags = packed.word(FLAGS);
  const constant = given.isExact ? packed : new Unpacker(names.at(fields.next<NameSlot>()));
  const [threshold, lo] = [constant.number(), constant.number()];
  const [feeRate, slippageRate] = [constant.number(), constant.number()];
  const score = given.hasScore ? unpackScore(packed, flags, threshold, beside) : null;
  const edge = given.hasEdge ? unpackEdge(packed, flags, lo, given.edgeFactor) : null;
  if (!given.hasPlan) return { score, edge, plan: null };
  const { stop, target, size } = beside;
  const plan: ExitPlan = {
    stop: price((flags >> 10) & 3, stop, fields),
    target: price((flags >> 12) & 3, target, fields),
    rule: (flags >> 9) & 1 ? 'host' : 'barrier',
    feeRate,
    slippageRate,
    size: price((flags >> 14) & 3, size, fields),
  };
  return { score, edge, plan };
}

const price = (how: number, beside: number | undefined, fields: Fields): number | null =>
  how === OWN ? fields.number() : how === SAME ? (beside ?? null) : null;

function unpackScore(packed: Unpacker, flags: number, threshold: number, beside: Beside): ScoreDetail {
  const said = (how: number, same: number | undefined): number | null =>
    how === OWN ? packed.number() : how === SAME ? (same ?? null) : null;
  const pair = (): readonly [number, number] => [packed.number(), packed.number()];
  return {
    confidence: said((flags >> 2) & 3, beside.confidence),
    confluence: said((flags >> 4) & 3, beside.confluence),
    alignment: packed.number(),
    successRate: packed.number(),
    adjustment: packed.number(),
    threshold,
    enforcement: ENFORCEMENTS[flags & 3]!,
    levels: [pair(), pair(), pair()],
    below: { n: packed.number(), probability: packed.number() },
  };
}

function unpackEdge(packed: Unpacker, flags: number, lo: number, edgeFactor: number): EdgeDetail {
  return {
    theta: packed.number(),
    variance: packed.number(),
    probability: packed.number(),
    expectedR: packed.number(),
    terms: {
      pool: packed.number(),
      strategy: packed.number(),
      cell: packed.number(),
      symbol: packed.number(),
      quality: packed.number(),
    },
    differ: { strategies: packed.number(), cells: packed.number(), symbols: packed.number() },
    lo,
    target: packed.number(),
    size: ((flags >> 7) & 3) === OWN ? packed.number() : edgeFactor,
    quality: packed.numberOrNull(),
    atLeastMinimum: ((flags >> 6) & 1) === 1,
  };
}
