import { EDGE_PRESETS } from '../config/presets.ts';
import { type Config, type Options, parseConfig, withEvidence } from '../config/schema.ts';
import { flooredTarget, learnedQuality, levelsOf } from '../decision/by-edge.ts';
import { cellOfSignal } from '../decision/cell.ts';
import type { DecisionContext } from '../decision/context.ts';
import {
  countDecision,
  countOutcome,
  countWithdrawal,
  emptySignalCounts,
  type SignalCounts,
} from '../decision/counts.ts';
import { CoverageCounts, checkUnjudged, checkUnknownExit } from '../decision/coverage.ts';
import { blockedBy, fallback, passed } from '../decision/fallback.ts';
import { signalFault } from '../decision/fault.ts';
import { judge } from '../decision/judge.ts';
import { capOf, guardOf } from '../decision/limits.ts';
import { RecentDecisions } from '../decision/recent-decisions.ts';
import { qualityFactor } from '../decision/sizing.ts';
import { EdgeLearning, type WaitingOutcome } from '../edge/learning.ts';
import type { EdgePosterior } from '../edge/posterior.ts';
import { wholeOrNone } from '../edge/size.ts';
import { type Candle, candleFault, timeframeMs } from '../model/candle.ts';
import type { Coverage, UnjudgedEntry, UnknownExit } from '../model/coverage.ts';
import { type Decision, isUnjudgeable, type ReasonCode } from '../model/decision.ts';
import { completeDecision } from '../model/decision-schema.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { Flags, Mode } from '../model/flags.ts';
import type { PositionOutcome } from '../model/position.ts';
import { asCell, CELLS, type Cell, type RegimeLabel } from '../model/regime.ts';
import { Ring } from '../model/ring.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Signal } from '../model/signal.ts';
import { HEALTH, isName, type StrategyStatus } from '../model/strategy.ts';
import { isTime, MAX_SKEW } from '../model/time.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import { PerformanceDecomposer } from '../performance/decomposer.ts';
import { TrackRecords } from '../performance/track-record.ts';
import { rateOrNull } from '../quality/score.ts';
import { type ScorerState, SignalQualityScorer } from '../quality/scorer.ts';
import { RegimeDetector } from '../regime/detector.ts';
import { AT_WORK } from '../retirement/label.ts';
import { type ForceOptions, StrategyRetirementManager } from '../retirement/manager.ts';
import { ShadowBook } from '../shadow/book.ts';
import { canFollow, type Shadow } from '../shadow/shadow.ts';
import { winsorise } from '../statistics/ew-cell.ts';
import { AdaptiveWeightingOptimizer, type EdgeTargets, type WeightUpdate } from '../weighting/optimizer.ts';
import { checkCommand, commandError } from './commands.ts';
import type {
  Authorship,
  Command,
  EngineEvent,
  EquityReport,
  InputEvent,
  Observer,
  OptimizationState,
  ResetTarget,
} from './events.ts';
import { StrategyJudgement } from './judgement.ts';
import { Portfolio } from './portfolio.ts';
import { parseSnapshot, SNAPSHOT_VERSION, type Snapshot } from './snapshot.ts';

/** Updates kept for `getOptimizationHistory`. */
const HISTORY = 100;
/** Command ids remembered, so that a command delivered twice is carried out once. */
const COMMANDS = 256;

/** What a configuration makes. */
interface Components {
  readonly config: Config;
  readonly decomposer: PerformanceDecomposer;
  readonly optimizer: AdaptiveWeightingOptimizer;
  readonly scorer: SignalQualityScorer;
  readonly manager: StrategyRetirementManager;
  readonly detector: RegimeDetector;
  readonly judgement: StrategyJudgement;
  readonly edge: EdgeLearning;
}

/** An outcome of before this version, as the posterior learns it, and when its signal was decided. */
export type PastOutcome = WaitingOutcome & { readonly decidedAt: number };

/** An event of before this version: the outcomes that came with it, before what it did and by it. */
export interface PastEvent {
  readonly time: number;
  /** Whether it lets everything settle that waits, or what closed before it, or nothing. */
  readonly settles: 'all' | 'earlier' | 'nothing';
  readonly before: readonly PastOutcome[];
  readonly by: PastOutcome | null;
}

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
 * Composes the components into one deterministic state machine: time comes in with each event, nothing is
 * read from the machine, and every method returns before anything else can happen.
 */
export class OptimizationEngine {
  readonly portfolio = new Portfolio();
  readonly tracks = new TrackRecords();
  readonly #killed: () => boolean;
  readonly #followsShadows: boolean;
  readonly #now: (() => number) | null;
  readonly #context: DecisionContext;
  readonly #observers = new Set<Observer>();
  readonly #counts = new Map<string, SignalCounts>();
  readonly #recent = new RecentDecisions();
  readonly #coverage = new CoverageCounts();
  readonly #shadows = new ShadowBook();
  readonly #history = new Ring<OptimizationState>(HISTORY);
  readonly #commands = new Ring<string>(COMMANDS);
  readonly #errors = new Map<string, number>();
  /** While events of the past are done again: the clock may have been set back since. */
  #applying = false;
  #options: Options;
  #parts: Components;
  #operatorFlags: Partial<Flags> = {};
  #operatorMode: Mode | null = null;
  #flags: Flags;
  #time = 0;
  #decisions = 0;
  #updatedAt: number | null = null;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(options: Options = {}, hooks: EngineHooks = {}) {
    const { killed = () => false, shadows = 'followed', now = null } = hooks;
    this.#options = withEvidence(options);
    this.#parts = componentsOf(options);
    this.#flags = flagsOf(this.config, {});
    this.#killed = killed;
    this.#followsShadows = shadows === 'followed';
    this.#now = now;
    const engine = this;
    this.#context = {
      get config() {
        return engine.config;
      },
      get flags() {
        return engine.#flags;
      },
      get mode() {
        return engine.mode;
      },
      get edge() {
        return engine.#parts.edge.now;
      },
      regimeOf: (symbol, time) => this.detector.regimeOf(symbol, time),
      statusOf: (strategy) => this.manager.statusOf(strategy),
      pinOf: (strategy, time) => this.manager.pinOf(strategy, time),
      weightOf: (strategy, cell) => this.optimizer.getWeightForRegime(strategy, cell),
      baseWeightOf: (strategy) => this.optimizer.getBaseWeight(strategy),
      alignmentOf: (strategy, cell) => this.#parts.judgement.alignment(strategy, cell),
      scoreSignal: (signal, cell, alignment) =>
        this.scorer.scoreSignal({ ...signal, regime: cell, alignment }),
      enforce: (score, followed) => this.scorer.enforce(score, followed),
      hasFeed: (symbol, time) => this.detector.isFresh(symbol, time),
      lastClose: (symbol) => this.detector.lastClose(symbol),
      guard: () => guardOf(this.config, this.portfolio),
      stopped: () => this.config.hardStop !== undefined && this.portfolio.stopped,
      equity: () => this.portfolio.equity,
    };
  }

  get config(): Config {
    return this.#parts.config;
  }

  /** The configuration as it was written. */
  get options(): Options {
    return this.#options;
  }

  get decomposer(): PerformanceDecomposer {
    return this.#parts.decomposer;
  }

  get optimizer(): AdaptiveWeightingOptimizer {
    return this.#parts.optimizer;
  }

  get scorer(): SignalQualityScorer {
    return this.#parts.scorer;
  }

  get manager(): StrategyRetirementManager {
    return this.#parts.manager;
  }

  /** The posterior of the expected R, with everything learned that is known by now. */
  get edge(): EdgePosterior {
    return this.#parts.edge.view;
  }

  /** Whether decisions are carried out, or only what they would have been is recorded. */
  get mode(): Mode {
    return this.#operatorMode ?? this.config.mode;
  }

  get detector(): RegimeDetector {
    return this.#parts.detector;
  }

  /**
   * Decides on a signal. Never throws and never waits: what cannot be judged is sent at its base size, times
   * health and guard as last known. A signal with an id that was decided before gets the same decision.
   */
  decide(signal: Signal): Decision {
    try {
      if (!this.flags.enabled) return passed(asSignal(signal, this.#time), 'off', 'OVERLAY_DISABLED');
      if (signal?.intent === 'close') return passed(signal, 'exit', 'EXIT_PASSES');
      return this.#judge(signal);
    } catch (error) {
      this.countError('DECIDE_FAILED', error);
      return fallback(asSignal(signal, this.#time), 'failed', 'INTERNAL_ERROR', this.#context);
    }
  }

  /**
   * Says that a decision was not sent after all, for instance because the venue's minimum is larger. Returns
   * the decision as it then stands; saying it twice changes nothing.
   */
  withdraw(decision: Decision, reason: ReasonCode): Decision {
    const known = this.#recent.get(decision.id);
    if (known?.multiplier === 0) return known;
    const withdrawn = blockedBy(known ?? decision, reason);
    if (!known) return withdrawn;
    this.#settleShadows();
    countWithdrawal(this.#countsOf(known.strategy), known, reason);
    this.#parts.edge.now.countWithdrawal(known.strategy, known.id);
    this.#follow(withdrawn);
    this.#recent.replace(withdrawn);
    this.#emit({ type: 'withdrawal', time: known.time, decision: known, reason });
    return withdrawn;
  }

  /**
   * Scores a signal without deciding on it: its quality, and whether the enforcement in force lets it through; where
   * the posterior decides, whether it reaches the plain threshold. Changes nothing.
   */
  scoreSignal(signal: Signal): { readonly quality: number; readonly shouldExecute: boolean } {
    const cell = cellOfSignal(signal, this.detector.regimeOf(signal.symbol, signal.time));
    const alignment = rateOrNull(signal.alignment) ?? this.#parts.judgement.alignment(signal.strategy, cell);
    const { quality, passes } = this.scorer.previewSignal({ ...signal, regime: cell, alignment });
    const lets = this.#byEdge ? !this.#flags.qualityFiltering : !this.#enforces(signal.strategy, cell);
    return { quality, shouldExecute: passes || lets };
  }

  /**
   * Adaptive weight times health: 0 for a suspended strategy, 1 while the overlay is off.
   * @param regime overall when absent; TRENDING without a side counts as with the trend
   */
  getStrategyWeight(strategy: string, regime: RegimeLabel | Cell | null = null): number {
    if (!this.flags.enabled) return 1;
    const weight = this.#flags.adaptiveWeighting
      ? this.optimizer.getWeightForRegime(strategy, regime === null ? null : asCell(regime))
      : this.optimizer.getBaseWeight(strategy);
    if (!this.#flags.retirementManagement) return weight;
    const status = this.manager.statusOf(strategy);
    // What a degraded strategy deserves is in its weight already, unless an operator holds it there.
    const isInWeight =
      this.#byEdge && status === 'DEGRADED' && this.manager.pinOf(strategy, this.#time) === null;
    return isInWeight ? weight : weight * HEALTH[status];
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
    const { strategy, regime = null } = options;
    if (!this.flags.enabled) return 1;
    if (this.#byEdge) return this.#multiplierByEdge(strategy, regime === null ? null : asCell(regime));
    const score = rateOrNull(options.signalQuality);
    const acts = score !== null && this.#enforces(strategy, asCell(regime ?? 'UNKNOWN'));
    const quality = acts ? qualityFactor(score, this.scorer.minQualityThreshold) : 1;
    const guard = guardOf(this.config, this.portfolio);
    const multiplier = this.getStrategyWeight(strategy, regime) * quality * guard;
    return Math.min(capOf(this.config, null), Math.max(0, multiplier));
  }

  /**
   * Records a closed trade: its money at once, and once nothing of its position is open, what that came to, from
   * which every component learns. Returns its record, or null when it was recorded before. Throws `TRADE_INVALID`,
   * `TRADE_TOO_OLD` or `TIME_AHEAD`, and changes nothing then.
   */
  recordTrade(input: TradeInput): Trade | null {
    this.#refuseAhead('a trade', input?.exitTime);
    const deviation = this.#parts.judgement.deviation(input?.strategy);
    const recorded = this.decomposer.record(completeTrade(input));
    if (recorded === null) return null;
    const { trade, outcome, dropped } = recorded;
    this.#settleShadows();
    this.#advance(trade.exitTime);
    if (dropped !== null)
      this.countError(
        'POSITION_DROPPED',
        new Error(`too many positions are open: ${dropped} is never learned`),
      );
    if (outcome !== null) this.#learn(outcome, trade.id, deviation);
    this.#emit({ type: 'trade', time: trade.exitTime, input, trade, outcome });
    return trade;
  }

  /**
   * Counts an entry that could not be judged, and why. Throws `SIGNAL_INVALID` or `TIME_AHEAD`, and changes nothing
   * then.
   */
  recordUnjudged(entry: UnjudgedEntry): void {
    checkUnjudged(entry);
    this.#refuseAhead('an unjudged entry', entry.time);
    this.#settleShadows();
    this.#advance(entry.time);
    this.#coverage.countUnjudged(entry);
    this.#emit({ type: 'unjudged', time: entry.time, entry });
  }

  /**
   * Counts a position, or the rest of one, of which nobody knows how it ended: it is never learned. Returns false
   * for one that had ended before. Throws `TRADE_INVALID` or `TIME_AHEAD`, and changes nothing then.
   */
  recordUnknownExit(exit: UnknownExit): boolean {
    checkUnknownExit(exit);
    const { strategy, symbol, positionId, time } = exit;
    this.#refuseAhead('an unknown exit', time);
    if (positionId !== undefined && !this.decomposer.dropPosition(strategy, symbol, positionId, time))
      return false;
    this.#settleShadows();
    this.#advance(time);
    this.#coverage.countUnknownExit(exit);
    this.#emit({ type: 'unknownExit', time, exit });
    return true;
  }

  /**
   * Learns from a signal that was not sent and whose outcome is known. The engine calls it for what it
   * follows itself; call it only with `shadows: 'given'`, for the journal does not keep it as an event. Throws
   * `TRADE_INVALID`, and changes nothing then.
   */
  recordShadow(outcome: ShadowOutcome): void {
    const { decision, r, weight, exitTime } = outcome;
    const { strategy } = decision;
    if (!Number.isFinite(r) || !(weight > 0)) {
      throw new EdgekeeperError('TRADE_INVALID', {
        found: `outcome ${show(r)} of weight ${show(weight)} of ${strategy}`,
        expected: 'a finite R-multiple, and a weight above 0',
        hint: 'Nothing was changed.',
      });
    }
    // A signal of the control arm teaches with what it really came to.
    if (decision.reasons.includes('CONTROL_ARM')) {
      this.#emit({ type: 'shadow', time: exitTime, outcome });
      return;
    }
    this.#await({
      id: decision.id,
      strategy,
      symbol: decision.symbol,
      cell: decision.cell,
      r,
      weight,
      quality: learnedQuality(decision),
      closedAt: exitTime,
      held: exitTime - outcome.entryTime,
    });
    this.tracks.add(strategy, { r, decidedAt: decision.time, closedAt: exitTime });
    this.scorer.recordSignalOutcome({ ...decision, r, weight });
    countOutcome(this.#countsOf(strategy), decision, winsorise(r));
    this.manager.recordShadow(strategy, winsorise(r), weight, decision.time);
    this.#emit({ type: 'shadow', time: exitTime, outcome });
  }

  /** Takes one closed candle. An impossible one, or one ahead of the clock, is skipped and counted. */
  recordCandle(symbol: string, timeframe: string, candle: Candle): void {
    const fault = candleFault(candle);
    if (fault !== null) {
      this.countError('CANDLE_INVALID', new Error(fault));
      return;
    }
    if (this.#isAhead(candle.time)) {
      this.countError('TIME_AHEAD', this.#ahead(`a candle of ${symbol}`, candle.time));
      return;
    }
    if (this.#shadows.isDue(candle.time)) this.#settleShadows();
    this.#settleEdge(candle.time);
    this.detector.update(symbol, timeframe, candle);
    if (timeframe === this.config.timeframe)
      this.#shadows.onCandle(symbol, candle, timeframeMs(this.config.timeframe));
    this.#emit({ type: 'candle', time: candle.time, symbol, timeframe, candle });
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
    this.#refuseAhead('an exit signal', time);
    this.#settleShadows();
    this.#advance(time);
    this.#shadows.askExit(strategy, symbol, time);
    this.#emit({ type: 'exit', time, strategy, symbol });
  }

  /** Takes the equity of the whole account, for the drawdown guard. Throws `EQUITY_INVALID` or `TIME_AHEAD`. */
  recordEquity(report: EquityReport): void {
    this.#refuseAhead('an equity report', report?.time);
    this.portfolio.record(report, this.config.hardStop ?? null);
    this.#settleShadows();
    this.#advance(report.time);
    this.#emit({ type: 'equity', time: report.time, report });
  }

  /**
   * Steps weights and judges health, as far as it is time; repeated at one time it changes nothing. Throws
   * `COMMAND_INVALID` or `TIME_AHEAD`.
   */
  updateOptimization(now: number): OptimizationState {
    if (!isTime(now)) {
      throw commandError(`update time ${show(now)}`, 'a time in milliseconds since the epoch');
    }
    this.#refuseAhead('an update', now);
    this.#settleShadows();
    this.#advance(now);
    this.#settleEdge();
    const updates = this.#updateWeights(now);
    const weightChangesThisPeriod: [string, number][] = [];
    for (const update of updates) {
      if (update.cell === null && update.symbol === null) {
        this.#countsOf(update.strategy).weightChanges += 1;
        weightChangesThisPeriod.push([update.strategy, update.newWeight - update.previousWeight]);
      }
      this.#emit({ type: 'weight', time: now, update });
    }
    let statusChanges = 0;
    for (const strategy of this.manager.getStrategies()) statusChanges += this.#assess(strategy, now) ? 1 : 0;
    const state: OptimizationState = {
      time: now,
      flags: this.#flags,
      mode: this.mode,
      weights: this.optimizer.getCurrentWeights(),
      statuses: this.manager.getStatuses(),
      activeStrategies: this.manager.getActiveStrategies(),
      degradedStrategies: this.manager.getDegradedStrategies(),
      suspendedStrategies: this.manager.getSuspendedStrategies(),
      retiredStrategies: this.manager.getRetiredStrategies(),
      bestStrategy: this.#parts.judgement.best(),
      weightChanges: updates.length,
      weightChangesThisPeriod: Object.fromEntries(weightChangesThisPeriod),
      statusChanges,
      drawdown: this.portfolio.drawdown,
    };
    if (this.#updatedAt !== now) this.#history.push(state);
    this.#updatedAt = now;
    this.#emit({ type: 'update', time: now, state });
    return state;
  }

  /**
   * Carries out an operator's command. Returns false for one whose id was carried out before. Throws
   * `COMMAND_INVALID` or `TIME_AHEAD`, or `CONFIG_INVALID` for a weight out of bounds, and changes nothing then.
   */
  execute(command: Command): boolean {
    checkCommand(command);
    const { time, actor, reason, id } = command;
    if (id !== undefined && this.#commands.latest().includes(id)) return false;
    this.#refuseAhead('a command', time);
    const before = this.#beforeCommand(command);
    // A command that may still be refused must not have changed anything by then: its shadows settle after it.
    const refusable = command.type === 'setWeights';
    if (!refusable) {
      this.#settleShadows();
      this.#settleEdge();
    }
    switch (command.type) {
      case 'setFlags':
        this.#operatorFlags = { ...this.#operatorFlags, ...command.flags };
        this.#flags = flagsOf(this.config, this.#operatorFlags);
        break;
      case 'forceStatus':
        this.#force(command);
        break;
      case 'setMode':
        this.#operatorMode = command.mode;
        break;
      case 'setPosterior':
        this.#parts.edge.replace(command.posterior);
        break;
      case 'reset':
        this.#reset(command.target, { time, actor, reason });
        break;
      case 'setWeights':
        for (const update of this.optimizer.setWeights(command.weights, time))
          this.#emit({ type: 'weight', time, update });
        break;
      case 'rebasePeak':
        this.portfolio.rebasePeak();
        break;
      case 'resume':
        this.portfolio.resume();
        break;
    }
    if (refusable) {
      this.#settleShadows();
      this.#settleEdge();
    }
    if (id !== undefined) this.#commands.push(id);
    this.#advance(time);
    this.#emit({ type: 'command', time, command, before });
    return true;
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
  learnPast({ time, settles, before, by }: PastEvent): void {
    for (const outcome of before) this.#adopt(outcome);
    if (settles !== 'nothing') this.#settleEdge(settles === 'all' ? undefined : time);
    if (by !== null) this.#adopt(by);
  }

  #adopt({ decidedAt, ...outcome }: PastOutcome): void {
    this.#await(outcome);
    this.tracks.add(outcome.strategy, { r: outcome.r, decidedAt, closedAt: outcome.closedAt });
  }

  /**
   * Takes another configuration between two events, and keeps everything learned. A switch that the new
   * configuration sets otherwise than the old one overrules what an operator said before. Throws
   * `CONFIG_INVALID` or `TIME_AHEAD`, and changes nothing then.
   */
  reconfigure(options: Options, authorship: Authorship): void {
    const parts = componentsOf(options);
    this.#refuseAhead('a configuration', authorship.time);
    this.#settleShadows();
    this.#settleEdge();
    const old = this.#options;
    const { decomposer, optimizer, scorer, manager, detector, edge, config: before } = this.#parts;
    parts.decomposer.restore(decomposer.snapshot());
    parts.optimizer.restore(optimizer.snapshot());
    parts.scorer.restore(scorerStateFor(parts.config, before, scorer.snapshot()));
    parts.manager.restore(manager.snapshot());
    parts.detector.restore(detector.snapshot());
    parts.edge.restore(edge.snapshot());
    if (parts.config.mode !== before.mode) this.#operatorMode = null;
    const kept = Object.entries(this.#operatorFlags).filter(
      ([flag]) => parts.config[flag as keyof Flags] === before[flag as keyof Flags],
    );
    this.#operatorFlags = Object.fromEntries(kept);
    this.#options = withEvidence(options);
    this.#parts = parts;
    this.#flags = flagsOf(this.config, this.#operatorFlags);
    this.#advance(authorship.time);
    this.#emit({ type: 'config', time: authorship.time, authorship, options: this.#options, before: old });
  }

  /**
   * Does again what an event of the past did, whatever the clock says now; applied in order, events rebuild the state
   * bit for bit.
   */
  apply(event: InputEvent): void {
    this.#applying = true;
    try {
      this.#apply(event);
    } finally {
      this.#applying = false;
    }
  }

  #apply(event: InputEvent): void {
    switch (event.type) {
      case 'decision':
        if (isUnjudgeable(event.decision)) this.#decided(event.signal, completeDecision(event.decision));
        else this.#judge(event.signal);
        return;
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
    return this.#killed() ? { ...this.#flags, enabled: false } : this.#flags;
  }

  /** Host time of the latest event, in ms. */
  get time(): number {
    return this.#time;
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
    const { drawdown, stopped } = this.portfolio;
    return {
      enabled: this.flags,
      mode: this.mode,
      time: this.#time,
      updatedAt: this.#updatedAt,
      decisions: this.#decisions,
      drawdown,
      guard: guardOf(this.config, this.portfolio),
      stopped,
      errors: Object.fromEntries(this.#errors),
    };
  }

  /** The latest states after an update, oldest first. */
  getOptimizationHistory(limit = HISTORY): OptimizationState[] {
    return this.#history.latest(limit);
  }

  /** What became of the signals of each strategy. */
  getSignalCounts(): Record<string, SignalCounts> {
    return structuredClone(Object.fromEntries(this.#counts));
  }

  /** How many entries could be judged, and of how many positions the exit is known. */
  getCoverage(): Coverage {
    return this.#coverage.get();
  }

  /** The latest decisions, oldest first. */
  getRecentDecisions(limit?: number): Decision[] {
    return this.#recent.latest(limit);
  }

  /** Signals that were not sent and whose outcome is followed now, oldest first. */
  getOpenShadows(): Readonly<Shadow>[] {
    return this.#shadows.getOpen();
  }

  /** Calls the observer after every change. Returns how to stop. An observer that throws is isolated. */
  subscribe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Counts a failure inside the overlay, its adapter or an observer; observers hear of it with its count. */
  countError(code: string, error: unknown): void {
    const count = (this.#errors.get(code) ?? 0) + 1;
    this.#errors.set(code, count);
    this.#emit({ type: 'error', time: this.#time, code, error, count });
  }

  /** The whole state as plain JSON. */
  snapshot(): Snapshot {
    return {
      version: SNAPSHOT_VERSION,
      time: this.#time,
      decisions: this.#decisions,
      updatedAt: this.#updatedAt,
      flags: { ...this.#operatorFlags },
      mode: this.#operatorMode,
      commands: this.#commands.latest(),
      portfolio: this.portfolio.snapshot(),
      tracks: this.tracks.snapshot(),
      decomposer: this.decomposer.snapshot(),
      optimizer: this.optimizer.snapshot(),
      scorer: this.scorer.snapshot(),
      manager: this.manager.snapshot(),
      detector: this.detector.snapshot(),
      edge: this.#parts.edge.snapshot(),
      shadows: this.#shadows.snapshot(),
      counts: [...this.#counts].map(([strategy, counts]) => [strategy, structuredClone(counts)]),
      recent: this.#recent.snapshot() as Snapshot['recent'],
      coverage: this.#coverage.snapshot(),
      history: this.#history.latest() as Snapshot['history'],
    };
  }

  /** Continues from a snapshot. Throws `SNAPSHOT_INVALID`, and changes nothing then. */
  restore(value: unknown): void {
    const state = parseSnapshot(value);
    this.#time = state.time;
    this.#decisions = state.decisions;
    this.#updatedAt = state.updatedAt;
    this.#operatorFlags = state.flags;
    this.#operatorMode = state.mode;
    this.#flags = flagsOf(this.config, state.flags);
    this.#commands.replace(state.commands);
    this.portfolio.restore(state.portfolio);
    this.tracks.restore(state.tracks);
    this.decomposer.restore(state.decomposer);
    this.optimizer.restore(state.optimizer);
    this.scorer.restore(state.scorer);
    this.manager.restore(state.manager);
    this.detector.restore(state.detector);
    this.#parts.edge.restore(state.edge);
    this.#shadows.restore(state.shadows);
    this.#counts.clear();
    for (const [strategy, counts] of state.counts) this.#counts.set(strategy, counts);
    this.#recent.restore(state.recent);
    this.#coverage.restore(state.coverage);
    this.#history.replace(state.history);
  }

  #judge(signal: Signal): Decision {
    const id = `d${this.#decisions + 1}`;
    const fault = signalFault(signal);
    if (fault !== null) {
      this.countError('SIGNAL_INVALID', new Error(fault));
      const named = asSignal(signal, this.#time);
      return this.#decided(named, fallback(named, id, 'SIGNAL_INVALID', this.#context));
    }
    if (this.#isAhead(signal.time)) {
      this.countError('TIME_AHEAD', this.#ahead('a signal', signal.time));
      const present = { ...asSignal(signal, this.#time), time: this.#time };
      return this.#decided(present, fallback(present, id, 'TIME_AHEAD', this.#context));
    }
    const known = this.#recent.ofSignal(signal);
    if (known) return this.#stillSent(known);
    this.#settleShadows();
    this.#advance(signal.time);
    this.#settleEdge();
    this.#coverage.countJudged();
    const { decision, isOwn } = judge(signal, id, this.#context);
    if (isOwn) this.#atWork(decision);
    return this.#decided(signal, decision);
  }

  get #byEdge(): boolean {
    return this.config.evidence === 'posterior';
  }

  #multiplierByEdge(strategy: string, cell: Cell | null): number {
    const { config, edge } = this;
    const flags = this.#flags;
    const pin = flags.retirementManagement ? this.manager.pinOf(strategy, this.#time) : null;
    const cap = capOf(config, null);
    const limit = flags.adaptiveWeighting ? cap : 1;
    const { theta } = edge.expect(strategy, cell === null ? {} : { cell }, levelsOf(flags));
    const target = flooredTarget(edge.target(theta, limit), limit, flags, config);
    const deserved = target * (pin === null ? 1 : HEALTH[pin]);
    const size = flags.adaptiveWeighting ? deserved : wholeOrNone(deserved, null);
    const wanted = this.optimizer.getBaseWeight(strategy) * size * guardOf(config, this.portfolio);
    return this.#context.stopped() ? 0 : Math.min(cap, wanted);
  }

  /** Steps the weights that are reported: by the founding scores, or towards what the posterior sizes by. */
  #updateWeights(now: number): WeightUpdate[] {
    if (!this.#byEdge) return this.optimizer.updateWeights(this.#parts.judgement.weightEvidence(), now);
    const edge = this.#parts.edge.now;
    const targets = edge.getStrategies().map((strategy): [string, EdgeTargets] => {
      const cap = edge.capOf(strategy);
      const sizeIn = (where: Parameters<EdgePosterior['expect']>[1]) =>
        edge.target(edge.expect(strategy, where).theta, cap);
      return [
        strategy,
        {
          outcomes: edge.labelOf(strategy).outcomes,
          overall: sizeIn({}),
          cells: Object.fromEntries(CELLS.map((cell) => [cell, sizeIn({ cell })])) as Record<Cell, number>,
          symbols: edge.symbolsOf(strategy).map((symbol) => [symbol, sizeIn({ symbol })]),
        },
      ];
    });
    return this.optimizer.followEdge(new Map(targets), now);
  }

  /** A signal got a size by the evidence alone: its strategy is not benched. */
  #atWork({ strategy, time }: Decision): void {
    const status = this.manager.statusOf(strategy);
    if (status !== 'SUSPENDED' && status !== 'RETIRED') return;
    if (this.manager.pinOf(strategy, time) !== null) return;
    this.#parts.edge.now.raiseLabel(strategy, AT_WORK);
    this.#label(strategy, time, 'signal');
  }

  /** Derives the label of a strategy anew. */
  #label(strategy: string, time: number, cause: 'outcome' | 'signal' | 'time'): boolean {
    const before = this.manager.statusOf(strategy);
    const { size, p } = this.#parts.edge.now.labelOf(strategy);
    this.manager.followLabel(strategy, { size, probability: p, time, cause });
    if (this.manager.statusOf(strategy) === before) return false;
    this.#emit({ type: 'status', time, change: this.manager.getAuditLog(strategy).at(-1)! });
    return true;
  }

  /** An operator's word on a strategy: a bench holds until it is taken back, and ACTIVE starts anew. */
  #force(command: Extract<Command, { type: 'forceStatus' }>): void {
    const { strategy, status, time } = command;
    const pinForHours = command.pinForHours ?? (this.#byEdge && status !== 'ACTIVE' ? 'forever' : undefined);
    const options: ForceOptions = { ...command, ...(pinForHours === undefined ? {} : { pinForHours }) };
    const change = this.manager.forceStatus(strategy, status, options);
    if (status === 'ACTIVE') {
      this.#parts.edge.now.revive(strategy);
      this.decomposer.resetWindow(strategy);
    }
    this.#emit({ type: 'status', time, change });
  }

  /** An outcome waits until something later happens. */
  #await(outcome: WaitingOutcome): void {
    this.#parts.edge.add(outcome);
  }

  /** Learns the outcomes that wait: all of them, or those that closed before a time. */
  #settleEdge(before = Number.POSITIVE_INFINITY): void {
    this.#parts.edge.settle(before, ({ strategy, closedAt }) => {
      if (this.#byEdge) this.#label(strategy, closedAt, 'outcome');
    });
  }

  /** Lets every component learn from what a position came to. */
  #learn(outcome: PositionOutcome, tradeId: string, deviation: number): void {
    const { strategy, r, decision } = outcome;
    this.#await({
      id: outcome.positionId ?? tradeId,
      strategy,
      symbol: outcome.symbol,
      cell: decision?.cell ?? outcome.cell,
      r,
      weight: 1,
      quality: decision && learnedQuality(decision),
      closedAt: outcome.exitTime,
      held: outcome.exitTime - outcome.entryTime,
    });
    this.tracks.add(strategy, {
      r,
      decidedAt: decision?.time ?? outcome.entryTime,
      closedAt: outcome.exitTime,
    });
    this.optimizer.register(strategy);
    this.optimizer.recordOutcome(strategy, r);
    this.scorer.recordSignalOutcome(outcome);
    this.manager.recordOutcome(strategy, winsorise(r), deviation);
    if (decision?.action === 'execute') countOutcome(this.#countsOf(strategy), decision, winsorise(r));
    this.#coverage.countClosed();
    this.#assess(strategy, this.#time);
  }

  /** A decision on a signal that comes again: the same, unless its strategy or everything was stopped in the meantime. */
  #stillSent(known: Decision): Decision {
    const { manager } = this;
    if (this.mode === 'act' && this.#context.stopped() && known.multiplier > 0)
      return blockedBy(known, 'HARD_STOP');
    const benched = this.#byEdge
      ? manager.pinOf(known.strategy, this.#time)
      : manager.statusOf(known.strategy);
    const status = (this.#flags.retirementManagement && this.mode === 'act' && benched) || 'ACTIVE';
    if ((status !== 'SUSPENDED' && status !== 'RETIRED') || known.multiplier === 0) return known;
    return { ...blockedBy(known, `STRATEGY_${status}`), status, health: HEALTH[status] };
  }

  #decided(signal: Signal, decision: Decision): Decision {
    this.#decisions += 1;
    countDecision(this.#countsOf(decision.strategy), decision);
    this.#recent.add(signal, decision);
    this.#follow(decision);
    this.#emit({ type: 'decision', time: decision.time, signal, decision });
    return decision;
  }

  /** Notes whether the outcome of a signal can be followed, and follows one that is not sent. */
  #follow(decision: Decision): void {
    if (decision.plan === null) return;
    const followed = canFollow(decision) && this.detector.isFresh(decision.symbol, decision.time);
    this.#shadows.note(decision.strategy, followed);
    if (!followed || !this.#followsShadows) return;
    const isArm = decision.reasons.includes('CONTROL_ARM') && decision.intended === 0;
    if (decision.multiplier > 0 && !isArm) return;
    if (!this.#byEdge) {
      this.#shadows.open(decision);
      return;
    }
    const { blocked } = this.#parts.edge.now.labelOf(decision.strategy);
    const isSkipped = decision.status === 'RETIRED' && blocked % this.config.retiredEvery !== 0;
    if (!isSkipped) this.#shadows.openEach(decision);
  }

  /** Learns from the signals that were not sent and whose outcome is known now. */
  #settleShadows(): void {
    for (const outcome of this.#shadows.settle()) this.recordShadow(outcome);
  }

  #countsOf(strategy: string): SignalCounts {
    let counts = this.#counts.get(strategy);
    if (!counts) {
      counts = emptySignalCounts();
      this.#counts.set(strategy, counts);
    }
    return counts;
  }

  #enforces(strategy: string, cell: Cell): boolean {
    if (!this.flags.enabled || !this.#flags.qualityFiltering) return false;
    const { enforcement } = this.scorer;
    return (
      enforcement === 'strict' || (enforcement === 'guarded' && this.scorer.lowSignalsLose(strategy, cell))
    );
  }

  #assess(strategy: string, time: number): boolean {
    const labelled = this.#byEdge;
    const before = this.manager.statusOf(strategy);
    const edgeProbability = this.#parts.judgement.edgeProbability(strategy);
    const frozen = !this.#flags.retirementManagement;
    this.manager.assessStrategy({
      strategy,
      time,
      ...this.decomposer.windowOf(strategy),
      edgeProbability,
      frozen,
      labelled,
      followed: this.#shadows.follows(strategy),
    });
    if (labelled) return this.#label(strategy, time, 'time');
    const status = this.manager.statusOf(strategy);
    if (status === before) return false;
    // What comes back from the bench is judged on what it does from now on.
    if (before === 'SUSPENDED' && status === 'DEGRADED') this.decomposer.resetWindow(strategy);
    this.#emit({ type: 'status', time, change: this.manager.getAuditLog(strategy).at(-1)! });
    return true;
  }

  /** What a command is about to change, for the audit. Statuses and weights say it themselves. */
  #beforeCommand(command: Command): unknown {
    if (command.type === 'setFlags') {
      return Object.fromEntries(
        Object.keys(command.flags).map((flag) => [flag, this.#flags[flag as keyof Flags]]),
      );
    }
    if (command.type === 'setMode') return { mode: this.mode };
    return command.type === 'rebasePeak' || command.type === 'resume'
      ? { drawdown: this.portfolio.drawdown, stopped: this.portfolio.stopped }
      : null;
  }

  #reset(target: ResetTarget, authorship: Authorship): void {
    const { time } = authorship;
    const all = target === 'all';
    const edge = this.#parts.edge.now;
    if (all || target === 'weights') {
      for (const update of this.optimizer.resetToBaseWeights(time))
        this.#emit({ type: 'weight', time, update });
      for (const strategy of edge.getStrategies()) edge.revive(strategy);
    }
    if (all || target === 'health') {
      for (const change of this.manager.reset(authorship)) this.#emit({ type: 'status', time, change });
      edge.resetLabels();
    }
    if (all || target === 'scores') {
      this.scorer.reset();
      edge.forgetSlopes();
    }
    if (all || target === 'performance') {
      this.decomposer.reset();
      this.tracks.reset();
    }
    if (all || target === 'regimes') this.detector.reset();
    if (!all) return;
    this.#shadows.reset();
    this.#parts.edge.reset();
  }

  /** A time that is no further ahead than the state itself holds nothing up. */
  #isAhead(time: unknown): boolean {
    if (this.#now === null || this.#applying || !isTime(time)) return false;
    return time > Math.max(this.#now() + MAX_SKEW, this.#time);
  }

  #refuseAhead(what: string, time: unknown): void {
    if (!this.#isAhead(time)) return;
    const error = this.#ahead(what, time as number);
    this.countError('TIME_AHEAD', error);
    throw error;
  }

  #ahead(what: string, time: number): EdgekeeperError {
    const seconds = Math.round((time - (this.#now?.() ?? 0)) / 1000);
    return new EdgekeeperError('TIME_AHEAD', {
      found: `${what} at ${time}, ${seconds} s ahead of the host's clock`,
      expected: `a time in ms at most ${MAX_SKEW / 1000} s ahead of it`,
      hint: 'It was not taken. Are its units other than ms, such as seconds, or is a clock wrong?',
    });
  }

  #advance(time: number): void {
    this.#time = Math.max(this.#time, time);
    this.#settleEdge(time);
  }

  #emit(event: EngineEvent): void {
    for (const observer of this.#observers) {
      try {
        observer(event);
      } catch (error) {
        // Telling observers of an observer that fails on errors would never end.
        if (event.type !== 'error') this.countError('OBSERVER_FAILED', error);
      }
    }
  }
}

function componentsOf(options: Options): Components {
  const config = parseConfig(options);
  const decomposer = new PerformanceDecomposer(config);
  const manager = new StrategyRetirementManager(config);
  for (const strategy of Object.keys(config.baseWeights)) manager.register(strategy);
  return {
    config,
    decomposer,
    optimizer: new AdaptiveWeightingOptimizer(config.baseWeights, { ...config, method: config.weighting }),
    scorer: new SignalQualityScorer(config),
    manager,
    detector: new RegimeDetector(config),
    judgement: new StrategyJudgement(decomposer),
    edge: new EdgeLearning({
      ...EDGE_PRESETS[config.preset],
      cap: config.reduceOnly === undefined ? null : capOf(config, null),
      firstCap: capOf(config, null),
    }),
  };
}

/** What a new configuration says of a regime otherwise than the old one overrules what was changed since. */
const scorerStateFor = (config: Config, before: Config, state: ScorerState): ScorerState => ({
  ...state,
  adjustments: Object.fromEntries(
    Object.entries(state.adjustments).filter(
      ([regime]) =>
        config.regimeAdjustments[regime as RegimeLabel] === before.regimeAdjustments[regime as RegimeLabel],
    ),
  ),
});

/** A trade with its decision as this version writes it. */
const completeTrade = (input: TradeInput): TradeInput =>
  typeof input?.decision !== 'object' || input.decision === null
    ? input
    : { ...input, decision: completeDecision(input.decision) };

const flagsOf = (config: Config, operator: Partial<Flags>): Flags => ({
  enabled: operator.enabled ?? config.enabled,
  qualityFiltering: operator.qualityFiltering ?? config.qualityFiltering,
  adaptiveWeighting: operator.adaptiveWeighting ?? config.adaptiveWeighting,
  retirementManagement: operator.retirementManagement ?? config.retirementManagement,
});

/** A signal that can at least be named in a decision. */
function asSignal(signal: unknown, time: number): Signal {
  const { id, ...given } = readable(signal);
  return {
    ...given,
    ...(isName(id) ? { id } : {}),
    strategy: isName(given.strategy) ? given.strategy : '',
    symbol: isName(given.symbol) ? given.symbol : '',
    side: given.side === 'short' ? 'short' : 'long',
    time: isTime(given.time) ? given.time : time,
  };
}

/** What can be read of a host's object; one whose properties throw is as good as empty. */
function readable(signal: unknown): Partial<Signal> {
  try {
    return typeof signal === 'object' && signal !== null ? { ...(signal as Partial<Signal>) } : {};
  } catch {
    return {};
  }
}
