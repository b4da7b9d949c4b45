import type { Options } from '../config/schema.ts';
import { EffectLedger } from '../effect/ledger.ts';
import { type EffectStatement, effectStatement } from '../effect/statement.ts';
import { OptimizationEngine } from '../engine/engine.ts';
import type { Candle } from '../model/candle.ts';
import type { Decision } from '../model/decision.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { TradeInput } from '../model/trade.ts';
import { type OverlayReport, overlayReport, statementOptions } from '../monitor/report.ts';
import { type Noticed, noticing } from '../paper/noticed.ts';
import type { Performance } from '../performance/metrics.ts';
import { isCoarse, keyOf, suspicious } from './suspicious.ts';
import type { PastTrade, TradeHistory } from './trade-history.ts';

export interface CheckOptions {
  readonly config: Options;
  /** Closed candles by symbol, for regimes; none where empty. */
  readonly candles: ReadonlyMap<string, readonly Candle[]>;
  /** Wall clock in ms. */
  readonly now: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A strategy on a symbol. */
export interface SymbolRow {
  readonly strategy: string;
  readonly symbol: string;
  readonly performance: Performance;
}

/** What a trade history says. */
export interface HistoryCheck {
  readonly history: Pick<TradeHistory, 'format' | 'notices' | 'columns'>;
  readonly trades: number;
  readonly from: number;
  readonly to: number;
  readonly suspicious: readonly string[];
  readonly strategies: OverlayReport['strategies'];
  readonly symbols: readonly SymbolRow[];
  /** Empty where no candles are known. */
  readonly regimes: OverlayReport['regimes'];
  /** When the overlay would have changed its mind about each strategy, oldest first. */
  readonly noticed: readonly Noticed[];
  /** What was made, and what would have been with the sizes that the overlay would have sent. */
  readonly money: { readonly made: number; readonly sized: number };
  readonly effect: EffectStatement;
}

type Step = { readonly time: number; readonly trade: PastTrade; readonly isEntry: boolean };

/** Trades that can be: each once, and none that ends before it begins or in the future. */
export function possibleTrades(
  { trades, isPaired = false }: Pick<TradeHistory, 'trades' | 'isPaired'>,
  now: number,
): PastTrade[] {
  const seen = new Set<string>();
  const areAll = isPaired || isCoarse(trades);
  return trades.filter((trade) => {
    const key = keyOf(trade);
    const isNew = !seen.has(key);
    seen.add(key);
    return (isNew || areAll) && trade.exitTime >= trade.entryTime && trade.exitTime <= now;
  });
}

/** A past trade as an engine takes it. */
export const tradeInput = (trade: PastTrade): TradeInput => {
  const { stop, side, entryPrice, exitReason: _reason, ...rest } = trade;
  const isStop =
    stop !== undefined &&
    entryPrice !== undefined &&
    (side === 'long' ? stop < entryPrice : stop > entryPrice);
  return { ...rest, side, ...(entryPrice === undefined ? {} : { entryPrice }), ...(isStop ? { stop } : {}) };
};

/** Shows an engine the steps of a history in order of time, with what would have been decided at each entry. */
export function checkHistory(history: TradeHistory, options: CheckOptions): HistoryCheck {
  const { config, candles, now, onProgress } = options;
  const trades = possibleTrades(history, now);
  if (trades.length === 0)
    throw new EdgekeeperError('HISTORY_INVALID', {
      found: `${history.trades.length} trades of which none can be`,
      expected: 'trades that end after they begin, and not in the future',
      hint: suspicious(history, now).join('; '),
    });
  // What was traded was whole, whatever would have been decided.
  const engine = new OptimizationEngine({ ...config, mode: 'observe' });
  const ledger = new EffectLedger();
  engine.subscribe((event) => ledger.observe(event));
  const noticed = noticing(engine);
  const market = new CandleSteps(engine, candles);
  // As adapters send signals, unless the configuration says otherwise.
  const onlyShrinks = engine.config.reduceOnly !== false;
  const every = engine.config.updateIntervalHours * 3_600_000;
  const decisions = new Map<PastTrade, Decision>();
  let [updated, done, made, sized] = [-1, 0, 0, 0];

  for (const { time, trade, isEntry } of stepsOf(trades)) {
    market.goTo(time);
    const due = Math.floor(time / every);
    if (due > updated) engine.updateOptimization(time);
    updated = due;
    if (isEntry) {
      const { stop, size } = tradeInput(trade);
      const { strategy, symbol, side } = trade;
      const asked = { strategy, symbol, side, time, ...(size && { size }), ...(stop && { stop }) };
      const decision = engine.decide(onlyShrinks ? { ...asked, reduceOnly: true } : asked);
      decisions.set(trade, decision);
      continue;
    }
    const decision = decisions.get(trade)!;
    engine.recordTrade({ ...tradeInput(trade), decision });
    made += trade.pnl;
    sized += trade.pnl * decision.intended;
    done += 1;
    onProgress?.(done, trades.length);
  }
  const report = overlayReport(engine);
  return {
    history: { format: history.format, notices: history.notices, columns: history.columns },
    trades: trades.length,
    from: trades.reduce((first, { entryTime }) => Math.min(first, entryTime), Number.POSITIVE_INFINITY),
    to: trades.at(-1)!.exitTime,
    suspicious: suspicious(history, now),
    strategies: report.strategies,
    symbols: report.strategies.flatMap(({ strategy }) =>
      Object.entries(engine.decomposer.getSymbolBreakdown(strategy)).map(([symbol, performance]) => ({
        strategy,
        symbol,
        performance,
      })),
    ),
    regimes: candles.size === 0 ? [] : report.regimes,
    noticed: noticed(),
    money: { made, sized },
    effect: effectStatement(ledger, statementOptions(engine)),
  };
}

/** Entries and exits in order of time; what ends at a time ends before what begins at it, but for its own entry. */
function stepsOf(trades: readonly PastTrade[]): Step[] {
  const steps = trades.flatMap((trade): Step[] => [
    { time: trade.entryTime, trade, isEntry: true },
    { time: trade.exitTime, trade, isEntry: false },
  ]);
  const rank = ({ isEntry, trade }: Step): number =>
    isEntry ? (trade.entryTime === trade.exitTime ? 0 : 2) : 1;
  return steps.sort((a, b) => a.time - b.time || rank(a) - rank(b));
}

/** Feeds candles as they close. */
class CandleSteps {
  readonly #engine: OptimizationEngine;
  readonly #left: { readonly symbol: string; readonly candles: readonly Candle[]; at: number }[];

  constructor(engine: OptimizationEngine, candles: ReadonlyMap<string, readonly Candle[]>) {
    this.#engine = engine;
    this.#left = [...candles].map(([symbol, own]) => ({ symbol, candles: own, at: 0 }));
  }

  goTo(time: number): void {
    const { timeframe } = this.#engine.config;
    for (const left of this.#left) {
      const length = (left.candles[1]?.time ?? 0) - (left.candles[0]?.time ?? 0);
      for (; left.at < left.candles.length && left.candles[left.at]!.time + length <= time; left.at += 1)
        this.#engine.recordCandle(left.symbol, timeframe, left.candles[left.at]!);
    }
  }
}
