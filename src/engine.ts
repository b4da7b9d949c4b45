import { type Config, type Options, parseConfig } from './config.ts';
import {
  capOf,
  cellOfSignal,
  type DecisionContext,
  fallback,
  guardOf,
  judge,
  passed,
  signalFault,
} from './decision.ts';
import { EdgekeeperError, show } from './errors.ts';
import {
  type Authorship,
  type Command,
  type EngineEvent,
  type EquityReport,
  FLAGS,
  type Flags,
  type Observer,
  type OptimizationState,
  RESET_TARGETS,
  type ResetTarget,
} from './events.ts';
import type { Candle } from './model/candle.ts';
import type { Decision, ReasonCode } from './model/decision.ts';
import type { Cell } from './model/regime.ts';
import { Ring } from './model/ring.ts';
import type { Signal } from './model/signal.ts';
import { HEALTH, isName, type StrategyStatus } from './model/strategy.ts';
import type { Trade, TradeInput } from './model/trade.ts';
import { PerformanceDecomposer } from './performance/decomposer.ts';
import type { Recent } from './performance/evidence.ts';
import { Portfolio } from './portfolio.ts';
import { SignalQualityScorer } from './quality/scorer.ts';
import { RegimeDetector } from './regime/detector.ts';
import { type ForceOptions, StrategyRetirementManager } from './retirement/manager.ts';
import { countDecision, countWithdrawal, emptySignalCounts, type SignalCounts } from './signals/counts.ts';
import { RecentDecisions } from './signals/recent-decisions.ts';
import { qualityFactor } from './sizing.ts';
import { parseSnapshot, SNAPSHOT_VERSION, type Snapshot } from './snapshot.ts';
import { recentDrawdown } from './statistics/equity-curve.ts';
import { type EwCell, ewDeviation, ewMean, ewVariance, winsorise } from './statistics/ew-cell.ts';
import { posterior } from './statistics/posterior.ts';
import { AdaptiveWeightingOptimizer } from './weighting/optimizer.ts';
import type { WeightEvidence } from './weighting/score.ts';
import type { StrategyEvidence } from './weighting/targets.ts';

/** Updates kept for `getOptimizationHistory`. */
const HISTORY = 100;
/** Strength, in outcomes, of the prior that a mean R is 0. */
const PRIOR_STRENGTH = 20;

/**
 * Composes the components into one deterministic state machine: time comes in with each event, nothing is
 * read from the machine, and every method returns before anything else can happen.
 */
export class OptimizationEngine {
  readonly config: Config;
  readonly decomposer: PerformanceDecomposer;
  readonly optimizer: AdaptiveWeightingOptimizer;
  readonly scorer: SignalQualityScorer;
  readonly manager: StrategyRetirementManager;
  readonly detector: RegimeDetector;
  readonly portfolio = new Portfolio();

  readonly #context: DecisionContext;
  readonly #observers = new Set<Observer>();
  readonly #counts = new Map<string, SignalCounts>();
  readonly #recent = new RecentDecisions();
  readonly #history = new Ring<OptimizationState>(HISTORY);
  readonly #errors = new Map<string, number>();
  #operatorFlags: Partial<Flags> = {};
  #flags: Flags;
  #time = 0;
  #decisions = 0;
  #updatedAt: number | null = null;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(options: Options = {}) {
    const config = parseConfig(options);
    this.config = config;
    this.#flags = flagsOf(config, {});
    this.decomposer = new PerformanceDecomposer(config);
    this.optimizer = new AdaptiveWeightingOptimizer(config.baseWeights, {
      ...config,
      method: config.weighting,
    });
    this.scorer = new SignalQualityScorer(config);
    this.manager = new StrategyRetirementManager(config);
    this.detector = new RegimeDetector(config);
    for (const strategy of Object.keys(config.baseWeights)) this.manager.register(strategy);
    const engine = this;
    this.#context = {
      config,
      get flags() {
        return engine.#flags;
      },
      regimeOf: (symbol, time) => this.detector.regimeOf(symbol, time),
      statusOf: (strategy) => this.manager.statusOf(strategy),
      weightOf: (strategy, cell) => this.optimizer.getWeightForRegime(strategy, cell),
      baseWeightOf: (strategy) => this.optimizer.getBaseWeight(strategy),
      alignmentOf: (strategy, cell) => this.#alignmentOf(strategy, cell),
      scoreSignal: (signal, cell, alignment) =>
        this.scorer.scoreSignal({ ...signal, regime: cell, alignment }),
      enforce: (score) => this.scorer.enforce(score),
      drawdown: () => this.portfolio.drawdown,
    };
  }

  /**
   * Decides on a signal. Never throws and never waits: what cannot be judged is sent at its base size, times
   * health and guard as last known. A signal with an id that was decided before gets the same decision.
   */
  decide(signal: Signal): Decision {
    const id = `d${this.#decisions + 1}`;
    try {
      if (!this.#flags.enabled) return passed(signal, 'off', 'OVERLAY_DISABLED');
      if (signal.intent === 'close') return passed(signal, 'exit', 'EXIT_PASSES');
      const fault = signalFault(signal);
      if (fault !== null) {
        this.countError('SIGNAL_INVALID', new Error(fault));
        return this.#decided(
          signal,
          fallback(asSignal(signal, this.#time), id, 'SIGNAL_INVALID', this.#context),
        );
      }
      const known = signal.id === undefined ? undefined : this.#recent.get(signal.id);
      if (known) return known;
      this.#advance(signal.time);
      return this.#decided(signal, judge(signal, id, this.#context));
    } catch (error) {
      this.countError('DECIDE_FAILED', error);
      return fallback(asSignal(signal, this.#time), id, 'INTERNAL_ERROR', this.#context);
    }
  }

  /**
   * Says that a decision was not sent after all, for instance because the venue's minimum is larger. Returns
   * the decision as it then stands.
   */
  withdraw(decision: Decision, reason: ReasonCode): Decision {
    const withdrawn: Decision = {
      ...decision,
      action: 'block',
      multiplier: 0,
      reasons: [...decision.reasons, reason],
    };
    countWithdrawal(this.#countsOf(decision.strategy), decision, reason);
    this.#emit({ type: 'withdrawal', time: decision.time, decision: withdrawn, reason });
    return withdrawn;
  }

  /**
   * Scores a signal without deciding on it: its quality, and whether the enforcement in force lets it
   * through. Changes nothing.
   */
  scoreSignal(signal: Signal): { readonly quality: number; readonly shouldExecute: boolean } {
    const cell = cellOfSignal(signal, this.detector.regimeOf(signal.symbol, signal.time));
    const alignment = signal.alignment ?? this.#alignmentOf(signal.strategy, cell);
    const { quality, passes } = this.scorer.previewSignal({ ...signal, regime: cell, alignment });
    return { quality, shouldExecute: passes || !this.#enforces(signal.strategy, cell) };
  }

  /** Adaptive weight times health: 0 for a suspended strategy. */
  getStrategyWeight(strategy: string, cell: Cell | null = null): number {
    const weight = this.#flags.adaptiveWeighting
      ? this.optimizer.getWeightForRegime(strategy, cell)
      : this.optimizer.getBaseWeight(strategy);
    return weight * (this.#flags.retirementManagement ? HEALTH[this.manager.statusOf(strategy)] : 1);
  }

  /** Factor on a size in [0, cap], for hosts that put the pieces together themselves. */
  getPositionSizeMultiplier(options: {
    readonly strategy: string;
    readonly signalQuality?: number;
    readonly regime?: Cell;
  }): number {
    const { strategy, signalQuality, regime = null } = options;
    if (!this.#flags.enabled) return 1;
    const acts = signalQuality !== undefined && this.#enforces(strategy, regime ?? 'UNKNOWN');
    const quality = acts ? qualityFactor(signalQuality, this.scorer.minQualityThreshold) : 1;
    const guard = guardOf(this.config, this.portfolio.drawdown);
    const multiplier = this.getStrategyWeight(strategy, regime) * quality * guard;
    return Math.min(capOf(this.config, null), Math.max(0, multiplier));
  }

  /**
   * Records a closed trade and lets every component learn from it. Returns its record, or null when it was
   * recorded before. Throws `TRADE_INVALID` or `TRADE_TOO_OLD`, and changes nothing then.
   */
  recordTrade(input: TradeInput): Trade | null {
    const before = this.decomposer.evidenceOf(input?.strategy);
    const deviation = before ? ewDeviation(before.overall.outcomes) : Math.sqrt(1.2);
    const trade = this.decomposer.recordTrade(input);
    if (trade === null) return null;
    this.#advance(trade.exitTime);
    const { strategy, symbol, side, cell, r, belowThreshold } = trade;
    this.optimizer.register(strategy);
    this.optimizer.recordOutcome(strategy, r);
    this.scorer.recordSignalOutcome({ strategy, symbol, side, cell, r, belowThreshold });
    this.manager.recordOutcome(strategy, winsorise(r), deviation);
    this.#emit({ type: 'trade', time: trade.exitTime, trade });
    this.#assess(strategy, this.#time);
    return trade;
  }

  /** Takes one closed candle. Impossible ones are skipped and counted by the detector. */
  recordCandle(symbol: string, timeframe: string, candle: Candle): void {
    this.detector.update(symbol, timeframe, candle);
    this.#emit({ type: 'candle', time: candle.time, symbol, timeframe, candle });
  }

  /** Takes the equity of the whole account, for the drawdown guard. Throws `EQUITY_INVALID`. */
  recordEquity(report: EquityReport): void {
    this.portfolio.record(report);
    this.#advance(report.time);
    this.#emit({ type: 'equity', time: report.time, report });
  }

  /** Steps weights and judges health, as far as it is time; repeated at one time it changes nothing. */
  updateOptimization(now: number): OptimizationState {
    if (!Number.isSafeInteger(now) || now < 0) {
      throw new EdgekeeperError('COMMAND_INVALID', {
        found: `update time ${show(now)}`,
        expected: 'a time in milliseconds since the epoch',
        hint: 'Pass the host clock; nothing was changed.',
      });
    }
    this.#advance(now);
    const updates = this.optimizer.updateWeights(this.#weightEvidence(), now);
    let statusChanges = 0;
    for (const strategy of Object.keys(this.manager.getAllHealth()))
      statusChanges += this.#assess(strategy, now) ? 1 : 0;
    const state: OptimizationState = {
      time: now,
      flags: this.#flags,
      weights: this.optimizer.getCurrentWeights(),
      statuses: this.statuses,
      bestStrategy: this.#bestStrategy(),
      weightChanges: updates.length,
      statusChanges,
      drawdown: this.portfolio.drawdown,
    };
    if (this.#updatedAt !== now) this.#history.push(state);
    this.#updatedAt = now;
    for (const update of updates) this.#emit({ type: 'weight', time: now, update });
    this.#emit({ type: 'update', time: now, state });
    return state;
  }

  /** Carries out an operator's command. Throws `COMMAND_INVALID`, and changes nothing then. */
  execute(command: Command): void {
    checkAuthorship(command);
    const { time, actor, reason } = command;
    switch (command.type) {
      case 'setFlags':
        this.#setFlags(command.flags);
        break;
      case 'forceStatus': {
        const change = this.manager.forceStatus(command.strategy, command.status, command);
        this.#emit({ type: 'status', time, change });
        break;
      }
      case 'reset':
        this.#reset(command.target, { time, actor, reason });
        break;
      case 'rebasePeak':
        this.portfolio.rebasePeak();
        break;
      default:
        throw commandError(
          `command ${show((command as { type?: unknown }).type)}`,
          'setFlags, forceStatus, reset or rebasePeak',
        );
    }
    this.#advance(time);
    this.#emit({ type: 'command', time, command });
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

  get flags(): Flags {
    return this.#flags;
  }

  /** Host time of the latest event, in ms. */
  get time(): number {
    return this.#time;
  }

  get statuses(): Record<string, StrategyStatus> {
    return Object.fromEntries(
      Object.entries(this.manager.getAllHealth()).map(([name, { status }]) => [name, status]),
    );
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
      enabled: this.#flags,
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

  /** The latest decisions, oldest first. */
  getRecentDecisions(limit?: number): Decision[] {
    return this.#recent.latest(limit);
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
      portfolio: this.portfolio.snapshot(),
      decomposer: this.decomposer.snapshot(),
      optimizer: this.optimizer.snapshot(),
      scorer: this.scorer.snapshot(),
      manager: this.manager.snapshot(),
      detector: this.detector.snapshot(),
      counts: [...this.#counts].map(([strategy, counts]) => [strategy, structuredClone(counts)]),
      recent: this.#recent.snapshot() as Snapshot['recent'],
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
    this.portfolio.restore(state.portfolio);
    this.decomposer.restore(state.decomposer);
    this.optimizer.restore(state.optimizer);
    this.scorer.restore(state.scorer);
    this.manager.restore(state.manager);
    this.detector.restore(state.detector);
    this.#counts.clear();
    for (const [strategy, counts] of state.counts) this.#counts.set(strategy, counts);
    this.#recent.restore(state.recent);
    this.#history.replace(state.history);
  }

  #decided(signal: Signal, decision: Decision): Decision {
    this.#decisions += 1;
    countDecision(this.#countsOf(decision.strategy), decision);
    this.#recent.add(signal?.id, decision);
    this.#emit({ type: 'decision', time: decision.time, signal, decision });
    return decision;
  }

  #countsOf(strategy: string): SignalCounts {
    let counts = this.#counts.get(strategy);
    if (!counts) {
      counts = emptySignalCounts();
      this.#counts.set(strategy, counts);
    }
    return counts;
  }

  /** Probability that the strategy's mean R in this cell is above 0; 0.5 knows nothing. */
  #alignmentOf(strategy: string, cell: Cell): number {
    const evidence = this.decomposer.evidenceOf(strategy);
    if (!evidence) return 0.5;
    const inCell = evidence.cells[cell]?.outcomes;
    return posterior(
      inCell?.n ?? 0,
      inCell?.s1 ?? 0,
      0,
      ewVariance(evidence.overall.outcomes),
      PRIOR_STRENGTH,
    );
  }

  #enforces(strategy: string, cell: Cell): boolean {
    if (!this.#flags.enabled || !this.#flags.qualityFiltering) return false;
    const { enforcement } = this.scorer;
    return (
      enforcement === 'strict' || (enforcement === 'guarded' && this.scorer.lowSignalsLose(strategy, cell))
    );
  }

  #assess(strategy: string, time: number): boolean {
    const outcomes: EwCell | undefined = this.decomposer.evidenceOf(strategy)?.overall.outcomes;
    const before = this.manager.statusOf(strategy);
    this.manager.assessStrategy({
      strategy,
      time,
      ...this.decomposer.windowOf(strategy),
      edgeProbability: outcomes
        ? posterior(outcomes.n, outcomes.s1, 0, ewVariance(outcomes), PRIOR_STRENGTH)
        : 0.5,
    });
    if (this.manager.statusOf(strategy) === before) return false;
    this.#emit({ type: 'status', time, change: this.manager.getAuditLog(strategy).at(-1)! });
    return true;
  }

  #weightEvidence(): Record<string, StrategyEvidence> {
    return Object.fromEntries(
      this.decomposer.getStrategies().map((strategy) => {
        const { outcomes, overall, cells } = this.decomposer.evidenceOf(strategy)!;
        const byCell = Object.entries(cells).map(([cell, recent]) => [cell, weightEvidence(recent)]);
        return [strategy, { outcomes, overall: weightEvidence(overall), cells: Object.fromEntries(byCell) }];
      }),
    );
  }

  #bestStrategy(): string | null {
    let best: string | null = null;
    let highest = Number.NEGATIVE_INFINITY;
    for (const strategy of this.decomposer.getStrategies()) {
      const { expectancyR } = this.decomposer.getStrategyPerformance(strategy);
      if (expectancyR === null || expectancyR <= highest) continue;
      best = strategy;
      highest = expectancyR;
    }
    return best;
  }

  #setFlags(flags: Partial<Flags>): void {
    for (const [flag, value] of Object.entries(flags)) {
      if (!(FLAGS as readonly string[]).includes(flag) || typeof value !== 'boolean') {
        throw commandError(
          `flag ${show(flag)} = ${show(value)}`,
          `true or false for one of ${FLAGS.join(', ')}`,
        );
      }
    }
    this.#operatorFlags = { ...this.#operatorFlags, ...flags };
    this.#flags = flagsOf(this.config, this.#operatorFlags);
  }

  #reset(target: ResetTarget, authorship: Authorship): void {
    if (!RESET_TARGETS.includes(target))
      throw commandError(`reset ${show(target)}`, `one of ${RESET_TARGETS.join(', ')}`);
    const all = target === 'all';
    if (all || target === 'weights') {
      for (const update of this.optimizer.resetToBaseWeights(authorship.time)) {
        this.#emit({ type: 'weight', time: authorship.time, update });
      }
    }
    if (all || target === 'health') {
      for (const change of this.manager.reset(authorship))
        this.#emit({ type: 'status', time: authorship.time, change });
    }
    if (all || target === 'scores') this.scorer.reset();
    if (all || target === 'performance') this.decomposer.reset();
    if (all || target === 'regimes') this.detector.reset();
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

const flagsOf = (config: Config, operator: Partial<Flags>): Flags => ({
  enabled: operator.enabled ?? config.enabled,
  qualityFiltering: operator.qualityFiltering ?? config.qualityFiltering,
  adaptiveWeighting: operator.adaptiveWeighting ?? config.adaptiveWeighting,
  retirementManagement: operator.retirementManagement ?? config.retirementManagement,
});

const weightEvidence = ({ outcomes, curve }: Recent): WeightEvidence => ({
  n: outcomes.n,
  meanR: ewMean(outcomes),
  grossProfit: outcomes.gains,
  grossLoss: outcomes.losses,
  drawdown: recentDrawdown(curve),
  deviation: ewDeviation(outcomes),
});

/** A signal that can at least be named in a decision. */
function asSignal(signal: unknown, time: number): Signal {
  const given = (typeof signal === 'object' && signal !== null ? signal : {}) as Partial<Signal>;
  return {
    ...given,
    strategy: isName(given.strategy) ? given.strategy : '',
    symbol: isName(given.symbol) ? given.symbol : '',
    side: given.side === 'short' ? 'short' : 'long',
    time: Number.isSafeInteger(given.time) ? given.time! : time,
  };
}

function commandError(found: string, expected: string): EdgekeeperError {
  return new EdgekeeperError('COMMAND_INVALID', { found, expected, hint: 'Nothing was changed.' });
}

function checkAuthorship({ time, actor, reason }: Authorship): void {
  if (!Number.isSafeInteger(time)) throw commandError(`time ${show(time)}`, 'a time in ms');
  if (!isName(actor)) throw commandError(`actor ${show(actor)}`, 'the name of who commands');
  if (typeof reason !== 'string' || reason.trim() === '')
    throw commandError(`reason ${show(reason)}`, 'a reason in words');
}
