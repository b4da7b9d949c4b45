import type { Options } from '../config.ts';
import { OptimizationEngine } from '../engine.ts';
import { timeframeMs } from '../model/candle.ts';
import type { Clock, Log, MarketData } from '../ports.ts';
import { WARM_UP_CANDLES } from '../regime/detector.ts';
import { wallClock } from './clock.ts';
import { logEngine } from './log.ts';
import { LowdbStateStore, type Origin } from './state-store.ts';
import { Updates } from './updates.ts';

export interface OverlayOptions {
  readonly config?: Options;
  /** Where the state lives; default `.edgekeeper`. */
  readonly stateDir?: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Candles for the regimes of these symbols, where the host feeds none. */
  readonly market?: { readonly data: MarketData; readonly symbols: readonly string[] };
}

/** An engine with everything around it: its state on disk, its log, its hourly update. */
export interface Overlay {
  readonly engine: OptimizationEngine;
  readonly updates: Updates;
  /** Resolves when the present state is on disk. */
  save(): Promise<void>;
  /** Stops the updates and saves. */
  close(): Promise<void>;
}

/** Opens the overlay of a live bot: continues from the saved state, and saves after every update. */
export async function openOverlay(options: OverlayOptions): Promise<Overlay> {
  const { config = {}, stateDir = '.edgekeeper', log, clock = wallClock, market } = options;
  const engine = new OptimizationEngine(config);
  const store = new LowdbStateStore(stateDir);
  await store.prepare();
  const saved = await store.read();
  if (saved?.origin === 'live') engine.restore(saved.snapshot);
  if (saved?.origin === 'replay')
    log.warn('the state of a replay is replaced by that of this live run', { file: store.file });
  logEngine(engine, log);
  const save = () => store.write('live' satisfies Origin, engine.snapshot());
  const updates = new Updates({
    engine,
    clock,
    log,
    saved: save,
    ...(market === undefined
      ? {}
      : { refresh: (now) => feedCandles(engine, market.data, market.symbols, now) }),
  });
  return {
    engine,
    updates,
    save,
    async close() {
      await updates.stop();
      await save();
    },
  };
}

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
    for (const candle of await data.candles(symbol, timeframe, since, now))
      engine.recordCandle(symbol, timeframe, candle);
  }
}
