import { EdgePosterior, type PosteriorState } from '../edge/posterior.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { WeightsByCell } from '../weighting/strategy-weight.ts';

/** What a rollback makes of a strategy: rates and weights as they are, and as they were at a time. */
export interface RollbackChange {
  readonly strategy: string;
  readonly weight: readonly [now: number, then: number | null];
  /** Weights in regimes that differ. */
  readonly cells: number;
  readonly probability: readonly [now: number, then: number];
  readonly size: readonly [now: number, then: number];
}

/** What would be otherwise with the weights and the posterior of another time. */
export function rollbackChanges(
  engine: OptimizationEngine,
  weights: Readonly<Record<string, WeightsByCell>>,
  posterior: PosteriorState,
): RollbackChange[] {
  const then = new EdgePosterior();
  then.restore(posterior);
  return Object.entries(engine.optimizer.getWeightsByCell()).map(([strategy, now]) => {
    const other = weights[strategy];
    const [label, before] = [engine.edge.labelOf(strategy), then.labelOf(strategy)];
    const differs = (cell: string) =>
      (now.cells as Record<string, number>)[cell] !==
      (other?.cells as Record<string, number> | undefined)?.[cell];
    return {
      strategy,
      weight: [now.weight, other?.weight ?? null],
      cells: Object.keys({ ...now.cells, ...other?.cells }).filter(differs).length,
      probability: [label.p, before.p],
      size: [label.size, before.size],
    };
  });
}
