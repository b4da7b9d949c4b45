import { checkedState, isMoney, reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { isTime } from '../model/time.ts';
import { z } from '../model/z.ts';
import { drawdown } from '../statistics/equity-curve.ts';
import type { EquityReport } from './events.ts';

export const portfolioSchema = z.object({
  equity: z.number().nullable(),
  /** Highest equity ever, and one that fades towards the equity; deposits move both in proportion. */
  peak: z.number().positive().nullable(),
  recentPeak: z.number().positive().nullable(),
  time: z.number(),
  /** Whether the hard stop holds everything back. */
  stopped: z.boolean(),
});
export type PortfolioState = z.infer<typeof portfolioSchema>;

/** Days in which half of the distance from the recent peak is forgotten, and the longest silence that counts. */
const HALF_LIFE_DAYS = 90;
const MOST_DAYS = 7;
const DAY = 86_400_000;

/** Equity of the whole account and the peaks that its drawdowns are measured from. */
export class Portfolio {
  #state: PortfolioState = { equity: null, peak: null, recentPeak: null, time: -1, stopped: false };

  /**
   * Takes an equity report; one that is not newer than the last is ignored. A deposit or withdrawal moves the
   * peaks in proportion, so that it is no gain and no drawdown; what is paid into an account that had nothing is
   * a new peak. An account that owes is 100% down. Throws `EQUITY_INVALID`.
   * @param hardStop drawdown from the highest equity at which everything stops, a rate; null for none
   */
  record(report: EquityReport, hardStop: number | null = null): void {
    const { time, equity, deposit = 0 } = readEquity(report);
    if (time <= this.#state.time) return;
    const { equity: before, peak, recentPeak, time: last, stopped } = this.#state;
    const days = before === null ? 0 : Math.min(MOST_DAYS, (time - last) / DAY);
    this.#state = {
      equity,
      peak: before === null ? positive(equity) : peakOf(peak, equity, deposit, 0),
      recentPeak: before === null ? positive(equity) : peakOf(recentPeak, equity, deposit, days),
      time,
      stopped,
    };
    const fallen = this.drawdown;
    if (hardStop !== null && fallen !== null && fallen >= hardStop) this.#state.stopped = true;
  }

  /** Measures drawdowns from today's equity on. */
  rebasePeak(): void {
    const { equity } = this.#state;
    const peak = equity === null ? null : positive(equity);
    this.#state = { ...this.#state, peak, recentPeak: peak };
  }

  /** Lets go of the hard stop, and measures what it watches from today's equity on. */
  resume(): void {
    const { equity } = this.#state;
    this.#state = { ...this.#state, stopped: false, peak: equity === null ? null : positive(equity) };
  }

  /** Whether the hard stop holds everything back. */
  get stopped(): boolean {
    return this.#state.stopped;
  }

  /** Drawdown from the highest equity ever, a rate in [0,1]; null without an equity feed. */
  get drawdown(): number | null {
    const { equity, peak } = this.#state;
    if (equity === null) return null;
    if (peak === null) return equity < 0 ? 1 : 0;
    return drawdown(peak, equity);
  }

  /** Drawdown from the recent peak, which fades: a rate in [0,1]; null without an equity feed. */
  get recentDrawdown(): number | null {
    const { equity, recentPeak } = this.#state;
    if (equity === null) return null;
    return equity <= 0 || recentPeak === null ? 1 : drawdown(recentPeak, equity);
  }

  get equity(): number | null {
    return this.#state.equity;
  }

  snapshot(): PortfolioState {
    return { ...this.#state };
  }

  restore(state: PortfolioState): void {
    this.#state = { ...checkedState(portfolioSchema, state) };
  }
}

/** A report, read once. Throws `EQUITY_INVALID`. */
export function readEquity(given: EquityReport): EquityReport {
  const { time, equity, deposit } = reading('an equity report', 'EQUITY_INVALID', () => ({
    time: given?.time,
    equity: given?.equity,
    deposit: given?.deposit,
  }));
  if (!isTime(time) || !isMoney(equity) || !(deposit === undefined || isMoney(deposit)))
    refuse(
      `equity ${show(equity)} with deposit ${show(deposit)} at ${show(time)}`,
      'an equity and a deposit that can be money, and a time in ms',
      'EQUITY_INVALID',
      'Report equity in quote currency; nothing was changed.',
    );
  // Plus 0: no negative zero, which JSON would not keep.
  return { time: time + 0, equity: equity + 0, ...(deposit === undefined ? {} : { deposit: deposit + 0 }) };
}

const positive = (equity: number): number | null => (equity > 0 ? equity : null);

/**
 * A peak after a report: moved in proportion to what was paid in or out, faded for the days since, or a new one.
 * @param days since the last report; 0 for a peak that does not fade
 */
function peakOf(known: number | null, equity: number, deposit: number, days: number): number | null {
  const before = equity - deposit;
  const kept = known === null ? null : before + (known - before) * 0.5 ** (days / HALF_LIFE_DAYS);
  const peak = positive(Math.max(kept ?? before, before));
  if (peak !== null && deposit === 0) return peak;
  const moved = peak === null || before <= 0 ? equity : peak * (equity / before);
  return positive(Number.isFinite(moved) ? moved : equity);
}
