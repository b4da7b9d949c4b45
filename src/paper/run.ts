import { attach } from '../../adapters/ccxt/index.ts';
import { calibrationReport } from '../effect/calibration.ts';
import { EffectLedger } from '../effect/ledger.ts';
import { effectStatement } from '../effect/statement.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { Candle } from '../model/candle.ts';
import { overlayReport, statementOptions } from '../monitor/report.ts';
import { PaperAccount } from './account.ts';
import { AccountRecord } from './account-record.ts';
import { DemoBot } from './bot.ts';
import { type CcxtErrors, type CcxtInstance, simulateOrders } from './exchange.ts';
import type { Batch, Feed } from './feed.ts';
import type { Planted } from './generated-market.ts';
import { noticing } from './noticed.ts';
import type { PaperReport } from './report.ts';
import { emaTrend } from './strategies/ema-trend.ts';
import { fvgPattern } from './strategies/fvg-pattern.ts';
import { rsiReversal } from './strategies/rsi-reversal.ts';

export const DEMO_STRATEGIES = [emaTrend, fvgPattern, rsiReversal] as const;

export interface PaperRunOptions {
  /** Says where the candles come from, for the report. */
  readonly source: string;
  /** What the market was made to hold, where it was made. */
  readonly planted?: readonly Planted[] | null;
  readonly feed: Feed;
  readonly symbols: readonly string[];
  readonly timeframe: string;
  /** Makes one exchange with its markets loaded; called once for each account. */
  readonly openExchange: () => CcxtInstance;
  readonly errors: CcxtErrors;
  /** The overlay to attach; null for a run without. */
  readonly engine: OptimizationEngine | null;
  /** Closed candles before the run, by symbol: they warm up indicators and regimes, and are not traded on. */
  readonly history?: ReadonlyMap<string, readonly Candle[]>;
  /** Called after the overlay knows a batch and before the bot acts on it. */
  readonly beforeBot?: (batch: Batch) => void | Promise<void>;
  readonly onBatch?: (batch: Batch) => void;
  readonly balance: number;
  readonly slippageBps: number;
}

const RISK_PER_TRADE = 0.01;

/** A bot with an exchange and an account of its own. */
class Seat {
  readonly account: PaperAccount;
  readonly record: AccountRecord;
  readonly bot: DemoBot;
  readonly engine: OptimizationEngine | null;
  #now = 0;

  constructor(options: PaperRunOptions, engine: OptimizationEngine | null) {
    const { symbols, balance, slippageBps, errors } = options;
    const exchange = options.openExchange();
    const { quote } = exchange.market(symbols[0]!);
    this.engine = engine;
    this.account = new PaperAccount({ quote, balance, slippageBps });
    this.record = new AccountRecord({
      account: this.account,
      ownerOf: ({ clientOrderId }) => this.bot.intentOf(clientOrderId) ?? { strategy: 'unknown' },
    });
    // The exchange's time is the market's: a replay lives in the past.
    exchange.milliseconds = () => this.#now;
    simulateOrders(exchange, { account: this.account, symbols, errors });
    this.bot = new DemoBot(exchange, {
      quote,
      strategies: DEMO_STRATEGIES,
      riskPerTrade: RISK_PER_TRADE,
      maxShare: 0.9 / symbols.length,
      onRefused: () => this.record.refused(),
      onExitSignal: (strategy, symbol) => engine?.recordExitSignal({ strategy, symbol, time: this.#now }),
    });
    if (engine) {
      attach(exchange, {
        engine,
        identify: ({ params }) => {
          const intent = this.bot.intentOf(params.clientOrderId);
          // Stop, target and exit signals are all the ways in which this bot leaves a position.
          return intent && { ...intent, exitRule: 'host', slippageRate: slippageBps / 10_000 };
        },
        sizing: 'host-reads-position',
        // Nobody else trades on a simulated account, and every fill of it is read.
        reconcile: false,
      });
    }
  }

  warmUp(symbol: string, candle: Candle): void {
    this.bot.warmUp(symbol, candle);
    this.account.mark(symbol, candle.close);
  }

  fill({ closedAt, candles }: Batch): void {
    this.#now = Math.max(this.#now, closedAt);
    for (const [symbol, candle] of candles) this.account.onCandle(symbol, candle);
    this.record.look();
  }
}

/**
 * Runs the demo bot over a feed, once with the overlay attached and, beside it on the same candles, once
 * without. Within a batch orders meet the new candle first, then the overlay learns of it, then the bot acts:
 * nobody sees a price before the market made it.
 */
export async function runPaper(options: PaperRunOptions): Promise<PaperReport> {
  const { engine, feed, timeframe } = options;
  const baseline = new Seat(options, null);
  const overlaid = engine ? new Seat(options, engine) : null;
  const seats = overlaid ? [overlaid, baseline] : [baseline];
  for (const [symbol, candles] of options.history ?? []) {
    for (const candle of candles) {
      engine?.recordCandle(symbol, timeframe, candle);
      for (const seat of seats) seat.warmUp(symbol, candle);
    }
  }
  const ledger = new EffectLedger();
  const noticed = engine ? noticing(engine, options.planted ?? []) : () => [];
  const unwatch = engine?.subscribe((event) => ledger.observe(event));
  let [from, to, count] = [0, 0, 0];
  for await (const batch of feed.batches()) {
    if (count === 0) from = batch.closedAt;
    to = batch.closedAt;
    count += batch.candles.length;
    for (const seat of seats) seat.fill(batch);
    if (engine && overlaid) {
      for (const [symbol, candle] of batch.candles) engine.recordCandle(symbol, timeframe, candle);
      engine.recordEquity({ time: batch.closedAt, equity: overlaid.account.equity() });
    }
    await options.beforeBot?.(batch);
    for (const { bot } of seats) {
      for (const [symbol, candle] of batch.candles) {
        if (batch.late) bot.warmUp(symbol, candle);
        else await bot.onCandle(symbol, candle);
      }
    }
    options.onBatch?.(batch);
  }
  unwatch?.();
  return {
    run: {
      source: options.source,
      symbols: options.symbols,
      timeframe,
      from,
      to,
      candles: count,
      strategies: DEMO_STRATEGIES.map(({ name }) => name),
      planted: options.planted ?? null,
    },
    overlay:
      engine && overlaid
        ? {
            ...overlayReport(engine),
            account: overlaid.record.summary(),
            noticed: noticed(),
            effect: effectStatement(ledger, statementOptions(engine)),
            calibration: calibrationReport(ledger.outcomes),
          }
        : null,
    baseline: baseline.record.summary(),
  };
}
