import type { Decision } from '../model/decision.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { Cell } from '../model/regime.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade } from '../model/trade.ts';
import { winsorise } from '../statistics/ew-cell.ts';

/** Where an outcome comes from: it was traded; the host's own exit rule was followed; a triple barrier stood in. */
export type OutcomeSource = 'trade' | 'host' | 'barrier';

/** The parts that a multiplier is made of; `size` is what rounding, minimums and fixed sizes made of the rest. */
export const COMPONENTS = ['quality', 'weights', 'health', 'guard', 'size'] as const;
export type Component = (typeof COMPONENTS)[number];

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
  /** Winsorised at +-10. */
  readonly r: number;
  readonly source: OutcomeSource;
  /** Factor on the host's size; 0 when the signal was not sent. */
  readonly multiplier: number;
  readonly factors: Readonly<Record<Component, number>>;
  readonly cap: number;
  /** Score in [0,1] as it was at the decision; null where none was made. */
  readonly quality: number | null;
  /** Money at the host's own size, net; null where it is not known. */
  readonly pnl: number | null;
}

/** The outcome of a position with the decision on its first entry; null for one that the overlay had no say in. */
export function outcomeOfPosition(position: PositionOutcome): SignalOutcome | null {
  const { decision, exitTime, r, basePnl } = position;
  if (!isSent(decision)) return null;
  return { ...partsOf(decision), closedAt: exitTime, r: winsorise(r), source: 'trade', pnl: basePnl };
}

/** The outcome of a trade with its decision; null for one that the overlay had no say in. */
export function outcomeOfTrade(trade: Trade, decision: Decision | undefined): SignalOutcome | null {
  if (!isSent(decision)) return null;
  return {
    ...partsOf(decision),
    closedAt: trade.exitTime,
    r: winsorise(trade.r),
    source: 'trade',
    pnl: trade.pnl / decision.multiplier,
  };
}

export function outcomeOfShadow({ decision, exitTime, r, rule, pnl }: ShadowOutcome): SignalOutcome {
  return { ...partsOf(decision), closedAt: exitTime, r: winsorise(r), source: rule, pnl };
}

const isSent = (decision: Decision | null | undefined): decision is Decision =>
  decision?.action === 'execute' && decision.multiplier > 0;

function partsOf(decision: Decision): Omit<SignalOutcome, 'closedAt' | 'r' | 'source' | 'pnl'> {
  const { id, strategy, symbol, cell, time, multiplier, quality, cap } = decision;
  const wanted = Math.min(cap, decision.qualityFactor * decision.weight * decision.health * decision.guard);
  return {
    decisionId: id,
    strategy,
    symbol,
    cell,
    decidedAt: time,
    multiplier,
    factors: {
      quality: decision.qualityFactor,
      weights: decision.weight,
      health: decision.health,
      guard: decision.guard,
      size: wanted > 0 ? multiplier / wanted : 1,
    },
    cap,
    quality,
  };
}
