import {
  type Candle,
  type Decision,
  OptimizationEngine,
  type Options,
  type TradeInput,
} from '../../src/index.ts';
import { generateMarket } from '../../src/paper/generated-market.ts';
import { type Random, seededRandom } from '../../src/statistics/random.ts';
import { demand } from './row.ts';

export const SECOND = 1000;
export const HOUR = 3600 * SECOND;
export const START = Date.UTC(2024, 0, 1);

/** What lies between two calls. */
const TICK = 100;

/** One in so many strategies loses: there is something to bench. */
const LOSER = 5;
const REGIMES = ['TRENDING', 'RANGING', 'VOLATILE'] as const;

const names = (prefix: string, n: number, suffix = '') =>
  Array.from({ length: n }, (_, i) => `${prefix}${i}${suffix}`);
export const strategyNames = (n: number): string[] => names('strategy', n);
export const symbolNames = (n: number): string[] => names('C', n, '/USDT');

/** Mean R of a strategy by its number. */
export const edgeOf = (strategy: number): number => (strategy % LOSER === LOSER - 1 ? -0.3 : 0.15);

/** Markets that are made at most; more symbols than that share them. */
const MARKETS = 60;

/** Candles that go through trends, ranges and storms, for any number of symbols; outages are closed up. */
export function candlesOf(symbols: readonly string[], count: number, start = START): Map<string, Candle[]> {
  const markets: Candle[][] = [];
  const more = Math.ceil(1.2 * count) + 100;
  for (let seed = 1; markets.length < Math.min(MARKETS, symbols.length); seed += 1)
    for (const candles of generateMarket({ seed, start, count: more, interval: HOUR }).values()) {
      const whole = candles.slice(0, count).map((candle, i) => ({ ...candle, time: start + i * HOUR }));
      demand(whole.length === count, `only ${whole.length} of ${count} candles were made`);
      markets.push(whole);
    }
  return new Map(symbols.map((symbol, i) => [symbol, markets[i % markets.length]!]));
}

/** Feeds candles bar by bar, as a market brings them. */
export function feed(engine: OptimizationEngine, candles: ReadonlyMap<string, readonly Candle[]>): void {
  const [first = []] = candles.values();
  for (let i = 0; i < first.length; i += 1)
    for (const [symbol, list] of candles) engine.recordCandle(symbol, '1h', list[i]!);
}

export interface World {
  readonly engine: OptimizationEngine;
  readonly strategies: readonly string[];
  readonly symbols: readonly string[];
  readonly random: Random;
  /** A price below each symbol's latest close, at which a position would be left. */
  readonly stops: readonly number[];
  /** Host time of what happens next: a little later at every call, for regimes grow stale after two hours. */
  next(): number;
}

export interface WorldOptions {
  readonly strategies: number;
  readonly symbols: number;
  /** Positions closed of each strategy on each symbol. */
  readonly outcomes: number;
  readonly options?: Options;
  /** An engine that is there already. */
  readonly engine?: OptimizationEngine;
  readonly candles?: number;
}

/** Candles after which every symbol has a regime. */
const WARM = 600;

/**
 * An engine that has seen a market and learned of every strategy on every symbol what it is worth there. The regimes are
 * fresh for the two hours after.
 */
export function worldOf({
  strategies: n,
  symbols: m,
  outcomes,
  options,
  engine,
  candles = WARM,
}: WorldOptions): World {
  const known = engine ?? new OptimizationEngine(options);
  const [strategies, symbols] = [strategyNames(n), symbolNames(m)];
  const random = seededRandom(7);
  const end = START + candles * HOUR;
  const total = outcomes * n * m;
  // Without candles, too, no two positions close at one time.
  const step = Math.max(1, (candles * HOUR) / Math.max(1, total));
  for (let i = 0; i < total; i += 1) {
    const strategy = i % n;
    const exitTime = START + Math.floor((i + 1) * step);
    known.recordTrade({
      strategy: strategies[strategy]!,
      symbol: symbols[Math.floor(i / n) % m]!,
      regime: REGIMES[Math.floor(random.uniform() * REGIMES.length)]!,
      ...position(edgeOf(strategy) + random.normal(), exitTime - HOUR / 2, exitTime),
    });
  }
  if (candles > 0) feed(known, candlesOf(symbols, candles));
  let time = end;
  return {
    engine: known,
    strategies,
    symbols,
    random,
    stops: symbols.map((symbol) => 0.97 * (known.detector.lastClose(symbol) ?? 100)),
    next: () => {
      time += TICK;
      return time;
    },
  };
}

/** Prices and money of a position of which this is the R. */
export const position = (r: number, entryTime: number, exitTime: number) => ({
  side: 'long' as const,
  entryTime,
  exitTime,
  entryPrice: 100,
  exitPrice: 100 + 10 * r,
  stop: 90,
  size: 1,
  pnl: 10 * r,
});

/** A signal as a host makes it: with its own opinion, and a stop. */
export const signalOf = (strategy: string, symbol: string, time: number, stop = 90) => ({
  strategy,
  symbol,
  side: 'long' as const,
  time,
  confidence: 0.8,
  confluence: 3,
  size: 1,
  stop,
});

/** The trade that closes the position of a decision. */
export function tradeOf(decision: Decision, r: number, held = TICK / 2): TradeInput {
  const { strategy, symbol, time } = decision;
  return { strategy, symbol, decision, ...position(r, time, time + held) };
}
