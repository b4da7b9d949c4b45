import { library } from './library.ts';
import { clip01, type NamedStrategy } from './strategy.ts';

const STOP_ATRS = 2;
const TARGET_ATRS = 5;

/**
 * Follows trends: buys when the fast average crosses above the slow one, leaves when it crosses back.
 * Confidence grows with ADX, from 0.4 where there is no trend to 1 where it is strong (50 and above).
 * Confluence counts the cross, a close above the long average, and an ADX above 25.
 */
export const emaTrend: NamedStrategy = {
  name: 'EMA_Trend',
  create() {
    const { ADX, ATR, EMA } = library();
    const fast = new EMA({ period: 12, values: [] });
    const slow = new EMA({ period: 48, values: [] });
    const long = new EMA({ period: 200, values: [] });
    const atr = new ATR({ period: 14, high: [], low: [], close: [] });
    const adx = new ADX({ period: 14, high: [], low: [], close: [] });
    let wasAbove: boolean | null = null;
    return ({ high, low, close }) => {
      const [quick, lagging, trend] = [fast.nextValue(close), slow.nextValue(close), long.nextValue(close)];
      const range = atr.nextValue({ high, low, close } as never) as number | undefined;
      const strength = adx.nextValue({ high, low, close } as never)?.adx ?? 0;
      if (quick === undefined || lagging === undefined || range === undefined) return null;
      const above = quick > lagging;
      const crossed = wasAbove !== null && above !== wasAbove;
      wasAbove = above;
      if (!crossed) return null;
      if (!above) return { kind: 'exit' };
      return {
        kind: 'enter',
        confidence: clip01(0.4 + (0.6 * strength) / 50),
        confluence: 1 + Number(trend !== undefined && close > trend) + Number(strength > 25),
        stop: close - STOP_ATRS * range,
        target: close + TARGET_ATRS * range,
      };
    };
  },
};
