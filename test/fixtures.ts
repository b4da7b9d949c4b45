import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import {
  type Candle,
  CELLS,
  OptimizationEngine,
  type Options,
  type Signal,
  type TradeInput,
} from '../src/index.ts';
import { seededRandom } from '../src/statistics/random.ts';

export const HOUR = 3_600_000;
export const START = Date.UTC(2024, 0, 1);
export const AUTHOR = { time: START, actor: 'tester', reason: 'a test' } as const;

/** Real market data beside the project, where it is there. */
export const DATA = fileURLToPath(new URL('../../shared/data/', import.meta.url));
export const hasData = existsSync(DATA);
export const WITHOUT_DATA = 'needs the real market data beside the project; skipped';

/** A walk of hourly candles, seeded. */
export function walk(
  count: number,
  seed = 1,
  { volatility = 0.005, drift = 0, start = START, price = 100 } = {},
): Candle[] {
  const random = seededRandom(seed);
  let close = price;
  return Array.from({ length: count }, (_, i) => {
    const open = close;
    close = open * Math.exp(drift + volatility * random.normal());
    const high = Math.max(open, close) * (1 + 0.3 * volatility * random.uniform());
    const low = Math.min(open, close) * (1 - 0.3 * volatility * random.uniform());
    return { time: start + i * HOUR, open, high, low, close, volume: 10 };
  });
}

let ids = 0;

/** A valid trade; its pnl is `r` times a risk of 10. */
export function trade(r: number, changes: Partial<TradeInput> = {}): TradeInput {
  ids += 1;
  return {
    id: `t${ids}`,
    strategy: 'EMA_Trend',
    symbol: 'BTC/USDT',
    side: 'long',
    entryTime: START,
    exitTime: START + HOUR,
    entryPrice: 100,
    stop: 90,
    size: 1,
    pnl: 10 * r,
    ...changes,
  };
}

export function signal(changes: Partial<Signal> = {}): Signal {
  return {
    strategy: 'EMA_Trend',
    symbol: 'BTC/USDT',
    side: 'long',
    time: START,
    confidence: 0.9,
    confluence: 3,
    alignment: 0.9,
    ...changes,
  };
}

/** Feeds outcomes in R to an engine, one an hour. */
export function feed(
  engine: OptimizationEngine,
  outcomes: readonly number[],
  changes: Partial<TradeInput> = {},
  from = START,
): number {
  let time = from;
  for (const r of outcomes) {
    time += HOUR;
    engine.recordTrade(trade(r, { entryTime: time - HOUR / 2, exitTime: time, ...changes }));
  }
  return time;
}

export const engineWith = (options: Options = {}) => new OptimizationEngine(options);

/** An engine that decides by the founding rules, on evidence. */
export const rulesWith = (options: Options = {}): OptimizationEngine =>
  engineWith({ evidence: 'guarded', ...options });

export const names = fc.constantFrom('EMA_Trend', 'FVG_Pattern', 'RSI_Reversal');
export const symbols = fc.constantFrom('BTC/USDT', 'ETH/USDT');
export const cells = fc.constantFrom(...CELLS);
export const rMultiples = fc.double({ min: -15, max: 15, noNaN: true });

/** Random histories: trades of a few strategies, in order of time. */
export const histories = fc
  .array(
    fc.record({
      strategy: names,
      symbol: symbols,
      regime: cells,
      r: rMultiples,
      side: fc.constantFrom('long' as const, 'short' as const),
    }),
    { maxLength: 80 },
  )
  .map((rows) =>
    rows.map(({ r, ...row }, i) =>
      trade(r, { ...row, id: `h${i}`, entryTime: START + i * HOUR, exitTime: START + (i + 1) * HOUR }),
    ),
  );

/** What an engine shows of its components. */
export const VIEWS = [
  'decomposer',
  'optimizer',
  'scorer',
  'manager',
  'detector',
  'edge',
  'portfolio',
  'tracks',
] as const;
