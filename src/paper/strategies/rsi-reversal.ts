import { library } from './library.ts';
import { clip01, type NamedStrategy } from './strategy.ts';

const OVERSOLD = 30;
const RECOVERED = 58;
const STOP_ATRS = 2.5;
const TARGET_ATRS = 3;

/**
 * Buys exhaustion: when RSI comes back above 30, and leaves when it has recovered to 58.
 * Confidence grows with how deep RSI had fallen, from 0.5 at 30 to 1 at 10.
 * Confluence counts the turn, a candle that closed up, and a low outside the Bollinger band.
 */
export const rsiReversal: NamedStrategy = {
  name: 'RSI_Reversal',
  create() {
    const { ATR, BollingerBands, RSI, SMA } = library();
    const rsi = new RSI({ period: 14, values: [] });
    const atr = new ATR({ period: 14, high: [], low: [], close: [] });
    const closes: number[] = [];
    let lowest = 100;
    let previous: number | undefined;
    return ({ open, high, low, close }) => {
      const strength = rsi.nextValue(close);
      const range = atr.nextValue({ high, low, close } as never) as number | undefined;
      closes.push(close);
      if (closes.length > 20) closes.shift();
      const before = previous;
      previous = strength;
      if (strength === undefined || before === undefined || range === undefined) return null;
      lowest = strength < OVERSOLD ? Math.min(lowest, strength) : lowest;
      if (before < RECOVERED && strength >= RECOVERED) return { kind: 'exit' };
      if (!(before < OVERSOLD && strength >= OVERSOLD)) return null;
      const depth = lowest;
      lowest = 100;
      // The library's Bollinger stream keeps every bar it has seen, so the band is taken over the window.
      const band = BollingerBands.calculate({ period: 20, stdDev: 2, values: closes })[0]?.lower ?? 0;
      const mean = SMA.calculate({ period: closes.length, values: closes })[0] ?? close;
      return {
        kind: 'enter',
        confidence: clip01(0.5 + (0.5 * (OVERSOLD - depth)) / 20),
        confluence: 1 + Number(close > open) + Number(low < band),
        stop: close - STOP_ATRS * range,
        target: Math.max(mean, close + TARGET_ATRS * range),
      };
    };
  },
};
