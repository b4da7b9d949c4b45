import type { Config } from '../config/schema.ts';
import type { EdgePosterior, Leaf } from '../edge/posterior.ts';
import type { Flags, Mode } from '../model/flags.ts';
import type { Cell, Regime } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { QualitySettings, QualityVerdict, SignalScore } from '../quality/scorer.ts';

/** A strategy on a symbol, resolved once: a decision looks nothing up by name. */
export interface Subject {
  readonly strategy: string;
  readonly symbol: string;
  regimeAt(time: number): Regime;
  /** Whether fresh candles come in, by which a signal that is not sent can be followed. */
  hasFeed(time: number): boolean;
  /** Latest close; null before the first candle. */
  lastClose(): number | null;
  status(): StrategyStatus;
  /** The status that an operator holds the strategy in; null where none does. */
  pinAt(time: number): StrategyStatus | null;
  weightIn(cell: Cell): number;
  baseWeight(): number;
  alignmentIn(cell: Cell): number;
  /** Scores a signal, and remembers the score. */
  score(signal: Signal, cell: Cell, alignment: number): SignalScore;
  enforce(score: SignalScore, followed: boolean): QualityVerdict;
  /** What the posterior knows of it in a cell. */
  leafIn(cell: Cell): Leaf;
}

/** Everything a decision looks at. Each is O(1) in the number of trades ever seen. */
export interface DecisionContext {
  readonly config: Config;
  readonly flags: Flags;
  readonly mode: Mode;
  /** Threshold and enforcement of scores, as configured or as an operator set them. */
  readonly quality: QualitySettings;
  readonly edge: EdgePosterior;
  /** Factor of the drawdown guard on new exposure, in [0,1]. */
  guard(): number;
  /** The same of the fleet's drawdown, at a time in ms. */
  fleetGuard(time: number): number;
  /** Whether the hard stop holds everything back. */
  stopped(): boolean;
  /** Equity of the account; null without a feed. */
  equity(): number | null;
}

/** What was found out about a signal before its size is decided. */
export interface Question {
  /** Of the decision. */
  readonly id: string;
  readonly signal: Signal;
  readonly subject: Subject;
  readonly cell: Cell;
  /** Most that its size may be multiplied by. */
  readonly cap: number;
  readonly guard: number;
  readonly fleetGuard: number;
  /** Whether its outcome will be known if it is not sent. */
  readonly followed: boolean;
}
