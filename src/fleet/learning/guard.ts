import { drawdownGuard } from '../../decision/sizing.ts';
import { Portfolio, portfolioSchema } from '../../engine/portfolio.ts';
import { z } from '../../model/z.ts';
import type { Fleet } from './all.ts';

/** Drawdowns of the whole fleet at which bots begin to be smaller, and at which they are smallest; and how small. */
const [START, FULL, FLOOR] = [0.1, 0.2, 0.25];
/** Steps of the factor: what changes less is not told to every bot. */
const STEP = 0.05;
/** How long a word on it holds, in ms: of servers that fall silent nothing is known. */
const HOLDS = 2 * 3_600_000;

export const fleetGuardSchema = z.object({
  portfolio: portfolioSchema,
  /** All that was paid in by then, bots that joined with what they had among it. */
  paidIn: z.number(),
  /** Factor on new exposure of every bot, and until when it holds, in ms. */
  factor: z.number(),
  until: z.number(),
});
export type PublishedGuard = z.output<typeof fleetGuardSchema>;

/**
 * The drawdown guard of all bots together: the guard of one bot, on the sum of what their accounts hold. A bot that joins
 * brings a deposit.
 */
export function guardAfter(
  before: PublishedGuard | null,
  { equity, paidIn }: Pick<Fleet, 'equity' | 'paidIn'>,
  now: number,
): PublishedGuard | null {
  if (before === null && equity <= 0) return null;
  const portfolio = new Portfolio();
  if (before !== null) portfolio.restore(before.portfolio);
  const deposit = before === null ? 0 : paidIn - before.paidIn;
  portfolio.record({ time: now, equity, deposit });
  const fallen = portfolio.recentDrawdown ?? 0;
  const factor = Math.round(drawdownGuard(fallen, START, FULL, FLOOR) / STEP) * STEP;
  return { portfolio: portfolio.snapshot(), paidIn, factor: Number(factor.toFixed(2)), until: now + HOLDS };
}

/** Whether bots need to be told: another factor, or one that would soon be too old. */
export const isNews = (guard: PublishedGuard, told: PublishedGuard | null): boolean =>
  told === null
    ? guard.factor < 1
    : guard.factor !== told.factor || (guard.factor < 1 && guard.until - told.until > HOLDS / 2);
