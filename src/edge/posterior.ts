import { z } from 'zod';
import { CELLS, type Cell } from '../model/regime.ts';
import { normalCdf } from '../statistics/normal.ts';
import {
  CELL_VARIANCE,
  CLUSTER_CLIP,
  CLUSTER_MEMORY,
  CLUSTER_PRIOR,
  CLUSTER_RANGE,
  DIFFERING,
  FIRST_HOLD,
  HOLD_RATE,
  LABEL_RATE,
  MODEL_PRIOR,
  MODEL_SHARE,
  MODELS,
  OUTCOME_RANGE,
  POOL_VARIANCE,
  PRIOR_MEAN,
  PRIOR_OUTCOMES,
  PRIOR_SQUARE,
  QUALITY_MEMORY,
  QUALITY_RANGE,
  SCALE_MEMORY,
  SLOPE_BOUNDS,
  SLOPE_FROM,
  SLOPE_PRIOR,
  SLOPE_VARIANCE,
  SLOW_HALF_LIFE,
  STRATEGY_VARIANCE,
  SYMBOL_VARIANCE,
} from './constants.ts';
import { RAMPS, type Ramps, rampOf, type SizeMode, targetSize } from './size.ts';

export interface PosteriorOptions {
  /** Outcomes of a strategy after which half of what was learned of it is forgotten; default 200. */
  readonly halfLife?: number;
  readonly ramps?: Ramps;
  /** Cap of every size, where the configuration says one; else the latest decision of a strategy does. */
  readonly cap?: number | null;
  /** Cap of a strategy on which nothing was decided yet; default 1. */
  readonly firstCap?: number;
}

/** One outcome of one position, as the posterior learns it. */
export interface EdgeOutcome {
  readonly strategy: string;
  readonly symbol: string;
  readonly cell: Cell;
  /** R-multiple; any finite number. */
  readonly r: number;
  /** How much it says, in (0,1]: a trade 1, a stand-in less. */
  readonly weight: number;
  /** Quality covariate as it was at the decision; null where there was none. */
  readonly quality: number | null;
  /** When the position closed, and how long it was held; ms. */
  readonly closedAt: number;
  readonly held: number;
}

/** What of the levels is to be looked at: a switch of the overlay may leave some out. */
export interface Levels {
  readonly cell: boolean;
  readonly symbol: boolean;
  readonly quality: boolean;
  /** Least that pool and strategy together count for; null for whatever they come to. */
  readonly strategyAtLeast: number | null;
}

export const ALL_LEVELS: Levels = { cell: true, symbol: true, quality: true, strategyAtLeast: null };

/** What is expected of a signal. Theta is its mean R over the standard deviation of R. */
export interface Prediction {
  readonly theta: number;
  readonly variance: number;
  /** P(mean R > 0). */
  readonly probability: number;
  /** Standard deviation of the strategy's R; theta times it is the expected R. */
  readonly deviation: number;
  /** What theta is the sum of. */
  readonly terms: {
    readonly pool: number;
    readonly strategy: number;
    readonly cell: number;
    readonly symbol: number;
    readonly quality: number;
  };
}

/** Means and variances of one deviation, by model: m in the first half, v in the second. */
type Deviation = Float64Array;

interface SymbolEdge {
  /** Null before the first outcome: the prior. */
  deviation: Deviation | null;
  /** Last sizes by cell, for any size and for all-or-nothing; NaN before the first. */
  readonly sizes: Float64Array;
}

interface StrategyEdge {
  /** Exponentially weighted count and sum of squares of R. */
  n: number;
  s2: number;
  own: Deviation;
  cells: (Deviation | null)[];
  symbols: Map<string, SymbolEdge>;
  slope: { m: number; v: number; w: number; n: number; q1: number; q2: number };
  cluster: { start: number | null; e: number; n: number; a: number; b: number };
  /** Outcomes learned. */
  outcomes: number;
  /** Smoothed size and probability that the label is derived from. */
  size: number;
  p: number;
  /** Cap of the latest decision; null before the first. */
  cap: number | null;
  /** Signals in a row that were not sent, since the latest one that was. */
  blocked: number;
  /** Decisions on the latest signals that were sent, and how many in a row were not before each: it may be withdrawn. */
  sent: [decision: string, blocked: number][];
  /** What the guard has let through of a host that sends all or nothing, towards the next whole order. */
  let: number;
}

/** A strategy in a cell on a symbol, resolved once: decisions and outcomes go by it. */
export interface Leaf {
  readonly strategy: StrategyEdge;
  readonly symbol: SymbolEdge;
  /** Index of the cell. */
  readonly cell: number;
}

const byModel = z.array(z.number()).length(2 * MODELS);
const sizesSchema = z.array(z.number().nullable()).length(2 * CELLS.length);
const strategySchema = z.object({
  n: z.number().min(0),
  s2: z.number().min(0),
  own: byModel,
  cells: z.array(byModel.nullable()).length(CELLS.length),
  symbols: z.array(z.tuple([z.string(), z.object({ deviation: byModel.nullable(), sizes: sizesSchema })])),
  slope: z.object({
    m: z.number(),
    v: z.number(),
    w: z.number(),
    n: z.number(),
    q1: z.number(),
    q2: z.number(),
  }),
  cluster: z.object({
    start: z.number().nullable(),
    e: z.number(),
    n: z.number(),
    a: z.number(),
    b: z.number(),
  }),
  outcomes: z.number().int().min(0),
  size: z.number(),
  p: z.number(),
  cap: z.number().nullable(),
  blocked: z.number().int().min(0),
  sent: z.array(z.tuple([z.string(), z.number().int().min(0)])),
  let: z.number(),
});

export const posteriorSchema = z.object({
  w: z.array(z.number()).length(MODELS),
  pool: byModel,
  hold: z.number().positive(),
  strategies: z.array(z.tuple([z.string(), strategySchema])),
});
export type PosteriorState = z.infer<typeof posteriorSchema>;

/** Decisions of a strategy after which one is withdrawn no more. */
const WITHDRAWABLE = 16;

const SLOW = 0.5 ** (1 / SLOW_HALF_LIFE);
const clip = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

function deviationOf(variances: Float64Array | number, mean = 0): Deviation {
  const node = new Float64Array(2 * MODELS);
  for (let j = 0; j < MODELS; j += 1) {
    node[j] = mean;
    node[MODELS + j] = typeof variances === 'number' ? variances : variances[j]!;
  }
  return node;
}

/** Lets a deviation relax towards its prior. */
function age(node: Deviation, keep: number, prior: Float64Array | number, mean = 0): void {
  const square = keep * keep;
  for (let j = 0; j < MODELS; j += 1) {
    node[j] = mean + keep * (node[j]! - mean);
    const variance = typeof prior === 'number' ? prior : prior[j]!;
    node[MODELS + j] = square * node[MODELS + j]! + (1 - square) * variance;
  }
}

const freshStrategy = (): StrategyEdge => ({
  n: 0,
  s2: 0,
  own: deviationOf(STRATEGY_VARIANCE),
  cells: CELLS.map(() => null),
  symbols: new Map(),
  slope: { m: 0, v: SLOPE_VARIANCE, w: SLOPE_PRIOR, n: 0, q1: 0, q2: 0 },
  cluster: { start: null, e: 0, n: 0, a: 0, b: 0 },
  outcomes: 0,
  size: 1,
  p: 0.5,
  cap: null,
  blocked: 0,
  sent: [],
  // Just below one, so that a guard that does nothing lets everything through.
  let: 1 - 1e-9,
});

const freshSymbol = (): SymbolEdge => ({
  deviation: null,
  sizes: new Float64Array(2 * CELLS.length).fill(Number.NaN),
});

/**
 * One posterior of the expected R of a position, over strategies, their cells and their symbols. A bank of eight models
 * says which of these differ at all, weighed by how well each foretold every outcome; in each, normal deviations from
 * a common mean are followed by a Kalman filter that forgets.
 */
export class EdgePosterior {
  readonly #keep: number;
  readonly #ramps: Ramps;
  readonly #cap: number | null;
  readonly #firstCap: number;
  readonly #w = Float64Array.from(MODEL_PRIOR);
  readonly #pool = deviationOf(POOL_VARIANCE, PRIOR_MEAN);
  #hold = FIRST_HOLD;
  readonly #strategies = new Map<string, StrategyEdge>();

  constructor({ halfLife = 200, ramps = RAMPS, cap = null, firstCap = 1 }: PosteriorOptions = {}) {
    this.#keep = 0.5 ** (1 / halfLife);
    this.#ramps = ramps;
    this.#cap = cap;
    this.#firstCap = firstCap;
  }

  /** The handle of a strategy in a cell on a symbol; what was never heard of begins at the prior. */
  leaf(strategy: string, symbol: string, cell: Cell): Leaf {
    let known = this.#strategies.get(strategy);
    if (!known) {
      known = freshStrategy();
      this.#strategies.set(strategy, known);
    }
    let on = known.symbols.get(symbol);
    if (!on) {
      on = freshSymbol();
      known.symbols.set(symbol, on);
    }
    return { strategy: known, symbol: on, cell: CELLS.indexOf(cell) };
  }

  /**
   * What is expected of a signal of a leaf. Pure.
   * @param quality its covariate; null for none
   */
  predict({ strategy, symbol, cell }: Leaf, quality: number | null, levels = ALL_LEVELS): Prediction {
    const inCell = levels.cell ? strategy.cells[cell]! : null;
    const onSymbol = levels.symbol ? symbol.deviation : null;
    let [pool, own, cells, symbols, variance, squares] = [0, 0, 0, 0, 0, 0];
    for (let j = 0; j < MODELS; j += 1) {
      const w = this.#w[j]!;
      const poolMean = this.#pool[j]!;
      const ownMean = strategy.own[j]!;
      const cellMean = inCell ? inCell[j]! : 0;
      const symbolMean = onSymbol ? onSymbol[j]! : 0;
      pool += w * poolMean;
      own += w * ownMean;
      cells += w * cellMean;
      symbols += w * symbolMean;
      const mean = poolMean + ownMean + cellMean + symbolMean;
      squares += w * mean * mean;
      let v = this.#pool[MODELS + j]! + strategy.own[MODELS + j]!;
      if (levels.cell) v += inCell ? inCell[MODELS + j]! : CELL_VARIANCE[j]!;
      if (levels.symbol) v += onSymbol ? onSymbol[MODELS + j]! : SYMBOL_VARIANCE[j]!;
      variance += w * v;
    }
    const base = pool + own + cells + symbols;
    variance += Math.max(0, squares - base * base);
    const h = levels.quality ? standing(strategy.slope, quality) : 0;
    const { w, m, v } = strategy.slope;
    // Plus 0: no negative zero, which JSON would not keep.
    const slope = w * m * h + 0;
    if (h !== 0) variance += w * v * h * h + w * (1 - w) * (m * h) ** 2;
    const raised = levels.strategyAtLeast === null ? 0 : Math.max(0, levels.strategyAtLeast - (pool + own));
    const theta = base + raised + slope;
    return {
      theta,
      variance,
      probability: normalCdf(theta / Math.sqrt(variance)),
      deviation: spread(strategy),
      terms: { pool, strategy: own + raised, cell: cells, symbol: symbols, quality: slope },
    };
  }

  /** The size that a theta deserves under a cap. */
  target(theta: number, cap: number): number {
    return targetSize(theta, this.#ramps, cap);
  }

  /** Size given last time to signals of a leaf; null before the first. */
  lastSize({ symbol, cell }: Leaf, mode: SizeMode): number | null {
    const last = symbol.sizes[mode === 'scale' ? cell : CELLS.length + cell]!;
    return Number.isNaN(last) ? null : last;
  }

  /** The same by name; nothing is made known by asking. */
  lastSizeOf(strategy: string, symbol: string, cell: Cell, mode: SizeMode): number | null {
    const known = this.#strategies.get(strategy);
    const on = known?.symbols.get(symbol);
    return known && on
      ? this.lastSize({ strategy: known, symbol: on, cell: CELLS.indexOf(cell) }, mode)
      : null;
  }

  keepSize({ strategy, symbol, cell }: Leaf, mode: SizeMode, size: number, cap: number): void {
    symbol.sizes[mode === 'scale' ? cell : CELLS.length + cell] = size;
    strategy.cap = cap;
  }

  /** The cap that a strategy's sizes are judged under. */
  capOf(strategy: string): number {
    return this.#cap ?? this.#strategies.get(strategy)?.cap ?? this.#firstCap;
  }

  /** Theta at which sizes begin under a cap. */
  lowest(cap: number): number {
    return rampOf(this.#ramps, cap).lo;
  }

  /** Counts a signal that was sent, or was not. @param decision on it, in case it is withdrawn */
  countSignal({ strategy }: Leaf, decision: string, sent: boolean): void {
    if (!sent) {
      strategy.blocked += 1;
      return;
    }
    strategy.sent.push([decision, strategy.blocked]);
    if (strategy.sent.length > WITHDRAWABLE) strategy.sent.shift();
    strategy.blocked = 0;
  }

  /** A signal that was counted as sent was not sent after all; others may have been decided on since. */
  countWithdrawal(strategy: string, decision: string): void {
    const known = this.#strategies.get(strategy);
    const at = known?.sent.findIndex(([id]) => id === decision) ?? -1;
    if (!known || at < 0) return;
    const [[, before]] = known.sent.splice(at, 1) as [[string, number]];
    const next = known.sent[at];
    if (next) next[1] += before + 1;
    else known.blocked += before + 1;
  }

  /** Lets so much of a host's whole orders through: one in 1 / guard. @param guard in [0,1] */
  letThrough({ strategy }: Leaf, guard: number): boolean {
    strategy.let += guard;
    if (strategy.let < 1) return false;
    strategy.let -= 1;
    return true;
  }

  /** Learns one outcome. Outcomes come in order of close. */
  learn(outcome: EdgeOutcome): void {
    const { quality, closedAt, held } = outcome;
    const leaf = this.leaf(outcome.strategy, outcome.symbol, outcome.cell);
    const { strategy } = leaf;
    // The scale comes first: whatever comes, an outcome is then of the order of one.
    const before = spread(strategy);
    const r = clip(outcome.r, -OUTCOME_RANGE * before, OUTCOME_RANGE * before);
    strategy.n = SCALE_MEMORY * strategy.n + 1;
    strategy.s2 = SCALE_MEMORY * strategy.s2 + r * r;
    const y = r / spread(strategy);
    const { cluster } = strategy;
    const noise = crowding(cluster) / Math.min(1, outcome.weight);
    const expected = this.predict(leaf, quality);
    this.#learnLevels(leaf, y - expected.terms.quality, noise);
    learnSlope(strategy.slope, { quality, y, expected, noise });
    this.#learnCluster(cluster, y - expected.theta, closedAt, held);
    strategy.outcomes += 1;
    const now = this.predict(leaf, null);
    strategy.size +=
      LABEL_RATE * (Math.min(1, this.target(now.theta, this.capOf(outcome.strategy))) - strategy.size);
    strategy.p += LABEL_RATE * (now.probability - strategy.p);
  }

  /** Puts a strategy back to the prior, but for the scale and the slope of its outcomes. */
  revive(strategy: string): void {
    const known = this.#strategies.get(strategy);
    if (!known) return;
    const { n, s2, slope, cluster, outcomes, cap, let: through } = known;
    Object.assign(known, freshStrategy(), { n, s2, slope, cluster, outcomes, cap, let: through });
  }

  /** Forgets which qualities did better, of every strategy. */
  forgetSlopes(): void {
    for (const known of this.#strategies.values()) known.slope = freshStrategy().slope;
  }

  reset(): void {
    this.#w.set(MODEL_PRIOR);
    this.#pool.set(deviationOf(POOL_VARIANCE, PRIOR_MEAN));
    this.#hold = FIRST_HOLD;
    this.#strategies.clear();
  }

  /** Names of the strategies that are known. */
  getStrategies(): string[] {
    return [...this.#strategies.keys()];
  }

  /** What a label is derived from, and the outcomes behind it; what is assumed of a strategy never heard of. */
  labelOf(strategy: string): Readonly<Pick<StrategyEdge, 'size' | 'p' | 'outcomes' | 'blocked'>> {
    const { size, p, outcomes, blocked } = this.#strategies.get(strategy) ?? freshStrategy();
    return { size, p, outcomes, blocked };
  }

  /** A strategy is at work again: its label does not lag behind what is sent. */
  raiseLabel(strategy: string, size: number): void {
    const known = this.#strategies.get(strategy);
    if (known) known.size = Math.max(known.size, size);
  }

  /** Puts the labels, but nothing that was learned, back to their start. */
  resetLabels(): void {
    for (const known of this.#strategies.values()) Object.assign(known, { size: 1, p: 0.5 });
  }

  /** What is expected of a strategy, over all its cells and symbols or in one of them. Pure. */
  expect(
    strategy: string,
    where: { readonly cell?: Cell; readonly symbol?: string } = {},
    { cell, symbol: bySymbol, strategyAtLeast }: Levels = ALL_LEVELS,
  ): Prediction {
    const known = this.#strategies.get(strategy) ?? freshStrategy();
    const symbol = (where.symbol !== undefined && known.symbols.get(where.symbol)) || freshSymbol();
    return this.predict({ strategy: known, symbol, cell: CELLS.indexOf(where.cell ?? 'UNKNOWN') }, null, {
      cell: cell && where.cell !== undefined,
      symbol: bySymbol && where.symbol !== undefined,
      quality: false,
      strategyAtLeast,
    });
  }

  /** Symbols on which a strategy had an outcome. */
  symbolsOf(strategy: string): string[] {
    return [...(this.#strategies.get(strategy)?.symbols ?? [])].flatMap(([name, { deviation }]) =>
      deviation ? [name] : [],
    );
  }

  /** Probabilities that cells, symbols and strategies differ at all. */
  differing(): Readonly<Record<keyof typeof DIFFERING, number>> {
    const weightOf = (models: readonly number[]) => models.reduce((sum, j) => sum + this.#w[j]!, 0);
    return {
      strategies: weightOf(DIFFERING.strategies),
      cells: weightOf(DIFFERING.cells),
      symbols: weightOf(DIFFERING.symbols),
    };
  }

  /** Weights of the models; they sum to 1. */
  get modelWeights(): readonly number[] {
    return [...this.#w];
  }

  /** By how many outcomes of a strategy count as one, because they overlap. */
  designEffect(strategy: string): number {
    return crowding((this.#strategies.get(strategy) ?? freshStrategy()).cluster);
  }

  snapshot(): PosteriorState {
    return {
      w: [...this.#w],
      pool: [...this.#pool],
      hold: this.#hold,
      strategies: [...this.#strategies].map(([name, known]) => [
        name,
        {
          ...known,
          sent: known.sent.map(([decision, blocked]) => [decision, blocked]),
          own: [...known.own],
          cells: known.cells.map((node) => node && [...node]),
          symbols: [...known.symbols].map(([symbol, { deviation, sizes }]) => [
            symbol,
            {
              deviation: deviation && [...deviation],
              sizes: [...sizes].map((size) => (Number.isNaN(size) ? null : size)),
            },
          ]),
          slope: { ...known.slope },
          cluster: { ...known.cluster },
        },
      ]),
    };
  }

  restore(state: PosteriorState): void {
    this.#w.set(state.w);
    this.#pool.set(state.pool);
    this.#hold = state.hold;
    this.#strategies.clear();
    for (const [name, saved] of state.strategies)
      this.#strategies.set(name, {
        ...saved,
        sent: saved.sent.map(([decision, blocked]) => [decision, blocked]),
        own: Float64Array.from(saved.own),
        cells: saved.cells.map((node) => node && Float64Array.from(node)),
        symbols: new Map(
          saved.symbols.map(([symbol, { deviation, sizes }]) => [
            symbol,
            {
              deviation: deviation && Float64Array.from(deviation),
              sizes: Float64Array.from(sizes, (size) => size ?? Number.NaN),
            },
          ]),
        ),
        slope: { ...saved.slope },
        cluster: { ...saved.cluster },
      });
  }

  /** A Kalman step of the four levels in every model, and of the models' weights. */
  #learnLevels({ strategy, symbol, cell }: Leaf, residual: number, noise: number): void {
    strategy.cells[cell] ??= deviationOf(CELL_VARIANCE);
    symbol.deviation ??= deviationOf(SYMBOL_VARIANCE);
    const levels = [this.#pool, strategy.own, strategy.cells[cell], symbol.deviation] as const;
    // Only what the outcome is about ages: a leaf is as old as its own evidence.
    age(levels[0], SLOW, POOL_VARIANCE, PRIOR_MEAN);
    age(levels[1], this.#keep, STRATEGY_VARIANCE);
    age(levels[2], SLOW, CELL_VARIANCE);
    age(levels[3], SLOW, SYMBOL_VARIANCE);
    let total = 0;
    for (let j = 0; j < MODELS; j += 1) {
      let s = noise;
      let e = residual;
      for (const level of levels) {
        s += level[MODELS + j]!;
        e -= level[j]!;
      }
      for (const level of levels) {
        const gain = level[MODELS + j]! / s;
        level[j]! += gain * e;
        level[MODELS + j]! *= 1 - gain;
      }
      const likelihood = Math.exp(((residual * residual) / noise - (e * e) / s) / 2) / Math.sqrt(s / noise);
      this.#w[j]! *= likelihood;
      total += this.#w[j]!;
    }
    for (let j = 0; j < MODELS; j += 1)
      this.#w[j] = ((1 - MODEL_SHARE) * this.#w[j]!) / total + MODEL_SHARE * MODEL_PRIOR[j]!;
  }

  #learnCluster(cluster: StrategyEdge['cluster'], surprise: number, closedAt: number, held: number): void {
    if (held > 0) this.#hold += HOLD_RATE * (held - this.#hold);
    const { start } = cluster;
    if (start === null || closedAt - start > this.#hold || closedAt < start) {
      const { e, n } = cluster;
      if (n > 0) {
        cluster.a = CLUSTER_MEMORY * cluster.a + Math.min(e * e, CLUSTER_CLIP * n);
        cluster.b = CLUSTER_MEMORY * cluster.b + n;
      }
      Object.assign(cluster, { start: closedAt, e: 0, n: 0 });
    }
    cluster.e += surprise;
    cluster.n += 1;
  }
}

/** Standard deviation of a strategy's R: what is assumed while there is little, the data alone after ten outcomes. */
function spread({ n, s2 }: StrategyEdge): number {
  const k = Math.max(0, PRIOR_OUTCOMES - n);
  return Math.max(1e-9, Math.sqrt((s2 + PRIOR_SQUARE * k) / (n + k)));
}

/** By how many outcomes of a strategy count as one. */
const crowding = ({ a, b }: StrategyEdge['cluster']): number =>
  clip((a + CLUSTER_PRIOR) / (b + CLUSTER_PRIOR), 1, CLUSTER_RANGE);

/** How many standard deviations a quality lies above the strategy's usual one; 0 where nobody can say. */
function standing({ n, q1, q2 }: StrategyEdge['slope'], quality: number | null): number {
  if (quality === null || n < SLOPE_FROM) return 0;
  const mean = q1 / n;
  const variance = q2 / n - mean * mean;
  return variance <= 1e-6 ? 0 : clip((quality - mean) / Math.sqrt(variance), -QUALITY_RANGE, QUALITY_RANGE);
}

function learnSlope(
  slope: StrategyEdge['slope'],
  {
    quality,
    y,
    expected,
    noise,
  }: {
    readonly quality: number | null;
    readonly y: number;
    readonly expected: Prediction;
    readonly noise: number;
  },
): void {
  const h = standing(slope, quality);
  if (h !== 0) {
    const { m, v, w } = slope;
    const s0 = expected.variance + noise;
    const s1 = s0 + h * h * v;
    const r0 = y - (expected.theta - expected.terms.quality);
    const r1 = r0 - m * h;
    const likelihood = Math.exp(((r0 * r0) / s0 - (r1 * r1) / s1) / 2) / Math.sqrt(s1 / s0);
    slope.w = clip((w * likelihood) / (w * likelihood + 1 - w), ...SLOPE_BOUNDS);
    const gain = (v * h) / s1;
    slope.m = SLOW * (m + gain * r1);
    slope.v = SLOW * SLOW * v * (1 - gain * h) + (1 - SLOW * SLOW) * SLOPE_VARIANCE;
  }
  if (quality === null) return;
  slope.n = QUALITY_MEMORY * slope.n + 1;
  slope.q1 = QUALITY_MEMORY * slope.q1 + quality;
  slope.q2 = QUALITY_MEMORY * slope.q2 + quality * quality;
}
