import { type EwCell, ewVariance } from '../statistics/ew-cell.ts';
import { posterior } from '../statistics/posterior.ts';

/** Outcomes from which, and probability of winning up to which, low signals are held back. */
export const MIN_OUTCOMES = 20;
export const MAX_PROBABILITY = 0.35;
const STRENGTH = 20;

/** What is known of a strategy's below-threshold signals. */
export interface BelowThreshold {
  /** Discounted outcomes of the strategy. */
  readonly n: number;
  /** Probability in [0,1] that such signals win in this cell; 0.5 knows nothing. */
  readonly probability: number;
}

/**
 * A cell without outcomes of its own is judged by the strategy's.
 * @param strategy outcomes of the strategy's below-threshold signals
 * @param cell those of them in this cell
 */
export function belowThreshold(
  strategy: EwCell | undefined,
  cell: EwCell | null | undefined,
): BelowThreshold {
  if (!strategy) return { n: 0, probability: 0.5 };
  const prior = strategy.s1 / (strategy.n + STRENGTH);
  const probability = posterior(cell?.n ?? 0, cell?.s1 ?? 0, prior, ewVariance(strategy), STRENGTH);
  return { n: strategy.n, probability };
}

/** Whether outcomes say that such signals lose. Under 20 outcomes nothing is said. */
export const loses = ({ n, probability }: BelowThreshold): boolean =>
  n >= MIN_OUTCOMES && probability <= MAX_PROBABILITY;
