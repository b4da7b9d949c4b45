import { checkedState, checkTime, isMoney, reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { CELLS, type Cell } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { clip } from '../statistics/clip.ts';
import { doubles } from '../statistics/doubles.ts';
import { normalCdf } from '../statistics/normal.ts';
import { addToCluster, crowding } from './cluster.ts';
import {
  CELL_VARIANCE,
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
  SCALE_MEMORY,
  SLOW,
  SYMBOL_VARIANCE,
} from './constants.ts';
import {
  age,
  correct,
  DEVIATION,
  type DeviationPrior,
  deviationSchema,
  startDeviation,
  swapPrior,
  writeDeviation,
} from './deviation.ts';
import { noSignals } from './sent-signals.ts';
import { RAMPS, type Ramps, rampOf, type SizeMode, targetSize } from './size.ts';
import { learnSlope, slopeAt, standing, startSlope } from './slope.ts';
import {
  ANY_STRATEGY,
  CLUSTER_AT,
  cellAt,
  copyOf,
  freshStrategy,
  N,
  OWN,
  onSymbol,
  P,
  S2,
  SIZE,
  SLOPE_AT,
  type StrategyEdge,
  type SymbolEdge,
  sizesAt,
  spread,
  startLevels,
  strategyEdgeFrom,
  strategyEdgeSchema,
  strategyEdgeState,
} from './strategy-edge.ts';

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

/** Sizes of a strategy: over everything, in each cell, and on each symbol on which it had an outcome. */
export interface StrategySizes {
  /** Outcomes ever learned. */
  readonly outcomes: number;
  readonly overall: number;
  readonly cells: Readonly<Record<Cell, number>>;
  readonly symbols: readonly string[];
  readonly onSymbols: readonly number[];
}

/** A strategy in a cell on a symbol, resolved once: decisions and outcomes go by it. */
export interface Leaf {
  readonly strategy: StrategyEdge;
  readonly symbol: SymbolEdge;
  /** Index of the cell. */
  readonly cell: number;
}

/** Probabilities that something differs at all. */
export type Differing = Readonly<Record<keyof typeof DIFFERING, number>>;

const priorSchema = z.object({
  /** Mean of theta of the strategy. */
  mean: z.number().min(-2).max(2),
  /** Standard deviation of a bot's own theta around it. */
  deviation: z.number().positive().max(1),
});
/** What others know of a strategy: where a bot begins with it, in place of what is assumed of any. */
export type StrategyPrior = z.infer<typeof priorSchema>;
export const priorsSchema = z.array(z.tuple([z.string(), priorSchema])).max(10_000);

export const posteriorSchema = z.object({
  /** Absent in states of before there were any. */
  priors: priorsSchema.optional(),
  w: z.array(z.number().min(0).max(1)).length(MODELS),
  pool: deviationSchema,
  hold: z.number().positive(),
  strategies: z.array(z.tuple([z.string(), strategyEdgeSchema])),
});
export type PosteriorState = z.infer<typeof posteriorSchema>;

/** What is assumed of a strategy that was never heard of, on whatever symbol. */
const UNHEARD: Readonly<StrategyEdge> = freshStrategy();
const UNHEARD_SYMBOL = onSymbol(UNHEARD, '');

const startPool = (): number[] => {
  const pool = doubles(DEVIATION);
  startDeviation(pool, 0, POOL_VARIANCE, PRIOR_MEAN);
  return pool;
};

/**
 * One posterior of the expected R of a position, over strategies, their cells and their symbols. A bank of eight models
 * says which of these differ at all, weighed by how well each foretold every outcome; in each, normal deviations from
 * a common mean are followed by a Kalman filter that forgets.
 */
export class EdgePosterior {
  readonly #options: PosteriorOptions;
  readonly #keep: number;
  readonly #ramps: Ramps;
  readonly #cap: number | null;
  readonly #firstCap: number;
  readonly #w = Float64Array.from(MODEL_PRIOR);
  readonly #pool = startPool();
  #hold = FIRST_HOLD;
  /** Until the next outcome. */
  #differing: Differing | null = null;
  readonly #strategies = new Map<string, StrategyEdge>();
  #priors = new Map<string, StrategyPrior>();

  constructor(options: PosteriorOptions = {}) {
    const { halfLife = 200, ramps = RAMPS, cap = null, firstCap = 1 } = options;
    this.#options = options;
    this.#keep = 0.5 ** (1 / halfLife);
    this.#ramps = ramps;
    this.#cap = cap;
    this.#firstCap = firstCap;
  }

  /**
   * A posterior that goes on from this one by outcomes of these strategies alone. What is known of the others it shares
   * with this one, and may be looked at only.
   */
  fork(strategies: ReadonlySet<string>): EdgePosterior {
    const fork = new EdgePosterior(this.#options);
    fork.#w.set(this.#w);
    writeDeviation(fork.#pool, 0, this.#pool);
    fork.#hold = this.#hold;
    fork.#priors = this.#priors;
    for (const [name, known] of this.#strategies)
      fork.#strategies.set(name, strategies.has(name) ? copyOf(known) : known);
    return fork;
  }

  /** The handle of a strategy in a cell on a symbol; what was never heard of begins at the prior. */
  leaf(strategy: string, symbol: string, cell: Cell): Leaf {
    checkText(strategy);
    checkText(symbol);
    if (!CELLS.includes(cell)) refuse(`cell ${show(cell)}`, `one of ${CELLS.join(', ')}`);
    let known = this.#strategies.get(strategy);
    if (!known) {
      known = freshStrategy(this.#priorOf(strategy));
      this.#strategies.set(strategy, known);
    }
    return { strategy: known, symbol: onSymbol(known, symbol), cell: CELLS.indexOf(cell) };
  }

  /**
   * What is expected of a signal of a leaf. Pure.
   * @param quality its covariate; null for none
   */
  predict(leaf: Leaf, quality: number | null, levels = ALL_LEVELS): Prediction {
    checkLeaf(leaf);
    const { strategy, symbol, cell } = leaf;
    return this.#predict(strategy.numbers, cellAt(cell), strategy.numbers, symbol.at, quality, levels);
  }

  /**
   * @param numbers of the strategy, and the place in them of the cell
   * @param on where the symbol is known, and the place of it there
   */
  #predict(
    numbers: number[],
    inCell: number,
    on: number[],
    onSymbol: number,
    quality: number | null,
    levels: Levels,
  ): Prediction {
    let [pool, own, cells, symbols, variance, squares] = [0, 0, 0, 0, 0, 0];
    for (let j = 0; j < MODELS; j += 1) {
      const w = this.#w[j]!;
      const poolMean = this.#pool[j]!;
      const ownMean = numbers[OWN + j]!;
      const cellMean = levels.cell ? numbers[inCell + j]! : 0;
      const symbolMean = levels.symbol ? on[onSymbol + j]! : 0;
      pool += w * poolMean;
      own += w * ownMean;
      cells += w * cellMean;
      symbols += w * symbolMean;
      const mean = poolMean + ownMean + cellMean + symbolMean;
      squares += w * mean * mean;
      let v = this.#pool[MODELS + j]! + numbers[OWN + MODELS + j]!;
      if (levels.cell) v += numbers[inCell + MODELS + j]!;
      if (levels.symbol) v += on[onSymbol + MODELS + j]!;
      variance += w * v;
    }
    const base = pool + own + cells + symbols;
    variance += Math.max(0, squares - base * base);
    const h = levels.quality ? standing(numbers, SLOPE_AT, quality) : 0;
    const { w, m, v } = slopeAt(numbers, SLOPE_AT);
    // Plus 0: no negative zero, which JSON would not keep.
    const slope = w * m * h + 0;
    if (h !== 0) variance += w * v * h * h + w * (1 - w) * (m * h) ** 2;
    const raised = levels.strategyAtLeast === null ? 0 : Math.max(0, levels.strategyAtLeast - (pool + own));
    const theta = base + raised + slope;
    return {
      theta,
      variance,
      probability: normalCdf(theta / Math.sqrt(variance)),
      deviation: spread(numbers),
      terms: { pool, strategy: own + raised, cell: cells, symbol: symbols, quality: slope },
    };
  }

  /** The size that a theta deserves under a cap. */
  target(theta: number, cap: number): number {
    if (typeof theta !== 'number' || typeof cap !== 'number')
      refuse(`theta ${show(theta)} under ${show(cap)}`, 'two numbers');
    return targetSize(theta, this.#ramps, cap);
  }

  /** Size given last time to signals of a leaf; null before the first. */
  lastSize(leaf: Leaf, mode: SizeMode): number | null {
    checkLeaf(leaf);
    const last = leaf.strategy.numbers[sizeAt(leaf, mode)]!;
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

  keepSize(leaf: Leaf, mode: SizeMode, size: number, cap: number): void {
    checkLeaf(leaf);
    if (!isMoney(size) || !isMoney(cap)) refuse(`size ${show(size)} under ${show(cap)}`, 'two numbers');
    leaf.strategy.numbers[sizeAt(leaf, mode)] = size;
    leaf.strategy.cap = cap;
  }

  /** The cap that a strategy's sizes are judged under. */
  capOf(strategy: string): number {
    return this.#cap ?? this.#strategies.get(strategy)?.cap ?? this.#firstCap;
  }

  /** Theta at which sizes begin under a cap. */
  lowest(cap: number): number {
    if (typeof cap !== 'number') refuse(`cap ${show(cap)}`, 'a number');
    return rampOf(this.#ramps, cap).lo;
  }

  /** What is known of a strategy; undefined for one never heard of. */
  find(strategy: string): StrategyEdge | undefined {
    return this.#strategies.get(strategy);
  }

  /** Learns one outcome. Outcomes come in order of close. Throws `TRADE_INVALID`. */
  learn(given: EdgeOutcome): void {
    const outcome = reading('an outcome', 'TRADE_INVALID', () => ({ ...given }));
    checkOutcome(outcome);
    const { quality, closedAt, held } = outcome;
    const leaf = this.leaf(outcome.strategy, outcome.symbol, outcome.cell);
    const { strategy } = leaf;
    const { numbers } = strategy;
    // The scale comes first: whatever comes, an outcome is then of the order of one.
    const before = spread(numbers);
    const r = clip(outcome.r, -OUTCOME_RANGE * before, OUTCOME_RANGE * before);
    numbers[N] = SCALE_MEMORY * numbers[N]! + 1;
    numbers[S2] = SCALE_MEMORY * numbers[S2]! + r * r;
    const y = r / spread(numbers);
    const noise = crowding(numbers, CLUSTER_AT) / Math.min(1, outcome.weight);
    const expected = this.predict(leaf, quality);
    this.#learnLevels(leaf, y - expected.terms.quality, noise);
    const { theta, variance, terms } = expected;
    learnSlope(numbers, SLOPE_AT, { quality, y, base: theta - terms.quality, variance, noise });
    if (held > 0) this.#hold += HOLD_RATE * (held - this.#hold);
    addToCluster(numbers, CLUSTER_AT, y - theta, closedAt, this.#hold);
    strategy.outcomes += 1;
    const now = this.predict(leaf, null);
    const target = Math.min(1, this.target(now.theta, this.capOf(outcome.strategy)));
    numbers[SIZE]! += LABEL_RATE * (target - numbers[SIZE]!);
    numbers[P]! += LABEL_RATE * (now.probability - numbers[P]!);
  }

  /** Puts a strategy back to the prior, but for the scale and the slope of its outcomes. */
  revive(strategy: string): void {
    const known = this.#strategies.get(strategy);
    if (!known) return;
    startLevels(known);
    Object.assign(known, { ...noSignals(), let: known.let });
  }

  /** Forgets which qualities did better, of every strategy. */
  forgetSlopes(): void {
    for (const { numbers } of this.#strategies.values()) startSlope(numbers, SLOPE_AT);
  }

  /** What others know of strategies, by name. */
  getPriors(): [strategy: string, prior: StrategyPrior][] {
    return Array.from(this.#priors, ([strategy, prior]) => [strategy, { ...prior }]);
  }

  /**
   * Takes what others know of strategies for what is assumed of them, in place of all that was so before. What outcomes
   * said here stays: only what they are added to is another. Throws `ARGUMENT_INVALID`.
   */
  setPriors(given: readonly (readonly [strategy: string, prior: StrategyPrior])[]): void {
    const parsed = reading('priors', 'ARGUMENT_INVALID', () => priorsSchema.safeParse(given));
    if (!parsed.success) refuse(`priors ${show(given)}`, 'a mean and a deviation by strategy');
    const before = this.#priors;
    this.#priors = new Map(parsed.data);
    for (const strategy of new Set([...before.keys(), ...this.#priors.keys()])) {
      const known = this.#strategies.get(strategy);
      if (!known) continue;
      const prior = this.#priorOf(strategy);
      swapPrior(known.numbers, OWN, known.prior, prior);
      known.prior = prior;
    }
  }

  reset(): void {
    this.#w.set(MODEL_PRIOR);
    this.#differing = null;
    writeDeviation(this.#pool, 0, startPool());
    this.#hold = FIRST_HOLD;
    this.#strategies.clear();
  }

  /** Names of the strategies that are known. */
  getStrategies(): string[] {
    return [...this.#strategies.keys()];
  }

  /** Strategies, and how many of their outcomes were learned. */
  *outcomes(): Iterable<readonly [strategy: string, outcomes: number]> {
    for (const [strategy, { outcomes }] of this.#strategies) yield [strategy, outcomes];
  }

  /** What a label is derived from, and the outcomes behind it; what is assumed of a strategy never heard of. */
  labelOf(strategy: string): {
    readonly size: number;
    readonly p: number;
    readonly outcomes: number;
    readonly blocked: number;
  } {
    const { numbers, outcomes, blocked } = this.#known(strategy);
    return { size: numbers[SIZE]!, p: numbers[P]!, outcomes, blocked };
  }

  /** A strategy is at work again: its label does not lag behind what is sent. */
  raiseLabel(strategy: string, size: number): void {
    if (!isMoney(size)) refuse(`size ${show(size)}`, 'a number');
    const known = this.#strategies.get(strategy);
    if (known) known.numbers[SIZE] = Math.max(known.numbers[SIZE]!, size);
  }

  /** Puts the labels, but nothing that was learned, back to their start. */
  resetLabels(): void {
    for (const { numbers } of this.#strategies.values()) {
      numbers[SIZE] = 1;
      numbers[P] = 0.5;
    }
  }

  /** What is expected of a strategy, over all its cells and symbols or in one of them. Pure. */
  expect(
    strategy: string,
    where: { readonly cell?: Cell; readonly symbol?: string } = {},
    levels: Levels = ALL_LEVELS,
  ): Prediction {
    const { cell, symbol: name } = reading('a place', 'ARGUMENT_INVALID', () => ({ ...where }));
    if (cell !== undefined && !CELLS.includes(cell))
      refuse(`cell ${show(cell)}`, `one of ${CELLS.join(', ')}`);
    const { strategyAtLeast, ...looked } = reading('levels', 'ARGUMENT_INVALID', () => ({ ...levels }));
    if (strategyAtLeast !== null && !isMoney(strategyAtLeast))
      refuse(`strategyAtLeast ${show(strategyAtLeast)}`, 'a number, or null');
    const known = this.#known(strategy);
    const symbol = name === undefined ? undefined : known.symbols.get(name);
    return this.#predict(
      known.numbers,
      cellAt(CELLS.indexOf(cell ?? 'UNKNOWN')),
      symbol === undefined ? UNHEARD.numbers : known.numbers,
      (symbol ?? UNHEARD_SYMBOL).at,
      null,
      {
        cell: looked.cell && cell !== undefined,
        symbol: looked.symbol && name !== undefined,
        quality: false,
        strategyAtLeast,
      },
    );
  }

  /** Symbols on which a strategy had an outcome. */
  symbolsOf(strategy: string): string[] {
    return [...this.sizesOf(strategy).symbols];
  }

  /** The sizes that `target` finds for what is expected of a strategy, and nothing of how sure that is. Pure. */
  sizesOf(strategy: string): StrategySizes {
    const known = this.#known(strategy);
    const { numbers, outcomes } = known;
    const cap = this.#cap ?? known.cap ?? this.#firstCap;
    const whole = this.#mean(this.#pool, 0) + this.#mean(numbers, OWN);
    const cells = {} as Record<Cell, number>;
    for (let i = 0; i < CELLS.length; i += 1)
      cells[CELLS[i]!] = targetSize(whole + this.#mean(numbers, cellAt(i)), this.#ramps, cap);
    const symbols: string[] = [];
    const onSymbols: number[] = [];
    for (const [name, { at, isLearned }] of known.symbols) {
      if (!isLearned) continue;
      symbols.push(name);
      onSymbols.push(targetSize(whole + this.#mean(numbers, at), this.#ramps, cap));
    }
    return { outcomes, overall: targetSize(whole, this.#ramps, cap), cells, symbols, onSymbols };
  }

  /** Probabilities that cells, symbols and strategies differ at all. */
  differing(): Differing {
    this.#differing ??= {
      strategies: this.#weightOf(DIFFERING.strategies),
      cells: this.#weightOf(DIFFERING.cells),
      symbols: this.#weightOf(DIFFERING.symbols),
    };
    return this.#differing;
  }

  /** Weights of the models; they sum to 1. */
  get modelWeights(): readonly number[] {
    return [...this.#w];
  }

  /** By how many outcomes of a strategy count as one, because they overlap. */
  designEffect(strategy: string): number {
    return crowding(this.#known(strategy).numbers, CLUSTER_AT);
  }

  snapshot(): PosteriorState {
    return structuredClone({
      ...this.head(),
      strategies: this.getStrategies().flatMap((strategy) => this.edgeOf(strategy)),
    });
  }

  restore(state: PosteriorState): void {
    const { strategies, ...head } = structuredClone(checkedState(posteriorSchema, state));
    this.begin(head);
    this.take(strategies);
  }

  /** The state but for the strategies. Of this and of what follows: it is live, write it down at once. */
  head(): PosteriorState {
    const priors = this.#priors.size === 0 ? {} : { priors: [...this.#priors] };
    return { ...priors, w: [...this.#w], pool: [...this.#pool], hold: this.#hold, strategies: [] };
  }

  edgeOf(strategy: string): PosteriorState['strategies'] {
    const known = this.#strategies.get(strategy);
    return known === undefined ? [] : [[strategy, strategyEdgeState(known)]];
  }

  /** Goes on from a state, of which the strategies follow. */
  begin({ priors = [], w, pool, hold }: Omit<PosteriorState, 'strategies'>): void {
    this.#priors = new Map(priors);
    this.#w.set(w);
    this.#differing = null;
    writeDeviation(this.#pool, 0, pool);
    this.#hold = hold;
    this.#strategies.clear();
  }

  /** Goes on from these strategies. They are handed over: do not keep them. */
  take(strategies: PosteriorState['strategies']): void {
    for (const [name, saved] of strategies)
      this.#strategies.set(name, strategyEdgeFrom(saved, this.#priorOf(name)));
  }

  /** What is known of a strategy, or assumed of one that was never heard of: to be looked at only. */
  #known(strategy: string): Readonly<StrategyEdge> {
    const known = this.#strategies.get(strategy);
    if (known !== undefined) return known;
    return this.#priors.has(strategy) ? freshStrategy(this.#priorOf(strategy)) : UNHEARD;
  }

  #priorOf(strategy: string): DeviationPrior {
    const given = this.#priors.get(strategy);
    if (given === undefined) return ANY_STRATEGY;
    return {
      mean: given.mean - PRIOR_MEAN,
      variances: new Float64Array(MODELS).fill(given.deviation ** 2),
    };
  }

  /** Mean over the models of the deviation that stands at a place. */
  #mean(values: number[], at: number): number {
    let mean = 0;
    for (let j = 0; j < MODELS; j += 1) mean += this.#w[j]! * values[at + j]!;
    return mean;
  }

  #weightOf(models: readonly number[]): number {
    return models.reduce((sum, j) => sum + this.#w[j]!, 0);
  }

  /** A Kalman step of the four levels in every model, and of the models' weights. */
  #learnLevels({ strategy, symbol, cell }: Leaf, residual: number, noise: number): void {
    this.#differing = null;
    strategy.learnedCells |= 1 << cell;
    symbol.isLearned = true;
    const pool = this.#pool;
    const { numbers } = strategy;
    const inCell = cellAt(cell);
    const onSymbol = symbol.at;
    // Only what the outcome is about ages: a leaf is as old as its own evidence.
    age(pool, 0, SLOW, POOL_VARIANCE, PRIOR_MEAN);
    age(numbers, OWN, this.#keep, strategy.prior.variances, strategy.prior.mean);
    age(numbers, inCell, SLOW, CELL_VARIANCE);
    age(numbers, onSymbol, SLOW, SYMBOL_VARIANCE);
    let total = 0;
    for (let j = 0; j < MODELS; j += 1) {
      const v = MODELS + j;
      const s = noise + pool[v]! + numbers[OWN + v]! + numbers[inCell + v]! + numbers[onSymbol + v]!;
      const e = residual - pool[j]! - numbers[OWN + j]! - numbers[inCell + j]! - numbers[onSymbol + j]!;
      correct(pool, j, s, e);
      correct(numbers, OWN + j, s, e);
      correct(numbers, inCell + j, s, e);
      correct(numbers, onSymbol + j, s, e);
      const likelihood = Math.exp(((residual * residual) / noise - (e * e) / s) / 2) / Math.sqrt(s / noise);
      this.#w[j]! *= likelihood;
      total += this.#w[j]!;
    }
    for (let j = 0; j < MODELS; j += 1)
      this.#w[j] = ((1 - MODEL_SHARE) * this.#w[j]!) / total + MODEL_SHARE * MODEL_PRIOR[j]!;
  }
}

/** Where the latest size of a leaf stands. */
const sizeAt = ({ symbol, cell }: Leaf, mode: SizeMode): number =>
  sizesAt(symbol) + (mode === 'scale' ? cell : CELLS.length + cell);

/** Names are kept in maps and lists here: any text is one. */
function checkText(name: unknown): void {
  if (typeof name !== 'string') refuse(`name ${show(name)}`, 'a text');
}

function checkLeaf(leaf: Leaf): void {
  try {
    if (Array.isArray(leaf.strategy.numbers) && leaf.symbol.at > 0) return;
  } catch {
    // What cannot be read is no leaf either.
  }
  refuse(show(leaf), 'what leaf() returned');
}

function checkOutcome({ strategy, symbol, cell, r, weight, quality, closedAt, held }: EdgeOutcome): void {
  checkText(strategy);
  checkText(symbol);
  if (!CELLS.includes(cell)) refuse(`cell ${show(cell)}`, `one of ${CELLS.join(', ')}`, 'TRADE_INVALID');
  checkTime(closedAt, 'closedAt', 'TRADE_INVALID');
  const fits =
    Number.isFinite(r) &&
    isMoney(held) &&
    isMoney(weight) &&
    weight > 0 &&
    isMoney(1 / weight) &&
    (quality === null || isMoney(quality));
  if (!fits) refuse(`outcome ${show(r)} of weight ${show(weight)}`, 'finite numbers', 'TRADE_INVALID');
}
