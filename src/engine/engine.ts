import { type Config, type Options, parseConfig } from '../config/schema.ts';
import {
  countDecision,
  countOutcome,
  countWithdrawal,
  emptySignalCounts,
  type SignalCounts,
} from '../decision/counts.ts';
import { CoverageCounts, checkUnjudged, checkUnknownExit } from '../decision/coverage.ts';
import {
  blockedBy,
  capOf,
  cellOfSignal,
  type DecisionContext,
  fallback,
  guardOf,
  judge,
  passed,
  signalFault,
} from '../decision/judge.ts';
import { RecentDecisions } from '../decision/recent-decisions.ts';
import { qualityFactor } from '../decision/sizing.ts';
import { type Candle, candleFault, timeframeMs } from '../model/candle.ts';
import type { Coverage, UnjudgedEntry, UnknownExit } from '../model/coverage.ts';
import { type Decision, isUnjudgeable, type ReasonCode } from '../model/decision.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { PositionOutcome } from '../model/position.ts';
import { asCell, type Cell, type RegimeLabel } from '../model/regime.ts';
import { Ring } from '../model/ring.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Signal } from '../model/signal.ts';
import { HEALTH, isName, type StrategyStatus } from '../model/strategy.ts';
import { isTime, MAX_SKEW } from '../model/time.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import { PerformanceDecomposer } from '../performance/decomposer.ts';
import { rateOrNull } from '../quality/score.ts';
import { SignalQualityScorer } from '../quality/scorer.ts';
import { RegimeDetector } from '../regime/detector.ts';
import { type ForceOptions, StrategyRetirementManager } from '../retirement/manager.ts';
import { ShadowBook } from '../shadow/book.ts';
import { canFollow, type Shadow } from '../shadow/shadow.ts';
import { winsorise } from '../statistics/ew-cell.ts';
import { AdaptiveWeightingOptimizer } from '../weighting/optimizer.ts';
import { checkCommand, commandError } from './commands.ts';
import type {
  Authorship,
  Command,
  EngineEvent,
  EquityReport,
  Flags,
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
  #flags: Flags;
  #time = 0;
  #decisions = 0;
  #updatedAt: number | null = null;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(options: Options = {}, hooks: EngineHooks = {}) {
    const { killed = () => false, shadows = 'followed', now = null } = hooks;
    this.#options = options;
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
      regimeOf: (symbol, time) => this.detector.regimeOf(symbol, time),
      statusOf: (strategy) => this.manager.statusOf(strategy),
      weightOf: (strategy, cell) => this.optimizer.getWeightForRegime(strategy, cell),
      baseWeightOf: (strategy) => this.optimizer.getBaseWeight(strategy),
      alignmentOf: (strategy, cell) => this.#parts.judgement.alignment(strategy, cell),
      scoreSignal: (signal, cell, alignment) =>
        this.scorer.scoreSignal({ ...signal, regime: cell, alignment }),
      enforce: (score, followed) => this.scorer.enforce(score, followed),
      hasFeed: (symbol, time) => this.detector.isFresh(symbol, time),
      lastClose: (symbol) => this.detector.lastClose(symbol),
      drawdown: () => this.portfolio.drawdown,
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
    this.#follow(withdrawn);
    this.#recent.replace(withdrawn);
    this.#emit({ type: 'withdrawal', time: known.time, decision: known, reason });
    return withdrawn;
  }

  /**
   * Scores a signal without deciding on it: its quality, and whether the enforcement in force lets it
   * through. Changes nothing.
   */
  scoreSignal(signal: Signal): { readonly quality: number; readonly shouldExecute: boolean } {
    const cell = cellOfSignal(signal, this.detector.regimeOf(signal.symbol, signal.time));
    const alignment = rateOrNull(signal.alignment) ?? this.#parts.judgement.alignment(signal.strategy, cell);
    const { quality, passes } = this.scorer.previewSignal({ ...signal, regime: cell, alignment });
    return { quality, shouldExecute: passes || !this.#enforces(signal.strategy, cell) };
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
    return weight * (this.#flags.retirementManagement ? HEALTH[this.manager.statusOf(strategy)] : 1);
  }

  /** Factor on a size in [0, cap], for hosts that put the pieces together themselves. */
  getPositionSizeMultiplier(options: {
    readonly strategy: string;
    readonly signalQuality?: number;
    readonly regime?: RegimeLabel | Cell;
  }): number {
    const { strategy, regime = null } = options;
    if (!this.flags.enabled) return 1;
    const score = rateOrNull(options.signalQuality);
    const acts = score !== null && this.#enforces(strategy, asCell(regime ?? 'UNKNOWN'));
    const quality = acts ? qualityFactor(score, this.scorer.minQualityThreshold) : 1;
    const guard = guardOf(this.config, this.portfolio.drawdown);
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
    const recorded = this.decomposer.record(input);
    if (recorded === null) return null;
    const { trade, outcome, dropped } = recorded;
    this.#settleShadows();
    this.#advance(trade.exitTime);
    if (dropped !== null)
      this.countError(
        'POSITION_DROPPED',
        new Error(`too many positions are open: ${dropped} is never learned`),
      );
    if (outcome !== null) this.#learn(outcome, deviation);
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
   * follows itself; call it only with `shadows: 'given'`, for the journal does not keep it as an event.
   */
  recordShadow(outcome: ShadowOutcome): void {
    const { decision, r, weight, exitTime } = outcome;
    const { strategy } = decision;
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
    this.portfolio.record(report);
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
    const updates = this.optimizer.updateWeights(this.#parts.judgement.weightEvidence(), now);
    for (const update of updates) {
      if (update.cell === null) this.#countsOf(update.strategy).weightChanges += 1;
      this.#emit({ type: 'weight', time: now, update });
    }
    let statusChanges = 0;
    for (const strategy of this.manager.getStrategies()) statusChanges += this.#assess(strategy, now) ? 1 : 0;
    const state: OptimizationState = {
      time: now,
      flags: this.#flags,
      weights: this.optimizer.getCurrentWeights(),
      statuses: this.manager.getStatuses(),
      bestStrategy: this.#parts.judgement.best(),
      weightChanges: updates.length,
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
    const refusable = command.type === 'forceStatus' || command.type === 'setWeights';
    if (!refusable) this.#settleShadows();
    switch (command.type) {
      case 'setFlags':
        this.#operatorFlags = { ...this.#operatorFlags, ...command.flags };
        this.#flags = flagsOf(this.config, this.#operatorFlags);
        break;
      case 'forceStatus':
        this.#emit({
          type: 'status',
          time,
          change: this.manager.forceStatus(command.strategy, command.status, command),
        });
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
    }
    if (refusable) this.#settleShadows();
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

  /** Measures portfolio drawdown from today's equity on. */
  rebasePeak(authorship: Authorship): void {
    this.execute({ ...authorship, type: 'rebasePeak' });
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
    const old = this.#options;
    const { decomposer, optimizer, scorer, manager, detector, config: before } = this.#parts;
    parts.decomposer.restore(decomposer.snapshot());
    parts.optimizer.restore(optimizer.snapshot());
    parts.scorer.restore(scorer.snapshot());
    parts.manager.restore(manager.snapshot());
    parts.detector.restore(detector.snapshot());
    const kept = Object.entries(this.#operatorFlags).filter(
      ([flag]) => parts.config[flag as keyof Flags] === before[flag as keyof Flags],
    );
    this.#operatorFlags = Object.fromEntries(kept);
    this.#options = options;
    this.#parts = parts;
    this.#flags = flagsOf(this.config, this.#operatorFlags);
    this.#advance(authorship.time);
    this.#emit({ type: 'config', time: authorship.time, authorship, options, before: old });
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
        if (isUnjudgeable(event.decision)) this.#decided(event.signal, event.decision);
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
        this.reconfigure(event.options, event.authorship);
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
    readonly time: number;
    readonly updatedAt: number | null;
    readonly decisions: number;
    readonly drawdown: number | null;
    readonly guard: number;
    readonly errors: Readonly<Record<string, number>>;
  } {
    const { drawdown } = this.portfolio;
    return {
      enabled: this.flags,
      time: this.#time,
      updatedAt: this.#updatedAt,
      decisions: this.#decisions,
      drawdown,
      guard: guardOf(this.config, drawdown),
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
      commands: this.#commands.latest(),
      portfolio: this.portfolio.snapshot(),
      decomposer: this.decomposer.snapshot(),
      optimizer: this.optimizer.snapshot(),
      scorer: this.scorer.snapshot(),
      manager: this.manager.snapshot(),
      detector: this.detector.snapshot(),
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
    this.#flags = flagsOf(this.config, state.flags);
    this.#commands.replace(state.commands);
    this.portfolio.restore(state.portfolio);
    this.decomposer.restore(state.decomposer);
    this.optimizer.restore(state.optimizer);
    this.scorer.restore(state.scorer);
    this.manager.restore(state.manager);
    this.detector.restore(state.detector);
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
    this.#coverage.countJudged();
    return this.#decided(signal, judge(signal, id, this.#context));
  }

  /** Lets every component learn from what a position came to. */
  #learn(outcome: PositionOutcome, deviation: number): void {
    const { strategy, r, decision } = outcome;
    this.optimizer.register(strategy);
    this.optimizer.recordOutcome(strategy, r);
    this.scorer.recordSignalOutcome(outcome);
    this.manager.recordOutcome(strategy, winsorise(r), deviation);
    if (decision?.action === 'execute') countOutcome(this.#countsOf(strategy), decision, winsorise(r));
    this.#coverage.countClosed();
    this.#assess(strategy, this.#time);
  }

  /** A decision on a signal that comes again: the same, unless its strategy was benched in the meantime. */
  #stillSent(known: Decision): Decision {
    const status = this.#flags.retirementManagement ? this.manager.statusOf(known.strategy) : 'ACTIVE';
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
    if (followed && decision.multiplier === 0 && this.#followsShadows) this.#shadows.open(decision);
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
    const before = this.manager.statusOf(strategy);
    const edgeProbability = this.#parts.judgement.edgeProbability(strategy);
    const frozen = !this.#flags.retirementManagement;
    this.manager.assessStrategy({
      strategy,
      time,
      ...this.decomposer.windowOf(strategy),
      edgeProbability,
      frozen,
      followed: this.#shadows.follows(strategy),
    });
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
    return command.type === 'rebasePeak' ? { drawdown: this.portfolio.drawdown } : null;
  }

  #reset(target: ResetTarget, authorship: Authorship): void {
    const { time } = authorship;
    const all = target === 'all';
    if (all || target === 'weights') {
      for (const update of this.optimizer.resetToBaseWeights(time))
        this.#emit({ type: 'weight', time, update });
    }
    if (all || target === 'health') {
      for (const change of this.manager.reset(authorship)) this.#emit({ type: 'status', time, change });
    }
    if (all || target === 'scores') this.scorer.reset();
    if (all || target === 'performance') this.decomposer.reset();
    if (all || target === 'regimes') this.detector.reset();
    if (all) this.#shadows.reset();
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
  };
}

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
