import type { Config, Options } from '../config/schema.ts';
import type { SignalCounts } from '../decision/counts.ts';
import type { By } from '../model/authorship.ts';
import type { Candle } from '../model/candle.ts';
import { copyOf } from '../model/copies.ts';
import type { Coverage, UnjudgedEntry, UnknownExit } from '../model/coverage.ts';
import type { Decision, ReasonCode } from '../model/decision.ts';
import { checkLimit, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import type { Flags, Mode } from '../model/flags.ts';
import { byName } from '../model/names.ts';
import type { Cell, RegimeLabel } from '../model/regime.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Signal } from '../model/signal.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import type { ForceOptions } from '../retirement/force.ts';
import type { Shadow } from '../shadow/shadow.ts';
import { applyEvent } from './apply.ts';
import { HostClock } from './clock.ts';
import type {
  Command,
  EquityReport,
  Observer,
  OptimizationState,
  RecordedEvent,
  ResetTarget,
} from './events.ts';
import type { FleetGuard } from './fleet.ts';
import { type EngineHooks, readHooks } from './hooks.ts';
import { Judging } from './judging.ts';
import { checkPast, readShadow } from './learned-input.ts';
import { Learning, type PastEvent } from './learning.ts';
import { Operator } from './operator.ts';
import { Pieces, type SizeQuestion } from './pieces.ts';
import { Recording } from './recording.ts';
import type { Piece, Snapshot } from './snapshot.ts';
import { PIECE, type SnapshotWalk } from './snapshot-walk.ts';
import { EngineState } from './state.ts';
import { type OptimizationStatus, statusOf } from './status.ts';
import { Update } from './update.ts';
import { HISTORY } from './update-history.ts';
import {
  type DecomposerView,
  type DetectorView,
  type EdgeView,
  type ManagerView,
  type OptimizerView,
  type PortfolioView,
  type ScorerView,
  type TracksView,
  viewsOf,
} from './views.ts';

export type { EngineHooks } from './hooks.ts';
export type { PastEvent } from './learning.ts';

/**
 * One deterministic state machine: time comes in with each event, nothing is read from the machine, and every method
 * returns before anything else can happen.
 */
export class OptimizationEngine {
  /** Its components, to be looked at: what changes them goes through the engine, and most of it is a command. */
  readonly decomposer: DecomposerView;
  readonly optimizer: OptimizerView;
  readonly scorer: ScorerView;
  readonly manager: ManagerView;
  readonly detector: DetectorView;
  /** The posterior of the expected R, with everything learned that is known by now. */
  readonly edge: EdgeView;
  readonly portfolio: PortfolioView;
  readonly tracks: TracksView;
  readonly #state: EngineState;
  readonly #clock: HostClock;
  readonly #learning: Learning;
  readonly #judging: Judging;
  readonly #operator: Operator;
  readonly #recording: Recording;
  readonly #update: Update;
  readonly #pieces: Pieces;
  readonly #killed: () => boolean;
  readonly #took: ((ms: number) => void) | null;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(options: Options = {}, hooks: EngineHooks = {}) {
    const { killed, shadows, now, took } = readHooks(hooks);
    const isOn = () => this.flags.enabled;
    this.#killed = killed;
    this.#took = took;
    this.#state = new EngineState(options);
    this.#clock = new HostClock(this.#state, now);
    this.#learning = new Learning(this.#state, shadows === 'followed');
    this.#judging = new Judging(this.#state, this.#learning, this.#clock, isOn);
    this.#recording = new Recording(this.#state, this.#learning, this.#clock);
    this.#operator = new Operator(this.#state, this.#learning, this.#clock);
    this.#update = new Update(this.#state, this.#learning, this.#clock);
    this.#pieces = new Pieces(this.#state, isOn);
    const { decomposer, optimizer, scorer, manager, detector, edge, portfolio, tracks } = viewsOf({
      state: this.#state,
      recordTrade: (input) => this.recordTrade(input),
      say: (command, by) => this.#operator.say(command, by),
    });
    this.decomposer = decomposer;
    this.optimizer = optimizer;
    this.scorer = scorer;
    this.manager = manager;
    this.detector = detector;
    this.edge = edge;
    this.portfolio = portfolio;
    this.tracks = tracks;
  }

  get config(): Config {
    return this.#state.config;
  }

  /** The configuration as it was written. */
  get options(): Options {
    return this.#state.options;
  }

  /** Whether decisions are carried out, or only what they would have been is recorded. */
  get mode(): Mode {
    return this.#state.mode;
  }

  /**
   * Decides on a signal. Never throws and never waits: what cannot be judged is sent at its base size, times
   * health and guard as last known. A signal with an id that was decided before gets the same decision.
   */
  decide(signal: Signal): Decision {
    if (this.#took === null) return this.#judging.decide(signal);
    const began = performance.now();
    const decision = this.#judging.decide(signal);
    this.#took(performance.now() - began);
    return decision;
  }

  /**
   * Says that a decision was not sent after all, for instance because the venue's minimum is larger. Returns
   * the decision as it then stands; saying it twice changes nothing.
   */
  withdraw(decision: Decision, reason: ReasonCode): Decision {
    return this.#judging.withdraw(decision, reason);
  }

  /**
   * Scores a signal without deciding on it: its quality, and whether the enforcement in force lets it through; where
   * the posterior decides, whether it reaches the plain threshold. Changes nothing.
   */
  scoreSignal(signal: Signal): { readonly quality: number; readonly shouldExecute: boolean } {
    return this.#pieces.scoreSignal(signal);
  }

  /**
   * Adaptive weight times health: 0 for a suspended strategy, 1 while the overlay is off.
   * @param regime overall when absent; TRENDING without a side counts as with the trend
   */
  getStrategyWeight(strategy: string, regime: RegimeLabel | Cell | null = null): number {
    return this.#pieces.getStrategyWeight(strategy, regime);
  }

  /**
   * Factor on a size in [0, cap], for hosts that put the pieces together themselves. Where the posterior decides, it is
   * base weight times what the strategy deserves (in a regime) times the guard, and the quality says nothing more.
   * Throws `ARGUMENT_INVALID`.
   */
  getPositionSizeMultiplier(strategy: string, signalQuality?: number, regime?: RegimeLabel | Cell): number;
  getPositionSizeMultiplier(question: SizeQuestion): number;
  getPositionSizeMultiplier(
    asked: string | SizeQuestion,
    signalQuality?: number | null,
    regime?: RegimeLabel | Cell | null,
  ): number {
    return this.#pieces.getPositionSizeMultiplier(
      typeof asked === 'string' ? { strategy: asked, signalQuality, regime } : asked,
    );
  }

  /**
   * Records a closed trade: its money at once, and once nothing of its position is open, what that came to, from
   * which every component learns. Returns its record, or null when it was recorded before. Throws `TRADE_INVALID`,
   * `TRADE_TOO_OLD` or `TIME_AHEAD`, and changes nothing then.
   */
  recordTrade(input: TradeInput): Trade | null {
    return this.#recording.trade(input);
  }

  /**
   * Counts an entry that could not be judged, and why. Throws `SIGNAL_INVALID` or `TIME_AHEAD`, and changes nothing
   * then.
   */
  recordUnjudged(entry: UnjudgedEntry): void {
    this.#recording.unjudged(entry);
  }

  /**
   * Counts a position, or the rest of one, of which nobody knows how it ended: it is never learned. Returns false
   * for one that had ended before. Throws `TRADE_INVALID` or `TIME_AHEAD`, and changes nothing then.
   */
  recordUnknownExit(exit: UnknownExit): boolean {
    return this.#recording.unknownExit(exit);
  }

  /** Takes one closed candle. An impossible one, or one ahead of the clock, is skipped and counted. */
  recordCandle(symbol: string, timeframe: string, candle: Candle): void {
    this.#recording.candle(symbol, timeframe, candle);
  }

  /**
   * Hears that the host's strategy would leave its position on a symbol, whether it holds one or not: the
   * outcome of a signal that was not sent is followed to this exit. Throws `SIGNAL_INVALID` or `TIME_AHEAD`.
   */
  recordExitSignal(signal: Pick<Signal, 'strategy' | 'symbol' | 'time'>): void {
    this.#recording.exitSignal(signal);
  }

  /** Takes the equity of the whole account, for the drawdown guard. Throws `EQUITY_INVALID` or `TIME_AHEAD`. */
  recordEquity(report: EquityReport): void {
    this.#recording.equity(report);
  }

  /**
   * Learns from a signal that was not sent and whose outcome is known. The engine calls it for what it
   * follows itself; call it only with `shadows: 'given'`, for the journal does not keep it as an event. Throws
   * `TRADE_INVALID`, and changes nothing then.
   */
  recordShadow(outcome: ShadowOutcome): void {
    this.#learning.recordShadow(readShadow(outcome));
  }

  /**
   * Steps weights and judges health, as far as it is time; repeated at one time it changes nothing. Throws
   * `COMMAND_INVALID` or `TIME_AHEAD`.
   */
  updateOptimization(now: number): OptimizationState {
    return this.#update.run(now);
  }

  /**
   * Carries out an operator's command. Returns false for one whose id was carried out before. Throws
   * `COMMAND_INVALID` or `TIME_AHEAD`, or `CONFIG_INVALID` for a weight out of bounds, and changes nothing then.
   */
  execute(command: Command): boolean {
    return this.#operator.execute(command);
  }

  /** Flips switches; they are read at every decision. */
  setFlags(flags: Partial<Flags>, by?: By): void {
    this.#operator.say({ type: 'setFlags', flags }, by);
  }

  forceStatus(strategy: string, status: StrategyStatus, by?: By | Partial<ForceOptions>): void {
    this.#operator.say({ type: 'forceStatus', strategy, status }, by);
  }

  /** Puts a component, or all of them, back to its baseline. */
  reset(target: ResetTarget, by?: By): void {
    this.#operator.say({ type: 'reset', target }, by);
  }

  /** Carries decisions out, or only records what they would have been. */
  setMode(mode: Mode, by?: By): void {
    this.#operator.say({ type: 'setMode', mode }, by);
  }

  /** Lets go of the hard stop. */
  resume(by?: By): void {
    this.#operator.say({ type: 'resume' }, by);
  }

  /** Measures portfolio drawdown from today's equity on. */
  rebasePeak(by?: By): void {
    this.#operator.say({ type: 'rebasePeak' }, by);
  }

  /**
   * Learns what came of an event of before this version, whose snapshot has not seen it: outcomes are learned just as
   * they would have been then.
   */
  learnPast(event: PastEvent): void {
    checkPast(event);
    this.#learning.learnPast(event);
  }

  /**
   * Takes another configuration between two events, and keeps everything learned. A switch that the new
   * configuration sets otherwise than the old one overrules what an operator said before. Throws
   * `CONFIG_INVALID` or `TIME_AHEAD`, and changes nothing then.
   */
  reconfigure(options: Options, by?: By): void {
    this.#operator.reconfigure(options, by);
  }

  /**
   * Does again what an event of the past did, whatever the clock says now; applied in order, events rebuild the state
   * bit for bit. What was sent stays what was sent; returns false where today's rules would have sent something else.
   */
  apply(event: RecordedEvent): boolean {
    let isSame = true;
    this.#clock.pastly(() => {
      isSame = applyEvent(event, {
        judging: this.#judging,
        recording: this.#recording,
        update: this.#update,
        operator: this.#operator,
      });
    });
    return isSame;
  }

  /** The switches in force; all is off while the overlay is killed from outside. */
  get flags(): Flags {
    return this.#killed() ? { ...this.#state.flags, enabled: false } : this.#state.flags;
  }

  /** Host time of the latest event, in ms. */
  get time(): number {
    return this.#state.time;
  }

  getOptimizationStatus(): OptimizationStatus {
    return statusOf(this.#state, this.flags);
  }

  /** The latest states after an update, oldest first. */
  getOptimizationHistory(limit = HISTORY): OptimizationState[] {
    checkLimit(limit);
    return copyOf(this.#state.history.latest(limit));
  }

  /** What became of the signals of each strategy. */
  getSignalCounts(): Record<string, SignalCounts> {
    return copyOf(byName(this.#state.counts));
  }

  /** What a fleet says of new exposure, and until when; null for a bot that is alone. */
  getFleetGuard(): FleetGuard | null {
    return this.#state.fleet.guard;
  }

  /** How many entries could be judged, and of how many positions the exit is known. */
  getCoverage(): Coverage {
    return this.#state.coverage.get();
  }

  /** One of the latest decisions as it stands, by its id. */
  getDecision(id: string): Decision | undefined {
    return this.#state.recent.get(id);
  }

  /** The latest decisions, oldest first. */
  getRecentDecisions(limit = Number.POSITIVE_INFINITY): Decision[] {
    checkLimit(limit);
    return copyOf(this.#state.recent.latest(limit));
  }

  /** Signals that were not sent and whose outcome is followed now, oldest first. */
  getOpenShadows(): Readonly<Shadow>[] {
    return copyOf(this.#state.shadows.getOpen());
  }

  /** Calls the observer after every change. Returns how to stop. An observer that throws is isolated. */
  subscribe(observer: Observer): () => void {
    if (typeof observer !== 'function') refuse(`observer ${show(observer)}`, 'a function');
    this.#state.observers.add(observer);
    return () => this.#state.observers.delete(observer);
  }

  /** Counts a failure inside the overlay, its adapter or an observer; observers hear of it with its count. */
  countError(code: string, error: unknown): void {
    this.#state.countError(code, error);
  }

  /**
   * Begins to write down the state as it is now, in pieces of a millisecond or two, while the engine goes on. A command,
   * an update or another configuration breaks it: begin again then.
   * @param pieceLength characters after which a piece ends
   */
  walk(pieceLength = PIECE): SnapshotWalk {
    return this.#state.walk(pieceLength);
  }

  /** The whole state as plain JSON. */
  snapshot(): Snapshot {
    return this.#state.snapshot();
  }

  /** Continues from a snapshot. Throws `SNAPSHOT_INVALID`, and changes nothing then. */
  restore(value: unknown): void {
    this.#state.restore(value);
  }

  /** Goes on from a snapshot that was read and found sound, or from its head; it is handed over. */
  begin(snapshot: Snapshot): void {
    this.#state.begin(snapshot);
  }

  /** Goes on from a piece of the snapshot that it began with, in the order in which they were written. */
  take({ section, items }: Piece): void {
    this.#state.take(section, items);
  }
}
