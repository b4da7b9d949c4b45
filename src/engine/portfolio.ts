import { z } from 'zod';
import { EdgekeeperError, show } from '../model/errors.ts';
import { isTime } from '../model/time.ts';
import { drawdown } from '../statistics/equity-curve.ts';
import type { EquityReport } from './events.ts';

export const portfolioSchema = z.object({
  equity: z.number().nullable(),
  peak: z.number().positive().nullable(),
  time: z.number(),
});
export type PortfolioState = z.infer<typeof portfolioSchema>;

/** Equity of the whole account and the peak that its drawdown is measured from. */
export class Portfolio {
  #state: PortfolioState = { equity: null, peak: null, time: -1 };

  /**
   * Takes an equity report; one that is not newer than the last is ignored. A deposit or withdrawal moves the
   * peak in proportion, so that it is no gain and no drawdown; what is paid into an account that had nothing is
   * a new peak. An account that owes is 100% down. Throws `EQUITY_INVALID`.
   */
  record(report: EquityReport): void {
    const { time, equity, deposit = 0 } = report ?? {};
    if (!isTime(time) || !Number.isFinite(equity) || !Number.isFinite(deposit)) {
      throw new EdgekeeperError('EQUITY_INVALID', {
        found: `equity ${show(equity)} with deposit ${show(deposit)} at ${show(time)}`,
        expected: 'a finite equity and deposit, and a time in ms',
        hint: 'Report equity in quote currency; nothing was changed.',
      });
    }
    if (time <= this.#state.time) return;
    const { peak } = this.#state;
    this.#state = {
      equity,
      peak: this.#state.equity === null ? positive(equity) : peakOf(peak, equity, deposit),
      time,
    };
  }

  /** Measures drawdown from today's equity on. */
  rebasePeak(): void {
    const { equity } = this.#state;
    this.#state = { ...this.#state, peak: equity === null ? null : positive(equity) };
  }

  /** Drawdown from the peak, a rate in [0,1]; null without an equity feed. */
  get drawdown(): number | null {
    const { equity, peak } = this.#state;
    if (equity === null) return null;
    if (peak === null) return equity < 0 ? 1 : 0;
    return drawdown(peak, equity);
  }

  get equity(): number | null {
    return this.#state.equity;
  }

  snapshot(): PortfolioState {
    return { ...this.#state };
  }

  restore(state: PortfolioState): void {
    this.#state = { ...state };
  }
}

const positive = (equity: number): number | null => (equity > 0 ? equity : null);

/** The peak after a report: a new one, moved in proportion to what was paid in or out. */
function peakOf(known: number | null, equity: number, deposit: number): number | null {
  const before = equity - deposit;
  const peak = positive(Math.max(known ?? before, before));
  if (peak !== null && deposit === 0) return peak;
  const moved = peak === null || before <= 0 ? equity : peak * (equity / before);
  return positive(Number.isFinite(moved) ? moved : equity);
}
