import { CELLS, type Cell } from '../model/regime.ts';
import { z } from '../model/z.ts';

/** Weights of one strategy: overall, and of the cells that have one of their own. */
export interface WeightsByCell {
  readonly weight: number;
  readonly cells: Partial<Readonly<Record<Cell, number>>>;
}

export const strategyWeightSchema = z.object({
  base: z.number().positive(),
  weight: z.number().positive(),
  cells: z.partialRecord(z.enum(CELLS), z.number().positive()),
  symbols: z.array(z.tuple([z.string(), z.number().positive()])),
  outcomes: z.number().int().min(0),
  steppedAt: z.number().nullable(),
  steps: z.number().int().min(0),
});

/** Weights of one strategy, and what they were stepped by. */
export type StrategyWeight = z.infer<typeof strategyWeightSchema>;

/** The weight in force in a cell, or overall; a cell without outcomes has the base weight. */
export const weightIn = (known: Readonly<StrategyWeight>, cell: Cell | null): number =>
  cell === null ? known.weight : (known.cells[cell] ?? known.base);

/** The weight on a symbol, by its name. @param likely where in the list it most likely stands */
export function entryOn(
  { symbols }: StrategyWeight,
  symbol: string,
  likely = 0,
): [symbol: string, weight: number] | undefined {
  const at = symbols[likely];
  return at?.[0] === symbol ? at : symbols.find(([name]) => name === symbol);
}
