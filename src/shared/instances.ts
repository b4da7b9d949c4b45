import { OptimizationEngine } from '../engine/engine.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';
import { PerformanceDecomposer } from '../performance/decomposer.ts';
import { SignalQualityScorer } from '../quality/scorer.ts';
import { StrategyRetirementManager } from '../retirement/manager.ts';
import { AdaptiveWeightingOptimizer } from '../weighting/optimizer.ts';

/**
 * One instance per process, for scripts that want no plumbing. Nothing inside the library uses these, so
 * that any number of engines can live side by side.
 */
function shared<Args extends unknown[], T>(
  name: string,
  create: (...args: Args) => T,
): [initialize: (...args: Args) => T, get: () => T] {
  let instance: T | undefined;
  return [
    (...args) => {
      instance = create(...args);
      return instance;
    },
    () => {
      if (instance !== undefined) return instance;
      throw new EdgekeeperError('NOT_INITIALIZED', {
        found: `get${name}() without an instance`,
        expected: `initialize${name}() before it`,
        hint: `Call initialize${name}() once when your bot starts.`,
      });
    },
  ];
}

export const [initializeDecomposer, getDecomposer] = shared(
  'Decomposer',
  (...args: ConstructorParameters<typeof PerformanceDecomposer>) => new PerformanceDecomposer(...args),
);
export const [initializeOptimizer, getOptimizer] = shared(
  'Optimizer',
  (...args: ConstructorParameters<typeof AdaptiveWeightingOptimizer>) =>
    new AdaptiveWeightingOptimizer(...args),
);
export const [initializeScorer, getScorer] = shared(
  'Scorer',
  (...args: ConstructorParameters<typeof SignalQualityScorer>) => new SignalQualityScorer(...args),
);
export const [initializeManager, getManager] = shared(
  'Manager',
  (...args: ConstructorParameters<typeof StrategyRetirementManager>) =>
    new StrategyRetirementManager(...args),
);
export const [initializeEngine, getEngine] = shared(
  'Engine',
  (...args: ConstructorParameters<typeof OptimizationEngine>) => new OptimizationEngine(...args),
);
export const [initializeMonitor, getMonitor] = shared(
  'Monitor',
  (...args: ConstructorParameters<typeof OptimizationMonitor>) => new OptimizationMonitor(...args),
);

/** Records a trade in the shared decomposer. */
export const recordTrade = (trade: TradeInput): Trade | null => getDecomposer().recordTrade(trade);
