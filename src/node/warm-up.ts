import type { OptimizationEngine } from '../engine/engine.ts';
import { timeframeMs } from '../model/candle.ts';
import type { MarketData } from '../model/ports.ts';
import { WARM_UP_CANDLES } from '../regime/detector.ts';

/** Candles that are taken between two turns of the event loop. */
const CANDLES_A_TURN = 300;

/** Brings the regimes of the symbols up to `now`, from history long enough to mean something. */
export async function feedCandles(
  engine: OptimizationEngine,
  data: MarketData,
  symbols: readonly string[],
  now: number,
): Promise<void> {
  const { timeframe } = engine.config;
  const interval = timeframeMs(timeframe);
  for (const symbol of symbols) {
    const last = engine.detector.lastTime(symbol);
    const since = last < 0 ? now - WARM_UP_CANDLES * interval : last + interval;
    const candles = await data.candles(symbol, timeframe, since, now);
    for (const [i, candle] of candles.entries()) {
      // A long history must not hold up what the bot does.
      if (i > 0 && i % CANDLES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      engine.recordCandle(symbol, timeframe, candle);
    }
  }
}
