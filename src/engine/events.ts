import type { Options } from '../config/schema.ts';
import type { PosteriorState, StrategyPrior } from '../edge/posterior.ts';
import type { Authorship } from '../model/authorship.ts';
import type { Candle } from '../model/candle.ts';
import type { UnjudgedEntry, UnknownExit } from '../model/coverage.ts';
import type { Decision, ReasonCode } from '../model/decision.ts';
import type { Flags, Mode } from '../model/flags.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { RegimeLabel } from '../model/regime.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Signal } from '../model/signal.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import type { QualitySettings } from '../quality/scorer.ts';
import type { StatusChange } from '../retirement/record.ts';
import type { WeightsByCell } from '../weighting/strategy-weight.ts';
import type { WeightUpdate } from '../weighting/weight-update.ts';
import type { FleetGuard } from './fleet.ts';

export const RESET_TARGETS = ['weights', 'health', 'scores', 'performance', 'regimes', 'all'] as const;
export type ResetTarget = (typeof RESET_TARGETS)[number];

/** What is changed of quality scores; what is absent stays. */
export interface QualityChange extends Partial<QualitySettings> {
  /** Factors of regimes, in [0,2]. */
  readonly regimeAdjustments?: Partial<Readonly<Record<RegimeLabel, number>>>;
}

/** What an operator can do. Two commands with one id are one command. */
export type Command = Authorship & { readonly id?: string } & (
    | { readonly type: 'setFlags'; readonly flags: Partial<Flags> }
    | {
        readonly type: 'forceStatus';
        readonly strategy: string;
        readonly status: StrategyStatus;
        readonly pinForHours?: number | 'forever';
      }
    | { readonly type: 'reset'; readonly target: ResetTarget }
    | { readonly type: 'setWeights'; readonly weights: Readonly<Record<string, WeightsByCell>> }
    | { readonly type: 'setPosterior'; readonly posterior: PosteriorState }
    | { readonly type: 'setMode'; readonly mode: Mode }
    | { readonly type: 'setQuality'; readonly quality: QualityChange }
    | { readonly type: 'rebasePeak' }
    | { readonly type: 'resume' }
    | {
        /** What a fleet says; what is absent stays. */
        readonly type: 'setFleet';
        readonly priors?: readonly (readonly [strategy: string, prior: StrategyPrior])[];
        readonly guard?: FleetGuard | null;
      }
  );

/** A command, before it is known who gives it. */
export type Said<C = Command> = C extends Command ? Omit<C, keyof Authorship | 'id'> : never;

/** Portfolio equity at one time; a deposit (or, negative, a withdrawal) is already in it. */
export interface EquityReport {
  readonly time: number;
  readonly equity: number;
  readonly deposit?: number;
}

/** State of the overlay after an update. */
export interface OptimizationState {
  readonly time: number;
  readonly flags: Flags;
  readonly mode: Mode;
  readonly weights: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, StrategyStatus>>;
  readonly activeStrategies: readonly string[];
  readonly degradedStrategies: readonly string[];
  readonly suspendedStrategies: readonly string[];
  readonly retiredStrategies: readonly string[];
  /** The strategy with the highest expectancy in R, or null before any trade. */
  readonly bestStrategy: string | null;
  readonly weightChanges: number;
  /** By how much the overall weight of each strategy changed, of those that did. */
  readonly weightChangesThisPeriod: Readonly<Record<string, number>>;
  readonly statusChanges: number;
  /** Portfolio drawdown, a rate; null without an equity feed. */
  readonly drawdown: number | null;
}

/** An event that changes the state. All of them, in order, suffice to rebuild it. */
export type InputEvent =
  | { readonly type: 'decision'; readonly time: number; readonly signal: Signal; readonly decision: Decision }
  | {
      readonly type: 'withdrawal';
      readonly time: number;
      readonly decision: Decision;
      readonly reason: ReasonCode;
    }
  | {
      readonly type: 'trade';
      readonly time: number;
      readonly input: TradeInput;
      readonly trade: Trade;
      /** What its position came to, if this trade closed the rest of it; absent in older journals, which did not say. */
      readonly outcome?: PositionOutcome | null;
    }
  | { readonly type: 'unjudged'; readonly time: number; readonly entry: UnjudgedEntry }
  | { readonly type: 'unknownExit'; readonly time: number; readonly exit: UnknownExit }
  | {
      readonly type: 'candle';
      readonly time: number;
      readonly symbol: string;
      readonly timeframe: string;
      readonly candle: Candle;
    }
  | { readonly type: 'equity'; readonly time: number; readonly report: EquityReport }
  | {
      /** The host's strategy would leave its position now; it may hold none, because the overlay sent none. */
      readonly type: 'exit';
      readonly time: number;
      readonly strategy: string;
      readonly symbol: string;
    }
  | { readonly type: 'update'; readonly time: number; readonly state: OptimizationState }
  | { readonly type: 'command'; readonly time: number; readonly command: Command; readonly before?: unknown }
  | {
      readonly type: 'config';
      readonly time: number;
      readonly authorship: Authorship;
      readonly options: Options;
      readonly before?: unknown;
    };

/** An event as a record may have it: what an update came to is done again, and not kept. */
export type RecordedEvent =
  | Exclude<InputEvent, { readonly type: 'update' }>
  | { readonly type: 'update'; readonly time: number; readonly state?: OptimizationState };

/**
 * What followed from an input event; it comes just before it. The outcomes of a bar's shadows come with the
 * first event after that bar.
 */
export type EffectEvent =
  | { readonly type: 'weight'; readonly time: number; readonly update: WeightUpdate }
  | { readonly type: 'status'; readonly time: number; readonly change: StatusChange }
  | { readonly type: 'shadow'; readonly time: number; readonly outcome: ShadowOutcome };

/** A failure inside the overlay, its adapter or an observer, and how often its code has happened. */
export interface ErrorEvent {
  readonly type: 'error';
  readonly time: number;
  readonly code: string;
  readonly error: unknown;
  readonly count: number;
}

/** Everything that happens to the engine, in the order it happened. */
export type EngineEvent = InputEvent | EffectEvent | ErrorEvent;

export type Observer = (event: EngineEvent) => void;
