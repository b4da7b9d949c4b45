import { MIN_OUTCOMES } from '../effect/claim.ts';
import type { OptimizationEngine } from '../engine/engine.ts';

/** What the overlay would have done if it acted, over its latest signals, and how far it is from a claim. */
export interface Observed {
  readonly signals: number;
  readonly vetoed: number;
  readonly resized: number;
  /** Signals whose outcome is known, and how many a claim needs at least. */
  readonly outcomes: number;
  readonly needed: number;
}

/** Null while the overlay acts. */
export function observedOf(engine: OptimizationEngine): Observed | null {
  if (engine.mode !== 'observe') return null;
  const observed = engine.getRecentDecisions().filter(({ reasons }) => reasons.includes('OBSERVED'));
  const count = (is: (intended: number) => boolean) => observed.filter(({ intended }) => is(intended)).length;
  return {
    signals: observed.length,
    vetoed: count((intended) => intended === 0),
    resized: count((intended) => intended > 0 && intended !== 1),
    outcomes: Object.values(engine.getSignalCounts()).reduce((sum, { outcomes }) => sum + outcomes, 0),
    needed: MIN_OUTCOMES,
  };
}
