import { z } from 'zod';
import { EdgekeeperError, show } from './errors.ts';
import type { EquityReport } from './events.ts';
import { drawdown } from './statistics/equity-curve.ts';

export const portfolioSchema = z.object({
  equity: z.number().positive().nullable(),
  peak: z.number().positive().nullable(),
  time: z.number(),
});
export type PortfolioState = z.infer<typeof portfolioSchema>;

/** Equity of the whole account and the peak that its drawdown is measured from. */
export class Portfolio {
  #state: PortfolioState = { equity: null, peak: null, time: -1 };

  /**
   * Takes an equity report; one older than the last is ignored. A deposit or withdrawal moves the peak in
   * proportion, so that it is no gain and no drawdown. Throws `EQUITY_INVALID`.
   */
  record({ time, equity, deposit = 0 }: EquityReport): void {
    const before = equity - deposit;
    if (
      !Number.isSafeInteger(time) ||
      !Number.isFinite(equity) ||
      !(equity > 0) ||
      !Number.isFinite(deposit) ||
      !(before > 0)
    ) {
      throw new EdgekeeperError('EQUITY_INVALID', {
        found: `equity ${show(equity)} with deposit ${show(deposit)} at ${show(time)}`,
        expected: 'an equity above 0, also before the deposit, and a time in ms',
        hint: 'Report equity in quote currency; nothing was changed.',
      });
    }
    if (time < this.#state.time) return;
    const peak = Math.max(this.#state.peak ?? before, before) * (equity / before);
    this.#state = { equity, peak, time };
  }

  /** Measures drawdown from today's equity on. */
  rebasePeak(): void {
    this.#state = { ...this.#state, peak: this.#state.equity };
  }

  /** Drawdown from the peak, a rate in [0,1]; null without an equity feed. */
  get drawdown(): number | null {
    const { equity, peak } = this.#state;
    return equity === null || peak === null ? null : drawdown(peak, equity);
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
