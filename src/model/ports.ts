import type { Candle } from './candle.ts';

/** The host's time. Candle time in a replay, wall time live: the core never asks the machine. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
  /** Resolves after `ms` of this clock's time, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A source of closed candles, oldest first. */
export interface MarketData {
  /** Closed candles whose open time is in [since, until), ascending, without duplicates. */
  candles(symbol: string, timeframe: string, since: number, until: number): Promise<Candle[]>;
}

export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
