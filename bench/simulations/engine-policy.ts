import { type Decision, OptimizationEngine, type Options } from '../../src/index.ts';
import type { Cap, Policy } from './policy.ts';
import { DAY, type SimulatedSignal, START } from './signals.ts';

const UPDATE_HOURS = 6;
const UPDATE = UPDATE_HOURS * 3_600_000;
/** Price of everything at entry, and how far off the stop is: the distance of 1 R. */
const PRICE = 100;
const RISK = 10;

const CAP_OPTIONS: Readonly<Record<Cap, Options>> = {
  'cap 1': { reduceOnly: true },
  'cap 2': { reduceOnly: false, maxMultiplier: 2 },
  '0/1': { reduceOnly: true },
};

export const strategyName = (strategy: number): string => `S${strategy}`;
const symbolName = (symbol: number): string => `C${symbol}/USDT`;

export interface EnginePolicy extends Policy {
  readonly engine: OptimizationEngine;
  readonly decisions: ReadonlyMap<string, Decision>;
}

/** The overlay as a host uses it: it is asked before each order and told of each close. */
export function overlay(options: Options, cap: Cap, feed: boolean): EnginePolicy {
  const engine = new OptimizationEngine(
    { ...CAP_OPTIONS[cap], timeframe: '1d', updateIntervalHours: UPDATE_HOURS, ...options },
    { shadows: 'given' },
  );
  const decisions = new Map<string, Decision>();
  const candles = feed ? candlesOf(engine) : () => undefined;
  let updatedAt = START;
  return {
    engine,
    decisions,
    size: (signal) => {
      if (signal.time - updatedAt >= UPDATE) {
        updatedAt = signal.time;
        engine.updateOptimization(updatedAt);
      }
      candles(signal);
      const decision = engine.decide({
        strategy: strategyName(signal.strategy),
        symbol: symbolName(signal.symbol),
        side: 'long',
        time: signal.time,
        regime: signal.regime,
        confidence: signal.confidence,
        confluence: 3,
        stop: PRICE - RISK,
        exitRule: 'host',
        size: 1,
        ...(cap === '0/1' ? { scalable: false } : {}),
      });
      decisions.set(signal.id, decision);
      return decision.multiplier;
    },
    learn: (signal, size) => tell(engine, decisions.get(signal.id)!, signal, size),
  };
}

/** A flat candle a day of a symbol, so that signals that are not sent can be followed. */
function candlesOf(engine: OptimizationEngine): (signal: SimulatedSignal) => void {
  const seen = new Map<number, number>();
  return ({ symbol, time }) => {
    const day = Math.floor(time / DAY) * DAY - DAY;
    if (seen.get(symbol) === day) return;
    seen.set(symbol, day);
    const [open, high, low, close] = [PRICE, PRICE + 1, PRICE - 1, PRICE];
    engine.recordCandle(symbolName(symbol), '1d', { time: day, open, high, low, close, volume: 1 });
  };
}

/** Tells of a close: as a trade where the signal was sent, else as the host's own exit rule would have left it. */
function tell(
  engine: OptimizationEngine,
  decision: Decision,
  { id, strategy, symbol, time, closesAt, r }: SimulatedSignal,
  size: number,
): void {
  if (size > 0) {
    engine.recordTrade({
      id,
      strategy: strategyName(strategy),
      symbol: symbolName(symbol),
      entryTime: time,
      exitTime: closesAt,
      entryPrice: PRICE,
      stop: PRICE - RISK,
      size,
      pnl: RISK * r * size,
      decision,
    });
    return;
  }
  engine.recordShadow({
    decision,
    entryTime: time,
    exitTime: closesAt,
    entryPrice: PRICE,
    exitPrice: PRICE + RISK * r,
    risk: RISK,
    rSource: 'stop',
    r,
    rule: 'host',
    weight: 1,
    exit: 'signal',
    pnl: RISK * r,
  });
}
