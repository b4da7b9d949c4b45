import { type EwCell, ewVariance } from '../statistics/ew-cell.ts';
import { posterior } from '../statistics/posterior.ts';

const MIN_OUTCOMES = 20;
const MAX_PROBABILITY = 0.35;
const STRENGTH = 20;

/**
 * Whether outcomes say that below-threshold signals of a strategy lose in this cell. Under 20 outcomes
 * nothing is said. A cell without outcomes of its own is judged by the strategy's.
 * @param strategy outcomes of the strategy's below-threshold signals
 * @param cell those of them in this cell
 */
export function belowThresholdLoses(strategy: EwCell | undefined, cell: EwCell | undefined): boolean {
  if (!strategy || strategy.n < MIN_OUTCOMES) return false;
  const prior = strategy.s1 / (strategy.n + STRENGTH);
  return posterior(cell?.n ?? 0, cell?.s1 ?? 0, prior, ewVariance(strategy), STRENGTH) <= MAX_PROBABILITY;
}
