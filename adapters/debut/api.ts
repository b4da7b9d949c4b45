import type { Decision } from '../../src/model/decision.ts';
import type { Signal } from '../../src/model/signal.ts';
import type { StrategyStatus } from '../../src/model/strategy.ts';
import type { Trade, TradeInput } from '../../src/model/trade.ts';
import type { DebutCandle, DebutContext, DebutOrder } from './types.ts';

/** What a strategy can say about the order that it makes next, with nothing awaited in between. */
export interface EdgekeeperSignal {
  side: 'BUY' | 'SELL';
  /** In [0,1]. */
  confidence?: number;
  /** How many conditions agree, at least 1. */
  confluence?: number;
  /** Prices at which the strategy would leave. */
  stop?: number;
  target?: number;
}

export interface EdgekeeperStatus {
  enabled: boolean;
  strategy: string;
  status: StrategyStatus;
  weight: number;
  decisions: number;
  trades: number;
  errors: Readonly<Record<string, number>>;
}

export interface EdgekeeperMethods {
  signal(signal: EdgekeeperSignal): void;
  /** The latest decision; null before the first. */
  decision(): Decision | null;
  status(): EdgekeeperStatus;
  /** The latest 1,000 trades that closed since the process started, oldest first; parts of a position one by one. */
  trades(): Trade[];
  enable(): void;
  disable(): void;
}

/** Mix it into the type of `this.plugins`. */
export interface EdgekeeperPluginAPI {
  edgekeeper: EdgekeeperMethods;
}

/** What Debut calls for every order and candle. Nothing is awaited, and none throws. */
export interface EdgekeeperHooks {
  onBeforeOpen(this: DebutContext, order: DebutOrder): boolean | undefined;
  onOpen(this: DebutContext, order: DebutOrder): Promise<void>;
  onClose(this: DebutContext, order: DebutOrder, closing: DebutOrder): Promise<void>;
  onCandle(this: DebutContext, candle: DebutCandle): Promise<void>;
}

export interface EdgekeeperPlugin extends Partial<EdgekeeperHooks> {
  name: 'edgekeeper';
  api: EdgekeeperMethods;
  onInit(this: DebutContext): void;
  onSnapshot(this: DebutContext): Record<string, unknown>;
  onHydrate(this: DebutContext, data: Record<string, unknown>): void;
}

/** The part of an engine that the plugin needs; an `OptimizationEngine` has it. */
export interface EdgekeeperEngine {
  decide(signal: Signal): Decision;
  recordTrade(trade: TradeInput): Trade | null;
  recordCandle(
    symbol: string,
    timeframe: string,
    candle: { time: number; open: number; high: number; low: number; close: number; volume: number },
  ): void;
  countError(code: string, error: unknown): void;
  updateOptimization(now: number): unknown;
  getStrategyWeight(strategy: string): number;
  subscribe(observer: (event: { readonly type: string; readonly time: number }) => void): () => void;
  snapshot(): unknown;
}

export interface EdgekeeperPluginExtras {
  /**
   * An engine of your own, shared by several bots or kept on disk; the options on learning are its own then. Candles
   * finer than its timeframe are put together; coarser ones are refused.
   */
  engine?: EdgekeeperEngine;
  /** Where lines go with `edgekeeperLog`; default the console. */
  log?: (line: string) => void;
}
