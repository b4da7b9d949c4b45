import { EDGE_PRESETS } from '../config/presets.ts';
import { type Config, type Options, parseConfig } from '../config/schema.ts';
import { capOf } from '../decision/limits.ts';
import { EdgeLearning } from '../edge/learning.ts';
import { frozen } from '../model/copies.ts';
import { knownSound } from '../model/doors.ts';
import type { Flags } from '../model/flags.ts';
import type { RegimeLabel } from '../model/regime.ts';
import { PerformanceDecomposer } from '../performance/decomposer.ts';
import { type ScorerState, SignalQualityScorer } from '../quality/scorer.ts';
import { RegimeDetector } from '../regime/detector.ts';
import { StrategyRetirementManager } from '../retirement/manager.ts';
import { AdaptiveWeightingOptimizer } from '../weighting/optimizer.ts';
import { StrategyJudgement } from './judgement.ts';

/** What a configuration makes. */
export interface Components {
  readonly config: Config;
  readonly decomposer: PerformanceDecomposer;
  readonly optimizer: AdaptiveWeightingOptimizer;
  readonly scorer: SignalQualityScorer;
  readonly manager: StrategyRetirementManager;
  readonly detector: RegimeDetector;
  readonly judgement: StrategyJudgement;
  readonly edge: EdgeLearning;
}

/** Throws `CONFIG_INVALID`. */
export function componentsOf(options: Options): Components {
  const config = frozen(parseConfig(options));
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

/** The components of another configuration, with everything that those of the present one learned. */
export function reconfigured(options: Options, now: Components): Components {
  const parts = componentsOf(options);
  parts.decomposer.restore(knownSound(now.decomposer.snapshot()));
  parts.optimizer.restore(knownSound(now.optimizer.snapshot()));
  parts.scorer.restore(knownSound(scorerStateFor(parts.config, now.config, now.scorer.snapshot())));
  parts.manager.restore(knownSound(now.manager.snapshot()));
  parts.detector.restore(knownSound(now.detector.snapshot()));
  parts.edge.restore(knownSound(now.edge.snapshot()));
  return parts;
}

/** What a new configuration says of scores otherwise than the old one overrules what was changed since. */
const scorerStateFor = (config: Config, before: Config, state: ScorerState): ScorerState => ({
  ...state,
  minQualityThreshold:
    config.minQualityThreshold === before.minQualityThreshold ? state.minQualityThreshold : null,
  enforcement: config.enforcement === before.enforcement ? state.enforcement : null,
  adjustments: Object.fromEntries(
    Object.entries(state.adjustments).filter(
      ([regime]) =>
        config.regimeAdjustments[regime as RegimeLabel] === before.regimeAdjustments[regime as RegimeLabel],
    ),
  ),
});

/** The switches in force: as an operator set them, else as configured. */
export const flagsOf = (config: Config, operator: Partial<Flags>): Flags =>
  frozen({
    enabled: operator.enabled ?? config.enabled,
    qualityFiltering: operator.qualityFiltering ?? config.qualityFiltering,
    adaptiveWeighting: operator.adaptiveWeighting ?? config.adaptiveWeighting,
    retirementManagement: operator.retirementManagement ?? config.retirementManagement,
  });
