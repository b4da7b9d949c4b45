import type { Factors } from './factors.ts';
import type { Cell, RegimeLabel } from './regime.ts';
import type { Side } from './signal.ts';
import type { StrategyStatus } from './strategy.ts';

/** Why a decision is what it is. Codes are stable; docs/reasons.md explains each. */
export const REASONS = [
  'OVERLAY_DISABLED',
  'EXIT_PASSES',
  'SIGNAL_INVALID',
  'TIME_AHEAD',
  'INTERNAL_ERROR',
  'OBSERVED',
  'CONTROL_ARM',
  'HARD_STOP',
  'EDGE_BLOCKED',
  'EDGE_REDUCED',
  'EDGE_RAISED',
  'EDGE_EXPLORED',
  'STRATEGY_SUSPENDED',
  'STRATEGY_RETIRED',
  'STRATEGY_DEGRADED',
  'QUALITY_BLOCKED',
  'QUALITY_ADVISORY',
  'QUALITY_EXPLORED',
  'BASE_WEIGHT',
  'WEIGHT_RAISED',
  'WEIGHT_LOWERED',
  'DRAWDOWN_GUARD',
  'CAPPED',
  'SIZE_FIXED',
  'BELOW_MIN',
  'AT_MIN',
  'NOT_SENT',
  'NAME_LIMIT',
  'FLEET_GUARD',
] as const;
export type ReasonCode = (typeof REASONS)[number];

/** Ids of decisions that judged nothing; many share them, so they name no position. */
export const SHARED_IDS: readonly string[] = ['off', 'exit', 'failed'];

/** Whether a signal could not be judged as it came; judged again it might look sound. */
export const isUnjudgeable = ({ reasons }: Pick<Decision, 'reasons'>): boolean =>
  reasons.includes('SIGNAL_INVALID') || reasons.includes('TIME_AHEAD') || reasons.includes('NAME_LIMIT');

export type Action = 'pass' | 'execute' | 'block';

/** How the outcome of a signal is followed where no order is sent. Prices in quote currency, null where unknown. */
export interface ExitPlan {
  readonly stop: number | null;
  readonly target: number | null;
  /** `host`: stop, target and exit signals are the host's whole rule; `barrier`: a triple barrier stands in. */
  readonly rule: 'host' | 'barrier';
  /** Rates of an order's value. */
  readonly feeRate: number;
  readonly slippageRate: number;
  /** The host's own size in base units. */
  readonly size: number | null;
}

export const ENFORCEMENTS = ['off', 'advisory', 'guarded', 'strict'] as const;
/**
 * What a low score does. `off`: nothing is scored against the threshold; `advisory`: it is marked;
 * `guarded`: it blocks where outcomes say that such signals lose; `strict`: it always blocks.
 */
export type Enforcement = (typeof ENFORCEMENTS)[number];

/** Discounted wins and losses of one level of the success rate. */
export type LevelTally = readonly [wins: number, losses: number];

/** What a quality score was made of, frozen at the decision. */
export interface ScoreDetail {
  /** Null where the host said nothing. */
  readonly confidence: number | null;
  readonly confluence: number | null;
  readonly alignment: number;
  readonly successRate: number;
  /** Factor of the regime. */
  readonly adjustment: number;
  readonly threshold: number;
  readonly enforcement: Enforcement;
  /** What the success rate rests on: the strategy; in this cell; on this symbol and side. */
  readonly levels: readonly [LevelTally, LevelTally, LevelTally];
  /** Outcomes of the strategy's below-threshold signals, and the probability that they win in this cell. */
  readonly below: { readonly n: number; readonly probability: number };
}

/** What the posterior expected of a signal, frozen at the decision. Theta is mean R over the standard deviation of R. */
export interface EdgeDetail {
  readonly theta: number;
  readonly variance: number;
  /** P(mean R > 0). */
  readonly probability: number;
  readonly expectedR: number;
  /** What theta is the sum of. */
  readonly terms: {
    readonly pool: number;
    readonly strategy: number;
    readonly cell: number;
    readonly symbol: number;
    readonly quality: number;
  };
  /** Probabilities that strategies, cells and symbols differ at all. */
  readonly differ: { readonly strategies: number; readonly cells: number; readonly symbols: number };
  /** Theta at which a size begins. */
  readonly lo: number;
  /** Size that theta deserves, and after the dead band, before anything else. */
  readonly target: number;
  readonly size: number;
  /** Quality of the signal as it is learned from; null where the host gave no confidence. */
  readonly quality: number | null;
  /** Where the size is below what the venue takes: its minimum is to be sent, if the host's own size is not below it. */
  readonly atLeastMinimum: boolean;
}

/** What to do with a signal. Frozen: the trade that comes of it carries it back. */
export interface Decision extends Factors {
  readonly id: string;
  readonly time: number;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  /** `pass`: send the host's own order; `execute`: send it at size x multiplier; `block`: send nothing. */
  readonly action: Action;
  /** Factor on the host's size in [0, cap]; 0 exactly when blocked, 1 exactly when passed. */
  readonly multiplier: number;
  /**
   * What the overlay would have sent: the multiplier, but for a signal that went out at the host's own size because
   * the overlay observes, or because the signal is in the control arm.
   */
  readonly intended: number;
  /** Quality score in [0,1], or null where nothing was scored. */
  readonly quality: number | null;
  /** min(confidence, quality); null where the host gave no confidence. */
  readonly adjustedConfidence: number | null;
  /** True when the score is below the threshold, whether or not that blocked anything. */
  readonly belowThreshold: boolean;
  readonly regime: RegimeLabel;
  readonly cell: Cell;
  /** ATR/close at the decision, for the R-multiple of a trade without a stop. */
  readonly atrRate: number | null;
  /** Weight before anything was learned. */
  readonly base: number;
  readonly status: StrategyStatus;
  /** Most that the size could be multiplied by. */
  readonly cap: number;
  /** Null where nothing was scored. */
  readonly score: ScoreDetail | null;
  /** Null where the posterior was not asked. */
  readonly edge: EdgeDetail | null;
  /** Equity of the account then; null without a feed. */
  readonly equity: number | null;
  /** Null where nothing was judged. */
  readonly plan: ExitPlan | null;
  readonly reasons: readonly ReasonCode[];
}

/** What of a decision was acted on. */
const SENT = [
  'action',
  'multiplier',
  'intended',
  'base',
  'weight',
  'health',
  'qualityFactor',
  'edgeFactor',
  'guard',
  'fleetGuard',
  'cap',
] as const satisfies readonly (keyof Decision)[];

/** Whether two decisions sent the same, by the same factors and for the same reasons. */
export const sentAlike = (a: Decision, b: Decision): boolean =>
  SENT.every((key) => a[key] === b[key]) &&
  a.reasons.length === b.reasons.length &&
  a.reasons.every((reason, i) => reason === b.reasons[i]);

/** A decision as it is judged today, with what was sent then. */
export function asSent(today: Decision, sent: Decision): Decision {
  const {
    action,
    multiplier,
    intended,
    base,
    weight,
    health,
    qualityFactor,
    edgeFactor,
    guard,
    fleetGuard,
    cap,
  } = sent;
  const { reasons } = sent;
  const factors = { base, weight, health, qualityFactor, edgeFactor, guard, fleetGuard, cap };
  return { ...today, action, multiplier, intended, ...factors, reasons };
}
