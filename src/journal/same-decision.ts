import type { Decision, EdgeDetail, ExitPlan, ScoreDetail } from '../model/decision.ts';

const DECISION = [
  'id',
  'time',
  'strategy',
  'symbol',
  'side',
  'action',
  'multiplier',
  'intended',
  'quality',
  'adjustedConfidence',
  'belowThreshold',
  'regime',
  'cell',
  'atrRate',
  'base',
  'status',
  'weight',
  'health',
  'qualityFactor',
  'edgeFactor',
  'guard',
  'fleetGuard',
  'cap',
  'equity',
] as const satisfies readonly (keyof Decision)[];
const SCORE = [
  'confidence',
  'confluence',
  'alignment',
  'successRate',
  'adjustment',
  'threshold',
  'enforcement',
] as const satisfies readonly (keyof ScoreDetail)[];
const EDGE = [
  'theta',
  'variance',
  'probability',
  'expectedR',
  'lo',
  'target',
  'size',
  'quality',
  'atLeastMinimum',
] as const satisfies readonly (keyof EdgeDetail)[];
const TERMS = ['pool', 'strategy', 'cell', 'symbol', 'quality'] as const;
const DIFFER = ['strategies', 'cells', 'symbols'] as const;
const PLAN = [
  'stop',
  'target',
  'rule',
  'feeRate',
  'slippageRate',
  'size',
] as const satisfies readonly (keyof ExitPlan)[];

/** Whether two decisions are equal through and through: asked for every trade, so that nothing general will do. */
export function isSameDecision(a: Decision, b: Decision): boolean {
  return (
    a === b ||
    (isAlike(a, b, DECISION) &&
      isList(a.reasons, b.reasons) &&
      isPart(a.score, b.score, isSameScore) &&
      isPart(a.edge, b.edge, isSameEdge) &&
      isPart(a.plan, b.plan, (one, other) => isAlike(one, other, PLAN)))
  );
}

const isSameScore = (a: ScoreDetail, b: ScoreDetail): boolean =>
  isAlike(a, b, SCORE) &&
  a.levels.every((level, i) => isList(level, b.levels[i])) &&
  isAlike(a.below, b.below, ['n', 'probability']);

const isSameEdge = (a: EdgeDetail, b: EdgeDetail): boolean =>
  isAlike(a, b, EDGE) && isAlike(a.terms, b.terms, TERMS) && isAlike(a.differ, b.differ, DIFFER);

function isAlike<T extends object>(a: T, b: T | undefined, keys: readonly (keyof T)[]): boolean {
  if (b === undefined) return false;
  for (const key of keys) if (a[key] !== b[key]) return false;
  return true;
}

const isList = (a: readonly unknown[], b: readonly unknown[] | undefined): boolean =>
  b !== undefined && a.length === b.length && a.every((each, i) => each === b[i]);

/** Hosts may hand back a decision of which a part is missing. */
const isPart = <T>(a: T | null, b: T | null | undefined, same: (a: T, b: T) => boolean): boolean =>
  a === b || (a !== null && b != null && same(a, b));
