import { z } from 'zod';
import { EdgekeeperError, show } from './errors.ts';
import type { EquityReport } from './events.ts';
import { isTime } from './model/time.ts';
import { drawdown } from './statistics/equity-curve.ts';

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
   * peak in proportion, so that it is no gain and no drawdown. An account that owes is 100% down. Throws
   * `EQUITY_INVALID`.
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
    const before = equity - deposit;
    const peak = Math.max(this.#state.peak ?? before, before);
    const scale = deposit !== 0 && before > 0 && equity > 0 ? equity / before : 1;
    this.#state = { equity, peak: peak > 0 ? peak * scale : null, time };
  }

  /** Measures drawdown from today's equity on. */
  rebasePeak(): void {
    const { equity } = this.#state;
    this.#state = { ...this.#state, peak: equity !== null && equity > 0 ? equity : null };
  }

  /** Drawdown from the peak, a rate in [0,1]; null without an equity feed. */
  get drawdown(): number | null {
    const { equity, peak } = this.#state;
    if (equity === null) return null;
    return peak === null ? 1 : drawdown(peak, equity);
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
