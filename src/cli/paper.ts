import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MultiBar, type SingleBar } from 'cli-progress';
import { type Options, parseConfig } from '../config/schema.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { Durability } from '../journal/writer.ts';
import { type Candle, timeframeMs } from '../model/candle.ts';
import type { Clock } from '../model/ports.ts';
import { jsonReady } from '../monitor/json.ts';
import { type CcxtModule, loadCcxt, openMarkets } from '../node/ccxt.ts';
import type { ClosableLog } from '../node/log.ts';
import { ccxtMarketData } from '../node/market-data.ts';
import { killedByEnvironment, openOverlay } from '../node/overlay.ts';
import { openReplayState } from '../node/replay-state.ts';
import { candleSource } from '../paper/candle-source.ts';
import type { CcxtInstance } from '../paper/exchange.ts';
import { type Feed, replayFeed } from '../paper/feed.ts';
import { GENERATED_SYMBOLS } from '../paper/generated-market.ts';
import { liveFeed } from '../paper/live.ts';
import { replayMarket } from '../paper/market-rules.ts';
import type { PaperReport } from '../paper/report.ts';
import { type PaperRunOptions, runPaper } from '../paper/run.ts';
import { WARM_UP_CANDLES } from '../regime/detector.ts';
import { Interrupted } from './interrupted.ts';

export interface PaperCommandOptions {
  /** ccxt id of a live exchange; without it and without `candles` the generated market is used. */
  readonly exchange?: string;
  readonly symbols?: readonly string[];
  readonly timeframe: string;
  /** Directory of candle files to replay. */
  readonly candles?: string;
  /** Open times in [from, to), ms UTC. */
  readonly from?: number;
  readonly to?: number;
  readonly seed: number;
  readonly config: Options;
  /** The file that the configuration was read from; a live run follows it. */
  readonly configFile?: string;
  readonly stateDir: string;
  readonly overlay: boolean;
  readonly balance: number;
  readonly slippageBps: number;
  readonly durability: Durability;
  /** See `OverlayOptions`; of a live run. */
  readonly recoverFromSnapshot: boolean;
}

/** What the command needs from the world. */
export interface PaperWorld {
  readonly clock: Clock;
  readonly log: ClosableLog;
  /** Ends a live run. */
  readonly signal: AbortSignal;
  /** Where a progress bar is drawn; none when it is not a terminal. */
  readonly terminal: NodeJS.WriteStream;
  /** Options for the live exchange, such as the address of a test server. */
  readonly exchangeOptions?: Record<string, unknown>;
}

/** File in the state directory that holds the latest paper report. */
export const REPORT_FILE = 'paper-report.json';

/** A replay leaves the machine no idle moment in which the journal could write by itself. */
const FLUSH_BATCHES = 1000;
/** Batches after which a replay looks whether it is to end. */
const LOOK_BATCHES = 50;

/** Runs the paper bot as the options say, leaves its state and report in the state directory, and returns the report. */
export async function paperCommand(options: PaperCommandOptions, world: PaperWorld): Promise<PaperReport> {
  // The regimes of a paper run are detected on the candles that it trades on.
  const config: Options = { ...options.config, timeframe: options.timeframe };
  const ccxt = await loadCcxt();
  return options.exchange === undefined
    ? replay(options, config, ccxt, world)
    : live(options, config, ccxt, world);
}

async function replay(
  options: PaperCommandOptions,
  config: Options,
  ccxt: CcxtModule,
  { log, terminal, signal }: PaperWorld,
): Promise<PaperReport> {
  const interval = timeframeMs(options.timeframe);
  const { source, bySymbol, planted } = await candleSource(options);
  const markets = [...bySymbol].map(([symbol, candles]) => replayMarket(symbol, candles[0]!.open));
  const feed = replayFeed(bySymbol, interval);
  const { stateDir, overlay } = options;
  const state = await openReplayState({ stateDir, config, overlay, isKilled: killedByEnvironment(), log });
  const { engine } = state;
  try {
    const updateInterval = (engine?.config.updateIntervalHours ?? 1) * 3_600_000;
    let updated = -1;
    let batches = 0;
    const report = await withProgress(feed, terminal, (onBatch) =>
      runPaper({
        source,
        planted,
        feed,
        symbols: [...bySymbol.keys()].sort(),
        timeframe: options.timeframe,
        openExchange: () => ccxt.offline('replay', markets),
        errors: ccxt.errors,
        engine,
        async beforeBot({ closedAt }) {
          const due = Math.floor(closedAt / updateInterval);
          if (due > updated) engine?.updateOptimization(closedAt);
          updated = due;
          batches += 1;
          if (batches % FLUSH_BATCHES === 0) await state.flush();
          if (batches % LOOK_BATCHES !== 0) return;
          // A signal is heard between two turns of the machine.
          await new Promise((resolve) => setImmediate(resolve));
          if (signal.aborted) throw new Interrupted(closedAt);
        },
        onBatch,
        balance: options.balance,
        slippageBps: options.slippageBps,
      }),
    );
    await state.save();
    await keepReport(options.stateDir, report);
    return report;
  } finally {
    await state.release();
  }
}

async function live(
  options: PaperCommandOptions,
  config: Options,
  ccxt: CcxtModule,
  world: PaperWorld,
): Promise<PaperReport> {
  const { clock, log, signal } = world;
  const symbols = options.symbols ?? Object.keys(GENERATED_SYMBOLS);
  const interval = timeframeMs(options.timeframe);
  const create = () => ccxt.create(options.exchange!, { enableRateLimit: true, ...world.exchangeOptions });
  const source = create();
  await openMarkets(source, symbols, options.timeframe);
  const openExchange = (): CcxtInstance => {
    const exchange = create();
    exchange.setMarkets(Object.values(source.markets ?? {}));
    return exchange;
  };
  const data = ccxtMarketData(source, { clock, log, networkError: ccxt.errors.NetworkError, signal });
  // A file can only be followed where no flag overrules it.
  const followed =
    parseConfig(options.config).timeframe === options.timeframe ? options.configFile : undefined;
  const overlay = options.overlay
    ? await openOverlay({
        config: followed ?? config,
        stateDir: options.stateDir,
        log,
        clock,
        durability: options.durability,
        recoverFromSnapshot: options.recoverFromSnapshot,
      })
    : null;
  const start = clock.now();
  const history = new Map<string, Candle[]>();
  for (const symbol of symbols)
    history.set(
      symbol,
      await data.candles(symbol, options.timeframe, start - WARM_UP_CANDLES * interval, start),
    );
  log.info('live paper run', {
    exchange: options.exchange,
    symbols: symbols.join(','),
    timeframe: options.timeframe,
    stop: 'Ctrl-C',
  });

  const runOptions: PaperRunOptions = {
    source: `${source.name ?? source.id}, live`,
    feed: liveFeed({ data, symbols, timeframe: options.timeframe, interval, clock, log, signal, start }),
    symbols,
    timeframe: options.timeframe,
    openExchange,
    errors: ccxt.errors,
    engine: overlay?.engine ?? null,
    history,
    beforeBot: () => overlay?.updates.runIfDue(),
    balance: options.balance,
    slippageBps: options.slippageBps,
  };
  try {
    if (overlay) openPaperAccount(overlay.engine, start, options.balance);
    await overlay?.updates.start();
    const report = await runPaper(runOptions);
    await keepReport(options.stateDir, report);
    return report;
  } finally {
    await overlay?.close();
    await source.close?.();
  }
}

/** A new paper account is no loss of the old one's money: the peak starts at its balance. */
function openPaperAccount(engine: OptimizationEngine, time: number, balance: number): void {
  const before = engine.portfolio.equity;
  if (before === null) return;
  engine.recordEquity({ time, equity: balance, deposit: balance - before });
  engine.rebasePeak({ time, actor: 'edgekeeper paper', reason: 'a new paper account' });
}

/** Leaves a report beside the state, for `edgekeeper report`. */
export async function keepReport(stateDir: string, report: PaperReport): Promise<void> {
  await writeFile(join(stateDir, REPORT_FILE), `${JSON.stringify(jsonReady(report))}\n`);
}

/** Runs with a progress bar where a person is watching. */
async function withProgress<T>(
  { total }: Feed,
  terminal: NodeJS.WriteStream,
  run: (onBatch: NonNullable<PaperRunOptions['onBatch']>) => Promise<T>,
): Promise<T> {
  if (!terminal.isTTY || total === null) return run(() => undefined);
  const bars = new MultiBar({
    stream: terminal,
    format: '{bar} {percentage}% | {value}/{total} candles | {eta} s left | {day}',
    hideCursor: true,
  });
  const bar: SingleBar = bars.create(total, 0, { day: '' });
  try {
    return await run(({ candles, closedAt }) =>
      bar.increment(candles.length, { day: new Date(closedAt).toISOString().slice(0, 10) }),
    );
  } finally {
    bars.stop();
  }
}
