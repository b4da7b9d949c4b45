import { CELLS, type Cell } from '../model/regime.ts';
import { z } from '../model/z.ts';
import type { WeightScore } from './score.ts';

/** One change of one weight, with what caused it. */
export interface WeightUpdate {
  readonly time: number;
  readonly strategy: string;
  /** Null for the strategy's weight overall, or on a symbol. */
  readonly cell: Cell | null;
  /** Null for the strategy's weight overall, or in a cell. */
  readonly symbol: string | null;
  readonly previousWeight: number;
  readonly newWeight: number;
  readonly target: number;
  readonly reason: 'new-outcomes' | 'stale-reversion' | 'reset' | 'set';
  /** Parts of the score behind the target, for the method `score`. */
  readonly components: WeightScore | null;
}

const weightScoreSchema = z.object({
  expectancy: z.number(),
  profitFactor: z.number(),
  drawdown: z.number(),
  consistency: z.number(),
  reliability: z.number(),
  score: z.number(),
});

export const weightUpdateSchema = z.object({
  time: z.number(),
  strategy: z.string(),
  cell: z.enum(CELLS).nullable(),
  symbol: z.string().nullable(),
  previousWeight: z.number(),
  newWeight: z.number(),
  target: z.number(),
  reason: z.enum(['new-outcomes', 'stale-reversion', 'reset', 'set']),
  components: weightScoreSchema.nullable(),
});
