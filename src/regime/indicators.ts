import { z } from '../model/z.ts';
import {
  directionalMovementSchema,
  startDirectionalMovement,
  stepDirectionalMovement,
} from './directional-movement.ts';
import { type Bar, trueRange } from './true-range.ts';

const ATR_PERIOD = 14;
const EMA_PERIOD = 20;

/**
 * ATR14, EMA20 and ADX14 of one symbol. All are recurrences, so that what they came to at the latest bar is all there is
 * to know: they go on from it bit for bit, however long ago they began.
 */
export const indicatorsSchema = z.object({
  /** Bars so far. */
  bars: z.number().int().min(0),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  /** Averages; the sum of what there is while they warm up. */
  atr: z.number(),
  ema: z.number(),
  directional: directionalMovementSchema,
});
export type Indicators = z.infer<typeof indicatorsSchema>;

export const startIndicators = (): Indicators => ({
  bars: 0,
  high: 0,
  low: 0,
  close: 0,
  atr: 0,
  ema: 0,
  directional: startDirectionalMovement(),
});

/** Takes one closed bar, in place. An average begins as the plain mean of its first values. */
export function stepIndicators(state: Indicators, bar: Bar): void {
  if (state.bars > 0) {
    stepDirectionalMovement(state.directional, state, bar);
    state.atr = average(state.atr, trueRange(state.close, bar), state.bars, ATR_PERIOD, 1 / ATR_PERIOD);
  }
  state.bars += 1;
  state.ema = average(state.ema, bar.close, state.bars, EMA_PERIOD, 2 / (EMA_PERIOD + 1));
  state.high = bar.high;
  state.low = bar.low;
  state.close = bar.close;
}

/** Average true range over 14 bars (Wilder 1978), in price; null while there is too little history. */
export function atrOf({ bars, atr }: Indicators): number | null {
  return bars > ATR_PERIOD ? atr : null;
}

/** Exponential moving average of the close over 20 bars; null while there is too little history. */
export function emaOf({ bars, ema }: Indicators): number | null {
  return bars < EMA_PERIOD ? null : ema;
}

/** What the bars that version 5 kept come to. @param adxFrom the bar that ADX began with */
export function indicatorsOf(bars: readonly Bar[], adxFrom: number): Indicators {
  const state = startIndicators();
  bars.forEach((bar, i) => {
    stepIndicators(state, bar);
    if (i === adxFrom) state.directional = startDirectionalMovement();
  });
  return state;
}

/** An average with its n-th value `x`, which weighs `share`; while n is below the period, their sum. */
function average(before: number, x: number, n: number, period: number, share: number): number {
  if (n > period) return (x - before) * share + before;
  return n < period ? before + x : (before + x) / period;
}
