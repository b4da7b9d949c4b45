import type { Decision } from '../model/decision.ts';
import { FACTOR_NAMES, type FactorName, factorOf, productOf } from '../model/factors.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { Cell } from '../model/regime.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade } from '../model/trade.ts';

/** Where an outcome comes from: it was traded; the host's own exit rule was followed; a triple barrier stood in. */
export type OutcomeSource = 'trade' | 'host' | 'barrier';

/** The parts that a size is made of; `size` is what rounding, minimums and fixed sizes made of the rest. */
export const COMPONENTS = [...FACTOR_NAMES, 'size'] as const;
export type Component = FactorName | 'size';

/**
 * One signal and what came of it: the pair (R, m) that everything about the effect of the overlay rests on.
 * R is what the signal was worth at the host's own size, whether or not it was sent.
 */
export interface SignalOutcome {
  readonly decisionId: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly cell: Cell;
  readonly decidedAt: number;
  readonly closedAt: number;
  readonly r: number;
  readonly source: OutcomeSource;
  /** Factor on the host's size that went out; 0 when the signal was not sent. */
  readonly multiplier: number;
  /** What the overlay gave it: the multiplier, but where it only observed, or left the signal to chance. */
  readonly intended: number;
  /** The overlay observed: nothing was touched. */
  readonly observed: boolean;
  /** Drawn by chance to go out at the host's own size. */
  readonly inArm: boolean;
  readonly factors: Readonly<Record<Component, number>>;
  readonly cap: number;
  /** Score in [0,1] as it was at the decision; null where none was made. */
  readonly quality: number | null;
  /** P(mean R > 0) as it was at the decision; null where the posterior was not asked. */
  readonly probability: number | null;
  /** Money at the host's own size, net; null where it is not known. */
  readonly pnl: number | null;
  /** Equity of the account at the decision; null without a feed. */
  readonly equity: number | null;
}

/** The outcome of a position with the decision on its first entry; null for one that the overlay had no say in. */
export function outcomeOfPosition({ decision, exitTime, r, basePnl }: PositionOutcome): SignalOutcome | null {
  if (!isSent(decision)) return null;
  return { ...partsOf(decision), closedAt: exitTime, r, source: 'trade', pnl: basePnl };
}

/** The outcome of a trade with its decision; null for one that the overlay had no say in. */
export function outcomeOfTrade(
  { exitTime, r, pnl }: Trade,
  decision: Decision | undefined,
): SignalOutcome | null {
  if (!isSent(decision)) return null;
  return { ...partsOf(decision), closedAt: exitTime, r, source: 'trade', pnl: pnl / decision.multiplier };
}

export const outcomeOfShadow = ({ decision, exitTime, r, rule, pnl }: ShadowOutcome): SignalOutcome => ({
  ...partsOf(decision),
  closedAt: exitTime,
  r,
  source: rule,
  pnl,
});

const isSent = (decision: Decision | null | undefined): decision is Decision =>
  decision?.action === 'execute' && decision.multiplier > 0;

function partsOf(decision: Decision): Omit<SignalOutcome, 'closedAt' | 'r' | 'source' | 'pnl'> {
  const { id, strategy, symbol, cell, time, multiplier, intended, quality, edge, equity, cap, reasons } =
    decision;
  const wanted = Math.min(cap, productOf(decision));
  const factors = Object.fromEntries(FACTOR_NAMES.map((name) => [name, factorOf(decision, name)]));
  return {
    decisionId: id,
    strategy,
    symbol,
    cell,
    decidedAt: time,
    multiplier,
    intended,
    observed: reasons.includes('OBSERVED'),
    // What was drawn and then not sent after all is a signal that was not sent, like others.
    inArm: reasons.includes('CONTROL_ARM') && multiplier > 0,
    factors: { ...(factors as Record<FactorName, number>), size: wanted > 0 ? intended / wanted : 1 },
    cap,
    quality,
    probability: edge?.probability ?? null,
    equity,
  };
}
