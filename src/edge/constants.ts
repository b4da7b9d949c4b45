/** What a model says: bit 0, cells differ; bit 1, symbols differ; bit 2, strategies differ. */
export const MODELS = 8;
const CELLS_DIFFER = 1;
const SYMBOLS_DIFFER = 2;
const STRATEGIES_DIFFER = 4;

const models = Array.from({ length: MODELS }, (_, model) => model);
const byModel = (value: (model: number) => number): Float64Array => Float64Array.from(models, value);

/** The models in which something differs, to sum their weights. */
export const DIFFERING = {
  strategies: models.filter((model) => model & STRATEGIES_DIFFER),
  cells: models.filter((model) => model & CELLS_DIFFER),
  symbols: models.filter((model) => model & SYMBOLS_DIFFER),
} as const;

/** Prior mean of theta, the mean R of a position over its standard deviation: what is new is sound until shown otherwise. */
export const PRIOR_MEAN = 0.08;

/** Prior variances of the common mean, and of what a strategy, a cell and a symbol differ by in each model. */
export const POOL_VARIANCE = 0.04 ** 2;
export const STRATEGY_VARIANCE = byModel((model) => (model & STRATEGIES_DIFFER ? 0.14 : 0.03) ** 2);
export const CELL_VARIANCE = byModel((model) => (model & CELLS_DIFFER ? 0.15 : 0) ** 2);
export const SYMBOL_VARIANCE = byModel((model) => (model & SYMBOLS_DIFFER ? 0.15 : 0) ** 2);

/** Prior weights of the models. */
export const MODEL_PRIOR = byModel(
  (model) => 0.5 * (model & CELLS_DIFFER ? 0.3 : 0.7) * (model & SYMBOLS_DIFFER ? 0.3 : 0.7),
);

/** Share of the model weights that goes back to the prior at every outcome. */
export const MODEL_SHARE = 0.0002;

/** Outcomes after which half of what was learned of pool, cells, symbols and quality is forgotten. */
const SLOW_HALF_LIFE = 5000;
export const SLOW = 0.5 ** (1 / SLOW_HALF_LIFE);

/** Slope of quality: prior variance, prior probability that it predicts, and the bounds of that probability. */
export const SLOPE_VARIANCE = 0.1 ** 2;
export const SLOPE_PRIOR = 0.2;
export const SLOPE_BOUNDS = [0.02, 0.98] as const;
/** Outcomes with a quality below which the slope is not used, and the memory of its mean and spread. */
export const SLOPE_FROM = 10;
export const QUALITY_MEMORY = 0.995;
/** Standard deviations of quality beyond which a signal is no better or worse. */
export const QUALITY_RANGE = 2;

/** Memory of the spread of R; and the deviation that is assumed for a strategy's first outcomes. */
export const SCALE_MEMORY = 0.99;
export const PRIOR_SQUARE = 1.44;
export const PRIOR_OUTCOMES = 10;
/** Deviations beyond which one outcome says no more. */
export const OUTCOME_RANGE = 20;

/** Mean holding time before anything is known, in ms, and how fast it follows. */
export const FIRST_HOLD = 8 * 3_600_000;
export const HOLD_RATE = 0.01;

/** Clusters: memory, the weight of the prior that there are none, and the most that they discount. */
export const CLUSTER_MEMORY = 0.99;
export const CLUSTER_PRIOR = 50;
export const CLUSTER_RANGE = 10;
export const CLUSTER_CLIP = 25;

/** How fast a label follows sizes and probabilities. */
export const LABEL_RATE = 0.1;
