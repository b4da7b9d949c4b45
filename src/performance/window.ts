import { outcomeOf } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { doubles } from '../statistics/doubles.ts';
import {
  addReturnAt,
  curveAt,
  EQUITY_CURVE,
  startEquityCurve,
  writeCurve,
} from '../statistics/equity-curve.ts';
import { profitFactor } from '../statistics/ratios.ts';

/** Health of a strategy is judged on this many of its latest outcomes. */
export const WINDOW = 50;

const windowEntrySchema = z.object({ r: z.number(), returnRate: z.number(), compounds: z.boolean() });

/** The latest outcomes of a strategy, oldest first. */
export const windowSchema = z.array(windowEntrySchema).max(WINDOW);
export type WindowState = z.infer<typeof windowSchema>;

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

const START = startEquityCurve();
const SCRATCH = doubles(EQUITY_CURVE);

/** Recomputed from the outcomes each time: 50 additions cost nothing, rolling subtraction drifts. */
export class OutcomeWindow {
  readonly #r = doubles(WINDOW);
  readonly #returns = doubles(WINDOW);
  /** 1 where a return compounds, 0 where returns add up. */
  readonly #compounds = new Uint8Array(WINDOW);
  /** How many are held, and where the oldest stands. */
  #size = 0;
  #oldest = 0;
  /** Until the next outcome. */
  #metrics: WindowMetrics | null = null;

  /** @param r R-multiple, winsorised @param compounds whether the return is one on the equity then */
  add(r: number, returnRate: number, compounds: boolean): void {
    this.#metrics = null;
    const at = (this.#oldest + this.#size) % WINDOW;
    if (this.#size < WINDOW) this.#size += 1;
    else this.#oldest = (this.#oldest + 1) % WINDOW;
    this.#r[at] = r;
    this.#returns[at] = returnRate;
    this.#compounds[at] = compounds ? 1 : 0;
  }

  clear(): void {
    this.#size = 0;
    this.#oldest = 0;
    this.#metrics = null;
  }

  metrics(): WindowMetrics {
    this.#metrics ??= this.#measure();
    return this.#metrics;
  }

  snapshot(): WindowState {
    return Array.from({ length: this.#size }, (_, i) => {
      const at = (this.#oldest + i) % WINDOW;
      return { r: this.#r[at]!, returnRate: this.#returns[at]!, compounds: this.#compounds[at] === 1 };
    });
  }

  restore(state: WindowState): void {
    this.clear();
    for (const { r, returnRate, compounds } of state) this.add(r, returnRate, compounds);
  }

  #measure(): WindowMetrics {
    const curve = SCRATCH;
    writeCurve(curve, 0, START);
    let [sum, gains, losses] = [0, 0, 0];
    let [wins, streak, maxStreak] = [0, 0, 0];
    for (let i = 0, at = this.#oldest; i < this.#size; i += 1, at = at + 1 === WINDOW ? 0 : at + 1) {
      const r = this.#r[at]!;
      const outcome = outcomeOf(r);
      sum += r;
      gains += Math.max(0, r);
      losses += Math.max(0, -r);
      if (outcome === 'win') wins += 1;
      streak = outcome === 'loss' ? streak + 1 : 0;
      maxStreak = Math.max(maxStreak, streak);
      addReturnAt(curve, 0, this.#returns[at]!, this.#compounds[at] === 1);
    }
    const trades = this.#size;
    return {
      trades,
      expectancy: trades > 0 ? sum / trades : null,
      profitFactor: profitFactor(gains, losses),
      winRate: trades > 0 ? wins / trades : null,
      maxDrawdown: trades > 0 ? curveAt(curve, 0).maxDrawdown : null,
      consecutiveLosses: streak,
      maxConsecutiveLosses: maxStreak,
    };
  }
}
