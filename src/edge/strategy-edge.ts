import { CELLS } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { doubles } from '../statistics/doubles.ts';
import { CLUSTER, clusterAt, clusterSchema, startCluster, writeCluster } from './cluster.ts';
import {
  CELL_VARIANCE,
  PRIOR_OUTCOMES,
  PRIOR_SQUARE,
  STRATEGY_VARIANCE,
  SYMBOL_VARIANCE,
} from './constants.ts';
import {
  DEVIATION,
  type DeviationPrior,
  deviationAt,
  deviationSchema,
  startDeviation,
  writeDeviation,
} from './deviation.ts';
import { noSignals, type SentSignals, sentSignalsSchema } from './sent-signals.ts';
import { SLOPE, slopeAt, slopeSchema, startSlope, writeSlope } from './slope.ts';

const sizesSchema = z.array(z.number().nullable()).length(2 * CELLS.length);
export const strategyEdgeSchema = z
  .object({
    n: z.number().min(0),
    s2: z.number().min(0),
    own: deviationSchema,
    cells: z.array(deviationSchema.nullable()).length(CELLS.length),
    symbols: z.array(
      z.tuple([z.string(), z.object({ deviation: deviationSchema.nullable(), sizes: sizesSchema })]),
    ),
    slope: slopeSchema,
    cluster: clusterSchema,
    outcomes: z.number().int().min(0),
    size: z.number(),
    p: z.number(),
    cap: z.number().nullable(),
  })
  .extend(sentSignalsSchema.shape);
export type StrategyEdgeState = z.infer<typeof strategyEdgeSchema>;

/** Where each number stands: exponentially weighted count and sum of squares of R; smoothed size and probability. */
export const N = 0;
export const S2 = 1;
export const SIZE = 2;
export const P = 3;
export const SLOPE_AT = 4;
export const CLUSTER_AT = SLOPE_AT + SLOPE;
/** Deviations: the strategy's own, those of its cells, and then symbol by symbol that of it and the latest sizes on it. */
export const OWN = CLUSTER_AT + CLUSTER;
const BY_CELL = OWN + DEVIATION;
const BY_SYMBOL = BY_CELL + CELLS.length * DEVIATION;
const SIZES = 2 * CELLS.length;

export const cellAt = (cell: number): number => BY_CELL + cell * DEVIATION;

/** What is known of a strategy on a symbol. */
export interface SymbolEdge {
  /** Where its deviation stands; its latest sizes come after. */
  readonly at: number;
  /** Whether there was an outcome: before the first, the deviation is the prior. */
  isLearned: boolean;
}

/** Where a symbol keeps its sizes, by cell, for any size and for all-or-nothing; NaN before the first. */
export const sizesAt = ({ at }: SymbolEdge): number => at + DEVIATION;

/** What is known of a strategy. */
export interface StrategyEdge extends SentSignals {
  /** What one decision looks at lies side by side: far apart, every number would be a trip to memory. */
  readonly numbers: number[];
  /** Cells in which there was an outcome, as bits; before the first, the deviation is the prior. */
  learnedCells: number;
  readonly symbols: Map<string, SymbolEdge>;
  /** Outcomes learned. */
  outcomes: number;
  /** Cap of the latest decision; null before the first. */
  cap: number | null;
  /** What is assumed of it before its first outcome. */
  prior: DeviationPrior;
}

/** What is assumed of any strategy. */
export const ANY_STRATEGY: DeviationPrior = { mean: 0, variances: STRATEGY_VARIANCE };

export function freshStrategy(prior = ANY_STRATEGY): StrategyEdge {
  const numbers = doubles(BY_SYMBOL);
  startSlope(numbers, SLOPE_AT);
  startCluster(numbers, CLUSTER_AT);
  const known = {
    numbers,
    learnedCells: 0,
    symbols: new Map(),
    outcomes: 0,
    cap: null,
    prior,
    ...noSignals(),
  };
  startLevels(known);
  return known;
}

/** Puts everything back to the prior, but for the scale, the slope and the clusters of its outcomes. */
export function startLevels(known: StrategyEdge): void {
  const { numbers } = known;
  numbers.length = BY_SYMBOL;
  numbers[SIZE] = 1;
  numbers[P] = 0.5;
  startDeviation(numbers, OWN, known.prior.variances, known.prior.mean);
  for (let cell = 0; cell < CELLS.length; cell += 1) startDeviation(numbers, cellAt(cell), CELL_VARIANCE);
  known.learnedCells = 0;
  known.symbols.clear();
}

/** What is known on a symbol; the prior at first. */
export function onSymbol({ numbers, symbols }: StrategyEdge, name: string): SymbolEdge {
  let known = symbols.get(name);
  if (known === undefined) {
    const at = numbers.length;
    for (let i = 0; i < DEVIATION; i += 1) numbers.push(0);
    startDeviation(numbers, at, SYMBOL_VARIANCE);
    for (let i = 0; i < SIZES; i += 1) numbers.push(Number.NaN);
    known = { at, isLearned: false };
    symbols.set(name, known);
  }
  return known;
}

/** Standard deviation of a strategy's R: what is assumed while there is little, the data alone after ten outcomes. */
export function spread(numbers: number[]): number {
  const n = numbers[N]!;
  const k = Math.max(0, PRIOR_OUTCOMES - n);
  return Math.max(1e-9, Math.sqrt((numbers[S2]! + PRIOR_SQUARE * k) / (n + k)));
}

/** As plain JSON. Parts of it are live: write it down at once. */
export function strategyEdgeState({
  numbers,
  learnedCells,
  symbols,
  prior: _,
  ...rest
}: StrategyEdge): StrategyEdgeState {
  return {
    ...rest,
    n: numbers[N]!,
    s2: numbers[S2]!,
    own: deviationAt(numbers, OWN),
    cells: CELLS.map((_, i) => (learnedCells & (1 << i) ? deviationAt(numbers, cellAt(i)) : null)),
    symbols: Array.from(symbols, ([name, on]) => {
      const sizes = numbers.slice(sizesAt(on), sizesAt(on) + SIZES);
      return [
        name,
        {
          deviation: on.isLearned ? deviationAt(numbers, on.at) : null,
          sizes: sizes.map((size) => (Number.isNaN(size) ? null : size)),
        },
      ];
    }),
    slope: slopeAt(numbers, SLOPE_AT),
    cluster: clusterAt(numbers, CLUSTER_AT),
    size: numbers[SIZE]!,
    p: numbers[P]!,
  };
}

/** A copy that shares nothing with it. */
export const copyOf = (known: StrategyEdge): StrategyEdge => ({
  ...known,
  numbers: known.numbers.slice(),
  symbols: new Map(Array.from(known.symbols, ([name, on]) => [name, { ...on }])),
  sent: known.sent.map(([decision, blocked]) => [decision, blocked]),
});

/** @param prior of it: a state says what became of that */
export function strategyEdgeFrom(
  { n, s2, own, cells, symbols, slope, cluster, size, p, ...rest }: StrategyEdgeState,
  prior: DeviationPrior,
): StrategyEdge {
  const known = Object.assign(freshStrategy(prior), rest);
  const { numbers } = known;
  numbers[N] = n;
  numbers[S2] = s2;
  numbers[SIZE] = size;
  numbers[P] = p;
  writeSlope(numbers, SLOPE_AT, slope);
  writeCluster(numbers, CLUSTER_AT, cluster);
  writeDeviation(numbers, OWN, own);
  for (const [i, deviation] of cells.entries()) {
    if (deviation === null) continue;
    writeDeviation(numbers, cellAt(i), deviation);
    known.learnedCells |= 1 << i;
  }
  for (const [name, { deviation, sizes }] of symbols) {
    const on = onSymbol(known, name);
    if (deviation !== null) writeDeviation(numbers, on.at, deviation);
    on.isLearned = deviation !== null;
    for (const [i, last] of sizes.entries()) numbers[sizesAt(on) + i] = last ?? Number.NaN;
  }
  return known;
}
