import { CELLS } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { doubles } from '../statistics/doubles.ts';
import { type Cluster, clusterSchema, freshCluster } from './cluster.ts';
import { PRIOR_OUTCOMES, PRIOR_SQUARE, STRATEGY_VARIANCE } from './constants.ts';
import { type Deviation, deviationFrom, deviationOf, deviationSchema } from './deviation.ts';
import { noSignals, type SentSignals, sentSignalsSchema } from './sent-signals.ts';
import { freshSlope, type Slope, slopeSchema } from './slope.ts';

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

/** What is known of a strategy on a symbol. */
export interface SymbolEdge {
  /** Null before the first outcome: the prior. */
  deviation: Deviation | null;
  /** Last sizes by cell, for any size and for all-or-nothing; NaN before the first. */
  readonly sizes: number[];
}

/** What is known of a strategy. */
export interface StrategyEdge extends SentSignals {
  /** Exponentially weighted count and sum of squares of R. */
  n: number;
  s2: number;
  own: Deviation;
  cells: (Deviation | null)[];
  symbols: Map<string, SymbolEdge>;
  slope: Slope;
  cluster: Cluster;
  /** Outcomes learned. */
  outcomes: number;
  /** Smoothed size and probability that the label is derived from. */
  size: number;
  p: number;
  /** Cap of the latest decision; null before the first. */
  cap: number | null;
}

export const freshStrategy = (): StrategyEdge => ({
  n: 0,
  s2: 0,
  own: deviationOf(STRATEGY_VARIANCE),
  cells: CELLS.map(() => null),
  symbols: new Map(),
  slope: freshSlope(),
  cluster: freshCluster(),
  outcomes: 0,
  size: 1,
  p: 0.5,
  cap: null,
  ...noSignals(),
});

export const freshSymbol = (): SymbolEdge => ({
  deviation: null,
  sizes: doubles(2 * CELLS.length).fill(Number.NaN),
});

/** Standard deviation of a strategy's R: what is assumed while there is little, the data alone after ten outcomes. */
export function spread({ n, s2 }: Pick<StrategyEdge, 'n' | 's2'>): number {
  const k = Math.max(0, PRIOR_OUTCOMES - n);
  return Math.max(1e-9, Math.sqrt((s2 + PRIOR_SQUARE * k) / (n + k)));
}

/** As plain JSON. Parts of it are live: write it down at once. */
export const strategyEdgeState = (known: StrategyEdge): StrategyEdgeState => ({
  ...known,
  symbols: [...known.symbols].map(([symbol, { deviation, sizes }]) => [
    symbol,
    { deviation, sizes: sizes.map((size) => (Number.isNaN(size) ? null : size)) },
  ]),
});

/** A copy that shares nothing with it. */
export const copyOf = (known: StrategyEdge): StrategyEdge => ({
  ...known,
  own: known.own.slice(),
  cells: known.cells.map((node) => node?.slice() ?? null),
  symbols: new Map(
    [...known.symbols].map(([symbol, { deviation, sizes }]) => [
      symbol,
      { deviation: deviation?.slice() ?? null, sizes: sizes.slice() },
    ]),
  ),
  slope: { ...known.slope },
  cluster: { ...known.cluster },
  sent: known.sent.map(([decision, blocked]) => [decision, blocked]),
});

/** It is handed over: do not keep it. */
export const strategyEdgeFrom = (saved: StrategyEdgeState): StrategyEdge => ({
  ...saved,
  own: deviationFrom(saved.own),
  cells: saved.cells.map((node) => node && deviationFrom(node)),
  symbols: new Map(
    saved.symbols.map(([symbol, { deviation, sizes }]) => [
      symbol,
      {
        deviation: deviation && deviationFrom(deviation),
        sizes: sizes.map((size) => size ?? Number.NaN),
      },
    ]),
  ),
});
