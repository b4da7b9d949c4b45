import type { SignalOutcome } from './outcome.ts';

/** Money that the overlay moved, at the host's own size, in quote currency; all are at least 0. */
export interface MoneyMoved {
  /** Outcomes whose money is known, of all. */
  readonly n: number;
  readonly outcomes: number;
  /** Losses that blocked and reduced signals did not make. */
  readonly savedByBlocking: number;
  readonly savedByReducing: number;
  /** Gains that they did not make. */
  readonly missedByBlocking: number;
  readonly missedByReducing: number;
  /** What increased signals gained, and lost, beyond the host's own size. */
  readonly gainedByIncreasing: number;
  readonly lostByIncreasing: number;
  /** Everything together; above 0 the overlay earned money. */
  readonly net: number;
}

export function moneyMoved(outcomes: readonly SignalOutcome[]): MoneyMoved {
  const moved = {
    savedByBlocking: 0,
    savedByReducing: 0,
    missedByBlocking: 0,
    missedByReducing: 0,
    gainedByIncreasing: 0,
    lostByIncreasing: 0,
  };
  let [n, net] = [0, 0];
  for (const { pnl, multiplier } of outcomes) {
    if (pnl === null) continue;
    n += 1;
    net += (multiplier - 1) * pnl;
    const difference = Math.abs(multiplier - 1) * Math.abs(pnl);
    if (multiplier > 1) moved[pnl > 0 ? 'gainedByIncreasing' : 'lostByIncreasing'] += difference;
    else if (multiplier > 0) moved[pnl > 0 ? 'missedByReducing' : 'savedByReducing'] += difference;
    else moved[pnl > 0 ? 'missedByBlocking' : 'savedByBlocking'] += difference;
  }
  return { n, outcomes: outcomes.length, ...moved, net };
}
