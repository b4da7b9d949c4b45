import { attach } from '../../adapters/ccxt/attach.ts';
import type { Identify } from '../../adapters/ccxt/intent.ts';
import type { Settings } from '../../adapters/ccxt/preload-settings.ts';
import type { Options } from '../config/schema.ts';
import type { Candle } from '../model/candle.ts';
import { timeframeMs } from '../model/candle.ts';
import type { Log } from '../model/ports.ts';
import { killedByEnvironment } from '../node/overlay.ts';
import { openReplayState } from '../node/replay-state.ts';
import { candleSource } from '../paper/candle-source.ts';
import type { CcxtErrors, CcxtInstance } from '../paper/exchange.ts';
import { type Closed, RecordedMarket } from '../paper/recorded-market.ts';
import { recordedAs, type Served, serveRecorded } from '../paper/served-market.ts';
import { requestsUnderWay } from './requests-under-way.ts';
import { Seat } from './seat.ts';
import type { Trial, TrialResult } from './trial.ts';
import { VirtualTime } from './virtual-time.ts';
import { watched } from './watched.ts';

export interface Replayed {
  /** Puts an exchange of the bot on paper. */
  take(exchange: CcxtInstance, errors: CcxtErrors): void;
  /** Whether anything of it has filled. */
  hasTraded(): boolean;
  /** Lets the bot live through the candles. Resolves when they, or the bot, have come to an end. */
  run(progress: (done: number, total: number) => void): Promise<TrialResult['ended']>;
  /** Saves the state, and says what the trial came to. */
  end(ended: TrialResult['ended']): Promise<TrialResult>;
}

export interface ReplayedOptions {
  readonly trial: Trial & { readonly recorded: NonNullable<Trial['recorded']> };
  readonly settings: Settings;
  readonly identify: Identify | undefined;
  readonly config: Options;
  readonly log: Log;
}

/** Candles that a bot can look back on when it starts; never more than a tenth of all. */
const HISTORY = 500;
/** Turns of the machine without a timer or an exchange after which a bot is taken to have ended. */
const IDLE_TURNS = 2000;
/** Closed candles after which the journal is written. */
const FLUSH_CANDLES = 1000;
/** What a process waits for that no time passes for: files, and answers of other services. */
const PENDING = /^(FS|GetAddrInfo|GetNameInfo|TCPConnect|Zlib|DNS|Random|PBKDF2|Scrypt|CheckPrime)/;
/** What may bring a bot something at any time: connections, and processes and threads of its own. */
const OPEN = /^(TCPSocketWrap|TLSWrap|TCPServerWrap|ProcessWrap|PipeWrap|MessagePort|Worker)/;
/** How long such a bot may do nothing before it is taken to have ended, in ms. */
const IDLE_MS = 20_000;
/** How long it is waited for these, in ms, and how many turns a bot may take in a row. */
const PATIENCE = 5000;
const MOST_TURNS = 100;

/**
 * A bot on recorded candles: its time is virtual and goes from timer to timer and from close to close, once everything
 * that the bot has begun is done. Its own processes and threads, and what it asks of other services, are in real time.
 */
export async function replayed(options: ReplayedOptions): Promise<Replayed> {
  const { trial, settings, log } = options;
  const { recorded } = trial;
  const interval = timeframeMs(recorded.timeframe);
  const { source, bySymbol } = await candleSource(recorded);
  const total = Math.max(...[...bySymbol.values()].map(({ length }) => length));
  const opens = [...bySymbol.values()].map(([first]) => first!.time);
  const start = Math.min(...opens) + Math.min(HISTORY, Math.floor(total / 10)) * interval;
  const config: Options = { ...options.config, timeframe: recorded.timeframe };
  const { stateDir, overlay } = trial;
  const state = await openReplayState({ stateDir, config, overlay, isKilled: killedByEnvironment(), log });
  const { engine } = state;
  const overlayOf = engine ? watched(engine) : null;
  for (const [symbol, candles] of bySymbol)
    for (const candle of candles)
      if (candle.time + interval <= start) engine?.recordCandle(symbol, recorded.timeframe, candle);

  const market = new RecordedMarket(bySymbol, interval, start);
  const time = new VirtualTime(start);
  const served: Served[] = [];
  const { strategies, strategy, sizing, tagOrders, veto, ignore } = settings;
  const held = typeof trial.balance === 'number' ? [] : Object.keys(trial.balance);
  /** Symbols that the account has to do with. */
  const traded = new Set(market.symbols.filter((symbol) => held.includes(symbol.split('/')[0]!)));
  const seat = new Seat({
    trial,
    prices: new Map([...traded].map((symbol) => [symbol, market.price(symbol)!])),
    strategyOf: (symbol) => strategies[symbol] ?? strategy,
    async priceNow(_exchange, symbol) {
      traded.add(symbol);
      const price = market.price(recordedAs(symbol));
      if (price !== undefined) seat.account.mark(symbol, price);
    },
    attach: engine
      ? (exchange) =>
          attach(exchange, {
            ...{ engine, strategy, sizing, tagOrders, veto, ignore },
            ...(options.identify && { identify: options.identify }),
          })
      : null,
  });
  let [candles, last, updated] = [0, start, -1];
  const { setImmediate: turn, setTimeout: later } = globalThis;
  const underWay = requestsUnderWay();
  const atStart = openIn(process.getActiveResourcesInfo());
  const now = performance.now.bind(performance);
  time.install();

  /** Waits until everything that needs no time is done, but not for ever: a bot may never rest. */
  async function settle(): Promise<void> {
    const from = now();
    for (let turns = 1; ; turns += 1) {
      await new Promise<void>((resolve) => turn(resolve));
      const pending = process.getActiveResourcesInfo();
      const isTurning = turns < MOST_TURNS && pending.includes('Immediate');
      // A time-out of a request must not pass while it is under way.
      const isPending = underWay() > 0 || pending.some((each) => PENDING.test(each));
      const isWaiting = isPending && now() - from < PATIENCE;
      if (!isTurning && !isWaiting) return;
    }
  }

  function close(passed: readonly Closed[], at: number): void {
    for (const { symbol, candle } of passed) {
      meet(symbol, candle);
      for (const name of traded) if (recordedAs(name) === symbol && name !== symbol) meet(name, candle);
      engine?.recordCandle(symbol, recorded.timeframe, candle);
    }
    last = at;
    candles += passed.length;
    seat.record.look();
    if (!engine) return;
    engine.recordEquity({ time: at, equity: seat.account.equity() });
    const due = Math.floor(at / (engine.config.updateIntervalHours * 3_600_000));
    if (due > updated) engine.updateOptimization(at);
    updated = due;
  }

  /** Orders that were placed while a candle formed meet all of it: its price stood at the open till then. */
  function meet(symbol: string, candle: Candle): void {
    if (traded.has(symbol)) seat.account.onCandle(symbol, candle, candle.time + interval - 1);
  }

  return {
    take(exchange, errors) {
      exchange.milliseconds = () => time.now;
      served.push(serveRecorded(exchange, market, errors));
      seat.take(exchange, errors);
    },
    async run(progress) {
      let [idle, flushed, idleSince] = [0, 0, 0];
      for (;;) {
        await settle();
        for (const { symbol } of [...seat.account.openOrders(), ...seat.account.positions])
          traded.add(symbol);
        for (const { symbol } of seat.account.fills.slice(-1)) traded.add(symbol);
        const closes = market.nextClose;
        if (closes === null) return 'candles';
        const timer = time.nextAt;
        const isWaiting = served.some(({ waiting }) => waiting > 0);
        if (timer === null && !isWaiting) {
          if (idle === 0) idleSince = now();
          idle += 1;
          const isOpen = openIn(process.getActiveResourcesInfo()) > atStart;
          if (idle > IDLE_TURNS && (!isOpen || now() - idleSince > IDLE_MS)) return 'bot';
          // What it waits for takes real time.
          if (isOpen) await new Promise<void>((resolve) => void later(resolve, 2));
          continue;
        }
        idle = 0;
        if (timer !== null && timer < closes) {
          time.fireNext();
          continue;
        }
        time.goTo(closes);
        close(market.goTo(closes), closes);
        seat.streams.changed();
        for (const each of served) each.wake();
        progress(candles, total * bySymbol.size);
        if (candles - flushed < FLUSH_CANDLES) continue;
        flushed = candles;
        await state.flush();
      }
    },
    hasTraded: () => seat.account.fills.length > 0,
    async end(ended) {
      time.uninstall();
      seat.record.look();
      await state.save();
      await state.release();
      return {
        run: {
          source,
          symbols: market.symbols,
          timeframe: recorded.timeframe,
          from: start,
          to: last,
          candles,
        },
        account: seat.record.summary(),
        overlay: overlayOf?.() ?? null,
        ended,
      };
    },
  };
}

/** How many of the resources of a process may bring it something. */
const openIn = (resources: readonly string[]): number => resources.filter((each) => OPEN.test(each)).length;
