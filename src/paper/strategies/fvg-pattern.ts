import type { Candle } from '../../model/candle.ts';
import { library } from './library.ts';
import { clip01, type NamedStrategy } from './strategy.ts';

interface Gap {
  readonly bottom: number;
  readonly top: number;
  readonly size: number;
  age: number;
}

const MIN_GAP_ATRS = 0.3;
const MAX_AGE = 24;
const REWARD = 2;
const MIN_ADX = 25;

/**
 * Fair value gaps: three candles whose first high lies below the third low leave a gap that price often
 * comes back to. Buys when a candle dips into the latest gap and closes above it, with the stop below the gap; but
 * only in a rising trend, with an ADX of 25 and a close above the 50-bar mean: elsewhere a gap is noise.
 * Confidence grows with the gap's size, from 0.4 at 0.3 ATR to 1 at 1.5 ATR.
 * Confluence counts the retest, the trend, and a volume above its mean.
 */
export const fvgPattern: NamedStrategy = {
  name: 'FVG_Pattern',
  create() {
    const { ADX, ATR, SMA } = library();
    const atr = new ATR({ period: 14, high: [], low: [], close: [] });
    const adx = new ADX({ period: 14, high: [], low: [], close: [] });
    const mean = new SMA({ period: 50, values: [] });
    const meanVolume = new SMA({ period: 20, values: [] });
    let older: Candle | null = null;
    let old: Candle | null = null;
    let gap: Gap | null = null;
    return (candle) => {
      const { high, low, close, volume } = candle;
      const range = atr.nextValue({ high, low, close } as never) as number | undefined;
      const strength = adx.nextValue({ high, low, close } as never)?.adx ?? 0;
      const [level, usual] = [mean.nextValue(close), meanVolume.nextValue(volume)];
      const first = older;
      older = old;
      old = candle;
      if (range === undefined || level === undefined || first === null) return null;

      const retested = gap !== null && low <= gap.top && close > gap.top ? gap : null;
      if (gap !== null) {
        gap.age += 1;
        if (retested !== null || close < gap.bottom || gap.age > MAX_AGE) gap = null;
      }
      const size = (low - first.high) / range;
      if (size >= MIN_GAP_ATRS) gap = { bottom: first.high, top: low, size, age: 0 };
      if (retested === null || close <= level || strength < MIN_ADX) return null;

      const stop = Math.min(low, retested.bottom) - 0.5 * range;
      return {
        kind: 'enter',
        confidence: clip01(0.4 + (0.6 * (retested.size - MIN_GAP_ATRS)) / (1.5 - MIN_GAP_ATRS)),
        confluence: 2 + Number(usual !== undefined && volume > usual),
        stop,
        target: close + REWARD * (close - stop),
      };
    };
  },
};
