import { z } from 'zod';
import { outcomeOf } from '../model/trade.ts';
import { addReturn, startEquityCurve } from '../statistics/equity-curve.ts';
import { profitFactor } from '../statistics/ratios.ts';

/** Health of a strategy is judged on this many of its latest outcomes. */
export const WINDOW = 50;

const windowEntrySchema = z.object({ r: z.number(), returnRate: z.number(), compounds: z.boolean() });
type WindowEntry = z.infer<typeof windowEntrySchema>;

/** The latest outcomes of a strategy, oldest first. */
export const windowSchema = z.array(windowEntrySchema).max(WINDOW);
export type Window = WindowEntry[];

/** What the retirement rules look at, over the window. */
export interface WindowMetrics {
  readonly trades: number;
  /** Mean R; null without trades. */
  readonly expectancy: number | null;
  readonly profitFactor: number | null;
  readonly winRate: number | null;
  /** Rate of the peak, with equity starting at 1 at the window's first outcome; null without any. */
  readonly maxDrawdown: number | null;
  readonly consecutiveLosses: number;
  readonly maxConsecutiveLosses: number;
}

export function addToWindow(window: Window, entry: WindowEntry): void {
  window.push(entry);
  if (window.length > WINDOW) window.shift();
}

/** Recomputed from the trades each time: 50 additions cost nothing, rolling subtraction drifts. */
export function windowMetrics(window: readonly WindowEntry[]): WindowMetrics {
  const curve = startEquityCurve();
  let sum = 0;
  let gains = 0;
  let losses = 0;
  let wins = 0;
  let streak = 0;
  let maxStreak = 0;
  for (const { r, returnRate, compounds } of window) {
    const outcome = outcomeOf(r);
    sum += r;
    gains += Math.max(0, r);
    losses += Math.max(0, -r);
    if (outcome === 'win') wins += 1;
    streak = outcome === 'loss' ? streak + 1 : 0;
    maxStreak = Math.max(maxStreak, streak);
    addReturn(curve, returnRate, compounds);
  }
  const trades = window.length;
  return {
    trades,
    expectancy: trades > 0 ? sum / trades : null,
    profitFactor: profitFactor(gains, losses),
    winRate: trades > 0 ? wins / trades : null,
    maxDrawdown: trades > 0 ? curve.maxDrawdown : null,
    consecutiveLosses: streak,
    maxConsecutiveLosses: maxStreak,
  };
}
