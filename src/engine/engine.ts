import type { Config, Options } from '../config/schema.ts';
import type { SignalCounts } from '../decision/counts.ts';
import { checkUnjudged, checkUnknownExit } from '../decision/coverage.ts';
import { signalFault } from '../decision/fault.ts';
import { guardOf } from '../decision/limits.ts';
import type { EdgePosterior } from '../edge/posterior.ts';
import { type Candle, candleFault, timeframeMs } from '../model/candle.ts';
import type { Coverage, UnjudgedEntry, UnknownExit } from '../model/coverage.ts';
import { type Decision, REASONS, type ReasonCode } from '../model/decision.ts';
import { completeDecision } from '../model/decision-schema.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { Flags, Mode } from '../model/flags.ts';
import type { Cell, RegimeLabel } from '../model/regime.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Signal } from '../model/signal.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import type { PerformanceDecomposer } from '../performance/decomposer.ts';
import type { TrackRecords } from '../performance/track-record.ts';
import type { SignalQualityScorer } from '../quality/scorer.ts';
import type { RegimeDetector } from '../regime/detector.ts';
import type { ForceOptions } from '../retirement/force.ts';
import type { StrategyRetirementManager } from '../retirement/manager.ts';
import type { Shadow } from '../shadow/shadow.ts';
import type { AdaptiveWeightingOptimizer } from '../weighting/optimizer.ts';
import { HostClock } from './clock.ts';
import { commandError } from './commands.ts';
import type {
  Authorship,
  Command,
  EquityReport,
  Observer,
  OptimizationState,
  RecordedEvent,
  ResetTarget,
} from './events.ts';
import { Judging } from './judging.ts';
import { Learning, type PastEvent } from './learning.ts';
import { Operator } from './operator.ts';
import { Pieces } from './pieces.ts';
import type { Portfolio } from './portfolio.ts';
import type { Piece, Snapshot } from './snapshot.ts';
import { PIECE, type SnapshotWalk } from './snapshot-walk.ts';
import { EngineState } from './state.ts';
import { Update } from './update.ts';
import { HISTORY } from './update-history.ts';

export type { PastEvent } from './learning.ts';

export interface EngineHooks {
  /** Read at every decision; true switches the overlay off whatever the flags say. */
  readonly killed?: () => boolean;
  /**
   * Where the outcomes of signals that were not sent come from: followed on the candles (default), or given
   * by `recordShadow`, when the past is replayed and they are known.
   */
  readonly shadows?: 'followed' | 'given';
  /**
   * The host's clock, in ms. What lies more than `MAX_SKEW` ahead of it is refused, for one such time would hold up
   * everything that waits for a later one. Without it, as in a replay, nothing is refused.
   */
  readonly now?: () => number;
}

/**
 * One deterministic state machine: time comes in with each event, nothing is read from the machine, and every method
 * returns before anything else can happen.
 */
export class OptimizationEngine {
  readonly #state: EngineState;
  readonly #clock: HostClock;
  readonly #learning: Learning;
  readonly #judging: Judging;
  readonly #operator: Operator;
  readonly #update: Update;
  readonly #pieces: Pieces;
  readonly #killed: () => boolean;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(options: Options = {}, hooks: EngineHooks = {}) {
    const { killed = () => false, shadows = 'followed', now = null } = hooks;
    const isOn = () => this.flags.enabled;
    this.#killed = killed;
    this.#state = new EngineState(options);
    this.#clock = new HostClock(this.#state, now);
    this.#learning = new Learning(this.#state, shadows === 'followed');
    this.#judging = new Judging(this.#state, this.#learning, this.#clock, isOn);
    this.#operator = new Operator(this.#state, this.#learning, this.#clock);
    this.#update = new Update(this.#state, this.#learning, this.#clock);
    this.#pieces = new Pieces(this.#state, isOn);
  }

  get portfolio(): Portfolio {
    return this.#state.portfolio;
  }

  get tracks(): TrackRecords {
    return this.#state.tracks;
  }

  get config(): Config {
    return this.#state.config;
  }

  /** The configuration as it was written. */
  get options(): Options {
    return this.#state.options;
  }

  get decomposer(): PerformanceDecomposer {
    return this.#state.parts.decomposer;
  }

  get optimizer(): AdaptiveWeightingOptimizer {
    return this.#state.parts.optimizer;
  }

  get scorer(): SignalQualityScorer {
    return this.#state.parts.scorer;
  }

  get manager(): StrategyRetirementManager {
    return this.#state.parts.manager;
  }

  /** The posterior of the expected R, with everything learned that is known by now. */
  get edge(): EdgePosterior {
    return this.#state.parts.edge.view;
  }

  /** Whether decisions are carried out, or only what they would have been is recorded. */
  get mode(): Mode {
    return this.#state.mode;
  }

  get detector(): RegimeDetector {
    return this.#state.parts.detector;
  }

  /**
   * Decides on a signal. Never throws and never waits: what cannot be judged is sent at its base size, times
   * health and guard as last known. A signal with an id that was decided before gets the same decision.
   */
  decide(signal: Signal): Decision {
    return this.#judging.decide(signal);
  }

  /**
   * Says that a decision was not sent after all, for instance because the venue's minimum is larger. Returns
   * the decision as it then stands; saying it twice changes nothing.
   */
  withdraw(decision: Decision, reason: ReasonCode): Decision {
    if (!REASONS.includes(reason))
      throw commandError(`reason ${show(reason)} of a withdrawal`, REASONS.join(', '));
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
   */
  getPositionSizeMultiplier(options: {
    readonly strategy: string;
    readonly signalQuality?: number;
    readonly regime?: RegimeLabel | Cell;
  }): number {
    return this.#pieces.getPositionSizeMultiplier(options);
  }

  /**
   * Records a closed trade: its money at once, and once nothing of its position is open, what that came to, from
   * which every component learns. Returns its record, or null when it was recorded before. Throws `TRADE_INVALID`,
   * `TRADE_TOO_OLD` or `TIME_AHEAD`, and changes nothing then.
   */
  recordTrade(input: TradeInput): Trade | null {
    this.#clock.refuseAhead('a trade', input?.exitTime);
    this.#state.touch('strategy', input?.strategy);
    const deviation = this.#state.parts.judgement.deviation(input?.strategy);
    const recorded = this.#state.parts.decomposer.record(completeTrade(input));
    if (recorded === null) return null;
    const { trade, outcome, dropped } = recorded;
    this.#learning.settleShadows();
    this.#learning.advance(trade.exitTime);
    if (dropped !== null)
      this.#state.countError(
        'POSITION_DROPPED',
        new Error(`too many positions are open: ${dropped} is never learned`),
      );
    if (outcome !== null) this.#learning.learn(outcome, trade.id, deviation);
    this.#state.emit({ type: 'trade', time: trade.exitTime, input, trade, outcome });
    return trade;
  }

  /**
   * Counts an entry that could not be judged, and why. Throws `SIGNAL_INVALID` or `TIME_AHEAD`, and changes nothing
   * then.
   */
  recordUnjudged(entry: UnjudgedEntry): void {
    checkUnjudged(entry);
    this.#clock.refuseAhead('an unjudged entry', entry.time);
    this.#learning.settleShadows();
    this.#learning.advance(entry.time);
    this.#state.coverage.countUnjudged(entry);
    this.#state.emit({ type: 'unjudged', time: entry.time, entry });
  }

  /**
   * Counts a position, or the rest of one, of which nobody knows how it ended: it is never learned. Returns false
   * for one that had ended before. Throws `TRADE_INVALID` or `TIME_AHEAD`, and changes nothing then.
   */
  recordUnknownExit(exit: UnknownExit): boolean {
    checkUnknownExit(exit);
    const { strategy, symbol, positionId, time } = exit;
    this.#clock.refuseAhead('an unknown exit', time);
    if (
      positionId !== undefined &&
      !this.#state.parts.decomposer.dropPosition(strategy, symbol, positionId, time)
    )
      return false;
    this.#learning.settleShadows();
    this.#learning.advance(time);
    this.#state.coverage.countUnknownExit(exit);
    this.#state.emit({ type: 'unknownExit', time, exit });
    return true;
  }

  /** Takes one closed candle. An impossible one, or one ahead of the clock, is skipped and counted. */
  recordCandle(symbol: string, timeframe: string, candle: Candle): void {
    const fault = candleFault(candle);
    if (fault !== null) {
      this.#state.countError('CANDLE_INVALID', new Error(fault));
      return;
    }
    if (this.#clock.isAhead(candle.time)) {
      this.#state.countError('TIME_AHEAD', this.#clock.ahead(`a candle of ${symbol}`, candle.time));
      return;
    }
    this.#state.touch('symbol', symbol);
    if (this.#state.shadows.isDue(candle.time)) this.#learning.settleShadows();
    this.#learning.settleEdge(candle.time);
    this.#state.parts.detector.update(symbol, timeframe, candle);
    if (timeframe === this.#state.config.timeframe)
      this.#state.shadows.onCandle(symbol, candle, timeframeMs(this.#state.config.timeframe));
    this.#state.emit({ type: 'candle', time: candle.time, symbol, timeframe, candle });
  }

  /**
   * Hears that the host's strategy would leave its position on a symbol, whether it holds one or not: the
   * outcome of a signal that was not sent is followed to this exit. Throws `SIGNAL_INVALID` or `TIME_AHEAD`.
   */
  recordExitSignal(signal: Pick<Signal, 'strategy' | 'symbol' | 'time'>): void {
    const fault = signalFault({ ...signal, side: 'long' });
    if (fault !== null) {
      throw new EdgekeeperError('SIGNAL_INVALID', {
        found: `an exit signal whose ${fault}`,
        expected: 'strategy and symbol by name, and a time in ms',
        hint: 'Nothing was changed.',
      });
    }
    const { strategy, symbol, time } = signal;
    this.#clock.refuseAhead('an exit signal', time);
    this.#learning.settleShadows();
    this.#learning.advance(time);
    this.#state.touch('symbol', symbol);
    this.#state.shadows.askExit(strategy, symbol, time);
    this.#state.emit({ type: 'exit', time, strategy, symbol });
  }

  /** Takes the equity of the whole account, for the drawdown guard. Throws `EQUITY_INVALID` or `TIME_AHEAD`. */
  recordEquity(report: EquityReport): void {
    this.#clock.refuseAhead('an equity report', report?.time);
    this.#state.portfolio.record(report, this.#state.config.hardStop ?? null);
    this.#learning.settleShadows();
    this.#learning.advance(report.time);
    this.#state.emit({ type: 'equity', time: report.time, report });
  }

  /**
   * Learns from a signal that was not sent and whose outcome is known. The engine calls it for what it
   * follows itself; call it only with `shadows: 'given'`, for the journal does not keep it as an event. Throws
   * `TRADE_INVALID`, and changes nothing then.
   */
  recordShadow(outcome: ShadowOutcome): void {
    this.#learning.recordShadow(outcome);
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
  setFlags(flags: Partial<Flags>, authorship: Authorship): void {
    this.execute({ ...authorship, type: 'setFlags', flags });
  }

  forceStatus(strategy: string, status: StrategyStatus, options: ForceOptions): void {
    this.execute({ ...options, type: 'forceStatus', strategy, status });
  }

  /** Puts a component, or all of them, back to its baseline. */
  reset(target: ResetTarget, authorship: Authorship): void {
    this.execute({ ...authorship, type: 'reset', target });
  }

  /** Carries decisions out, or only records what they would have been. */
  setMode(mode: Mode, authorship: Authorship): void {
    this.execute({ ...authorship, type: 'setMode', mode });
  }

  /** Lets go of the hard stop. */
  resume(authorship: Authorship): void {
    this.execute({ ...authorship, type: 'resume' });
  }

  /** Measures portfolio drawdown from today's equity on. */
  rebasePeak(authorship: Authorship): void {
    this.execute({ ...authorship, type: 'rebasePeak' });
  }

  /**
   * Learns what came of an event of before this version, whose snapshot has not seen it: outcomes are learned just as
   * they would have been then.
   */
  learnPast(event: PastEvent): void {
    this.#learning.learnPast(event);
  }

  /**
   * Takes another configuration between two events, and keeps everything learned. A switch that the new
   * configuration sets otherwise than the old one overrules what an operator said before. Throws
   * `CONFIG_INVALID` or `TIME_AHEAD`, and changes nothing then.
   */
  reconfigure(options: Options, authorship: Authorship): void {
    this.#operator.reconfigure(options, authorship);
  }

  /**
   * Does again what an event of the past did, whatever the clock says now; applied in order, events rebuild the state
   * bit for bit. What was sent stays what was sent; returns false where today's rules would have sent something else.
   */
  apply(event: RecordedEvent): boolean {
    let isSame = true;
    this.#clock.pastly(() => {
      if (event.type === 'decision')
        isSame = this.#judging.judgeAgain(event.signal, completeDecision(event.decision));
      else this.#apply(event);
    });
    return isSame;
  }

  #apply(event: Exclude<RecordedEvent, { type: 'decision' }>): void {
    switch (event.type) {
      case 'withdrawal':
        this.withdraw(event.decision, event.reason);
        return;
      case 'trade':
        this.recordTrade(event.input);
        return;
      case 'candle':
        this.recordCandle(event.symbol, event.timeframe, event.candle);
        return;
      case 'equity':
        this.recordEquity(event.report);
        return;
      case 'exit':
        this.recordExitSignal(event);
        return;
      case 'unjudged':
        this.recordUnjudged(event.entry);
        return;
      case 'unknownExit':
        this.recordUnknownExit(event.exit);
        return;
      case 'update':
        this.updateOptimization(event.time);
        return;
      case 'command':
        this.execute(event.command);
        return;
      case 'config':
        // What was written before evidence had a name ran on guarded evidence.
        this.reconfigure({ evidence: 'guarded', ...event.options }, event.authorship);
        return;
    }
  }

  /** The switches in force; all is off while the overlay is killed from outside. */
  get flags(): Flags {
    return this.#killed() ? { ...this.#state.flags, enabled: false } : this.#state.flags;
  }

  /** Host time of the latest event, in ms. */
  get time(): number {
    return this.#state.time;
  }

  getOptimizationStatus(): {
    readonly enabled: Flags;
    readonly mode: Mode;
    readonly time: number;
    readonly updatedAt: number | null;
    readonly decisions: number;
    readonly drawdown: number | null;
    readonly guard: number;
    readonly stopped: boolean;
    readonly errors: Readonly<Record<string, number>>;
  } {
    const { drawdown, stopped } = this.#state.portfolio;
    return {
      enabled: this.flags,
      mode: this.#state.mode,
      time: this.#state.time,
      updatedAt: this.#state.updatedAt,
      decisions: this.#state.decisions,
      drawdown,
      guard: guardOf(this.#state.config, this.#state.portfolio),
      stopped,
      errors: Object.fromEntries(this.#state.errors),
    };
  }

  /** The latest states after an update, oldest first. */
  getOptimizationHistory(limit = HISTORY): OptimizationState[] {
    return this.#state.history.latest(limit);
  }

  /** What became of the signals of each strategy. */
  getSignalCounts(): Record<string, SignalCounts> {
    return structuredClone(Object.fromEntries(this.#state.counts));
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
  getRecentDecisions(limit?: number): Decision[] {
    return this.#state.recent.latest(limit);
  }

  /** Signals that were not sent and whose outcome is followed now, oldest first. */
  getOpenShadows(): Readonly<Shadow>[] {
    return this.#state.shadows.getOpen();
  }

  /** Calls the observer after every change. Returns how to stop. An observer that throws is isolated. */
  subscribe(observer: Observer): () => void {
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

/** A trade with its decision as this version writes it. */
function completeTrade(input: TradeInput): TradeInput {
  if (typeof input?.decision !== 'object' || input.decision === null) return input;
  const decision = completeDecision(input.decision);
  return decision === input.decision ? input : { ...input, decision };
}
