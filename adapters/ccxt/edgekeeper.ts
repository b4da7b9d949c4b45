import type { Configuration, OptimizationEngine } from '../../src/index.ts';
import type { Log } from '../../src/model/ports.ts';
import {
  createLog,
  feedCandles,
  logDecisions,
  type Overlay,
  openOverlay,
  wallClock,
} from '../../src/node/index.ts';
import { type Attachment, type AttachOptions, attach } from './attach.ts';
import { BotCandles } from './bot-candles.ts';
import { BotEquity } from './bot-equity.ts';
import { accountOf } from './intent.ts';
import type { CcxtExchange } from './market.ts';
import { sayWhatIsUnfed } from './unfed.ts';
import { isPermanent } from './venue.ts';

export interface EdgekeeperOptions extends Omit<AttachOptions, 'engine' | 'state' | 'kept'> {
  /**
   * Options of the overlay, or a JSON file that has them, such as the bot's own configuration with a section
   * `edgekeeper`; a file is followed while the bot runs.
   */
  readonly config?: Configuration | string;
  /** Where the state and the log files live; default `.edgekeeper`. */
  readonly stateDir?: string;
  /** Symbols whose regimes are known from the start; by default each is looked at once it is traded. */
  readonly symbols?: readonly string[];
  /**
   * Default true: what the accounts had when they were first traded, and what was booked since, is told as equity. `false`:
   * the bot tells it by `engine.recordEquity`.
   */
  readonly equity?: boolean;
  /** Default: the terminal, and rotating files in the state directory. */
  readonly log?: Log;
}

/** The overlay of a bot, with everything around it. */
export interface BotOverlay {
  readonly engine: OptimizationEngine;
  readonly overlay: Overlay;
  /** Puts the overlay on one more exchange of the bot. */
  put(exchange: CcxtExchange): Attachment;
  /** Leaves the exchanges as they were, saves, and gives the state directory free. */
  close(): Promise<void>;
}

/** How often it is looked whether an update is due, in ms. */
const LOOK_EVERY = 60_000;
/** How long a bot that is done waits for what the exchange has not answered yet, in ms; what was open is kept. */
const LAST_LOOK = 5000;

/**
 * Puts the overlay on a ccxt bot: opens its state, judges entries before they are sent, books what fills, reads candles
 * along or asks for them, tells the equity, updates by the hour, and logs each veto and each other size with its reasons.
 * It keeps no process alive, and closes when the bot is done. Throws a coded error where the state cannot be opened.
 *
 * @example
 * const { engine } = await edgekeeper(exchange, { strategy: 'EMA_Trend', config: { mode: 'observe' } });
 */
export async function edgekeeper(
  exchange: CcxtExchange,
  options: EdgekeeperOptions = {},
): Promise<BotOverlay> {
  const bot = await openBotOverlay(options);
  try {
    bot.put(exchange);
  } catch (error) {
    await bot.close();
    throw error;
  }
  return bot;
}

/** The same for a bot whose exchanges are put on it one by one. */
export async function openBotOverlay({
  config = {},
  stateDir = '.edgekeeper',
  symbols = [],
  equity: tellsEquity = true,
  log = createLog({ directory: `${stateDir}/logs` }),
  ...attachment
}: EdgekeeperOptions): Promise<BotOverlay> {
  const ended = new AbortController();
  const candles = new BotCandles(log, symbols, ended.signal);
  const market = {
    data: candles,
    get symbols() {
      return candles.symbols;
    },
  };
  const overlay = await openOverlay({ config, stateDir, log, market });
  const { engine } = overlay;
  const attachments: Attachment[] = [];
  const names = new Map<string, number>();
  const equity = tellsEquity ? new BotEquity(engine, overlay.kept('ccxt-equity')) : null;
  const stops = [
    logDecisions(engine, log),
    sayWhatIsUnfed(engine, log),
    engine.subscribe((event) => {
      equity?.follow(event);
      if (event.type === 'decision' && candles.want(event.decision.symbol)) inTurn(ask);
    }),
  ];

  /** The regime of a symbol is known as soon as the exchange can be asked for its candles, and so is the equity. */
  async function ask(): Promise<void> {
    for (const symbol of candles.symbols)
      if (engine.detector.lastTime(symbol) < 0)
        await feedCandles(engine, candles, [symbol], wallClock.now()).catch((error: unknown) =>
          engine.countError('REFRESH_FAILED', error),
        );
    await equity?.look().catch((error: unknown) => {
      if (!isPermanent(error)) engine.countError('EQUITY_FAILED', error);
    });
  }

  async function look(): Promise<void> {
    await overlay.updates.runIfDue().catch((error: unknown) => engine.countError('UPDATE_FAILED', error));
    await ask();
  }

  /** One after another: what the overlay asks must not stand in line before the bot's orders. */
  let looking: Promise<void> = Promise.resolve();
  function inTurn(work: () => Promise<void>): void {
    looking = looking.then(work);
  }
  const timer = setInterval(() => inTurn(look), LOOK_EVERY);
  timer.unref();

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    process.off('beforeExit', end);
    clearInterval(timer);
    ended.abort();
    for (const stop of stops) stop();
    for (const detach of attachments) detach();
    await overlay.close();
  }

  /** A bot that is done ends: what the exchange has not answered by then is kept as open. */
  function end(): void {
    let late: NodeJS.Timeout | undefined;
    const settled = Promise.allSettled(attachments.map((each) => each.settled()));
    const patience = new Promise((resolve) => {
      late = setTimeout(resolve, LAST_LOOK);
    });
    void Promise.race([settled, patience])
      .then(() => clearTimeout(late))
      .then(() => bot.close())
      .catch((error: unknown) => log.error((error as Error).message));
  }
  process.once('beforeExit', end);

  const bot: BotOverlay = {
    engine,
    overlay,
    put(exchange) {
      const name = `ccxt-${accountOf(exchange)}`;
      const count = (names.get(name) ?? 0) + 1;
      names.set(name, count);
      const kept = overlay.kept(count === 1 ? name : `${name}-${count}`);
      // What the overlay asks for itself goes by the methods that nobody reads along.
      for (const each of [candles, equity]) each?.by(exchange, () => attached.mayAsk());
      const attached = attach(exchange, { ...attachment, engine, kept });
      attachments.push(attached);
      inTurn(look);
      return attached;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
  return bot;
}
