import type { Candle } from '../model/candle.ts';

/** What indicators look at of a candle. */
export type Bar = Pick<Candle, 'high' | 'low' | 'close'>;

/** How far the price went in a bar, the way from the previous close included (Wilder 1978). */
export function trueRange(previousClose: number, { high, low }: Bar): number {
  return Math.max(high - low, Math.abs(high - previousClose), Math.abs(low - previousClose));
}
