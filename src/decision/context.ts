import type { Config } from '../config/schema.ts';
import type { EdgePosterior } from '../edge/posterior.ts';
import type { Flags, Mode } from '../model/flags.ts';
import type { Cell, Regime } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { QualityVerdict, SignalScore } from '../quality/scorer.ts';

/** Everything a decision looks at. Each is O(1) in the number of trades ever seen. */
export interface DecisionContext {
  readonly config: Config;
  readonly flags: Flags;
  readonly mode: Mode;
  readonly edge: EdgePosterior;
  readonly regimeOf: (symbol: string, time: number) => Regime;
  readonly statusOf: (strategy: string) => StrategyStatus;
  /** The status that an operator holds a strategy in; null where none does. */
  readonly pinOf: (strategy: string, time: number) => StrategyStatus | null;
  readonly weightOf: (strategy: string, cell: Cell) => number;
  readonly baseWeightOf: (strategy: string) => number;
  readonly alignmentOf: (strategy: string, cell: Cell) => number;
  readonly scoreSignal: (signal: Signal, cell: Cell, alignment: number) => SignalScore;
  readonly enforce: (score: SignalScore, followed: boolean) => QualityVerdict;
  /** Whether fresh candles of a symbol come in, by which a signal that is not sent can be followed. */
  readonly hasFeed: (symbol: string, time: number) => boolean;
  /** Latest close of a symbol; null before the first candle. */
  readonly lastClose: (symbol: string) => number | null;
  /** Factor of the drawdown guard on new exposure, in [0,1]. */
  readonly guard: () => number;
  /** Whether the hard stop holds everything back. */
  readonly stopped: () => boolean;
  /** Equity of the account; null without a feed. */
  readonly equity: () => number | null;
}

/** What was found out about a signal before its size is decided. */
export interface Question {
  /** Of the decision. */
  readonly id: string;
  readonly signal: Signal;
  readonly cell: Cell;
  /** Most that its size may be multiplied by. */
  readonly cap: number;
  readonly guard: number;
  /** Whether its outcome will be known if it is not sent. */
  readonly followed: boolean;
}
