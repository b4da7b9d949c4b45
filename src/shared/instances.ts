import { OptimizationEngine } from '../engine/engine.ts';
import type { DecomposerView, ManagerView, OptimizerView, ScorerView } from '../engine/views.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';
import { PerformanceDecomposer } from '../performance/decomposer.ts';
import { SignalQualityScorer } from '../quality/scorer.ts';
import { StrategyRetirementManager } from '../retirement/manager.ts';
import { AdaptiveWeightingOptimizer } from '../weighting/optimizer.ts';

/** One instance per process, for scripts that want no plumbing. */
class Shared<T> {
  readonly #name: string;
  #instance: T | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  set<Own extends T>(instance: Own): Own {
    this.#instance = instance;
    return instance;
  }

  get(): T {
    if (this.#instance !== undefined) return this.#instance;
    throw new EdgekeeperError('NOT_INITIALIZED', {
      found: `get${this.#name}() without an instance`,
      expected: `initialize${this.#name}() or initializeEngine() before it`,
      hint: `Call initialize${this.#name}(), or initializeEngine(), once when your bot starts.`,
    });
  }
}

// Nothing inside the library uses these, so that any number of engines can live side by side.
const engines = new Shared<OptimizationEngine>('Engine');
const monitors = new Shared<OptimizationMonitor>('Monitor');
const decomposers = new Shared<DecomposerView>('Decomposer');
const optimizers = new Shared<OptimizerView>('Optimizer');
const scorers = new Shared<ScorerView>('Scorer');
const managers = new Shared<ManagerView>('Manager');

/** Makes the engine of this process; `getManager()` and the rest are views of it from now on. Throws `CONFIG_INVALID`. */
export function initializeEngine(
  ...args: ConstructorParameters<typeof OptimizationEngine>
): OptimizationEngine {
  const engine = engines.set(new OptimizationEngine(...args));
  decomposers.set(engine.decomposer);
  optimizers.set(engine.optimizer);
  scorers.set(engine.scorer);
  managers.set(engine.manager);
  monitors.set(new OptimizationMonitor(engine));
  return engine;
}

export function initializeMonitor(
  ...args: ConstructorParameters<typeof OptimizationMonitor>
): OptimizationMonitor {
  return monitors.set(new OptimizationMonitor(...args));
}

/** Makes a decomposer that stands alone; what is returned can do more than what `getDecomposer()` shows. */
export function initializeDecomposer(
  ...args: ConstructorParameters<typeof PerformanceDecomposer>
): PerformanceDecomposer {
  return decomposers.set(new PerformanceDecomposer(...args));
}

/** Makes an optimizer that stands alone; what is returned can do more than what `getOptimizer()` shows. */
export function initializeOptimizer(
  ...args: ConstructorParameters<typeof AdaptiveWeightingOptimizer>
): AdaptiveWeightingOptimizer {
  return optimizers.set(new AdaptiveWeightingOptimizer(...args));
}

/** Makes a scorer that stands alone; what is returned can do more than what `getScorer()` shows. */
export function initializeScorer(
  ...args: ConstructorParameters<typeof SignalQualityScorer>
): SignalQualityScorer {
  return scorers.set(new SignalQualityScorer(...args));
}

/** Makes a manager that stands alone; what is returned can do more than what `getManager()` shows. */
export function initializeManager(
  ...args: ConstructorParameters<typeof StrategyRetirementManager>
): StrategyRetirementManager {
  return managers.set(new StrategyRetirementManager(...args));
}

export const getEngine = (): OptimizationEngine => engines.get();
export const getMonitor = (): OptimizationMonitor => monitors.get();
/** Performance: of the engine, or of the decomposer that was made last. */
export const getDecomposer = (): DecomposerView => decomposers.get();
export const getOptimizer = (): OptimizerView => optimizers.get();
export const getScorer = (): ScorerView => scorers.get();
export const getManager = (): ManagerView => managers.get();

/** Records a trade in the engine, or in the decomposer that was made last. */
export const recordTrade = (trade: TradeInput): Trade | null => getDecomposer().recordTrade(trade);
