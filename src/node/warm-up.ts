import { performance } from 'node:perf_hooks';
import type { OptimizationEngine } from '../engine/engine.ts';
import { timeframeMs } from '../model/candle.ts';
import type { MarketData } from '../model/ports.ts';
import { WARM_UP_CANDLES } from '../regime/detector.ts';

/** How long candles are taken between two turns of the event loop, in ms: each may have to wait for the disk. */
const TURN = 10;

/** Brings the regimes of the symbols up to `now`, from history long enough to mean something. */
export async function feedCandles(
  engine: OptimizationEngine,
  data: MarketData,
  symbols: readonly string[],
  now: number,
): Promise<void> {
  const { timeframe } = engine.config;
  const interval = timeframeMs(timeframe);
  let began = performance.now();
  for (const symbol of symbols) {
    const last = engine.detector.lastTime(symbol);
    const since = last < 0 ? now - WARM_UP_CANDLES * interval : last + interval;
    const candles = await data.candles(symbol, timeframe, since, now);
    for (const candle of candles) {
      // A long history must not hold up what the bot does.
      if (performance.now() - began >= TURN) {
        await new Promise((resolve) => setImmediate(resolve));
        began = performance.now();
      }
      engine.recordCandle(symbol, timeframe, candle);
    }
  }
}
