import { openBotOverlay } from '../../adapters/ccxt/edgekeeper.ts';
import type { Identify } from '../../adapters/ccxt/intent.ts';
import { type CcxtExchange, marketOf } from '../../adapters/ccxt/market.ts';
import type { Settings } from '../../adapters/ccxt/preload-settings.ts';
import type { CcxtErrors, CcxtInstance } from '../paper/exchange.ts';
import { Seat } from './seat.ts';
import type { Trial, TrialResult } from './trial.ts';
import { watched } from './watched.ts';

export interface LiveOptions {
  readonly trial: Trial;
  readonly settings: Settings;
  readonly identify: Identify | undefined;
}

export interface Live {
  /** Puts an exchange of the bot on paper. */
  take(exchange: CcxtInstance, errors: CcxtErrors): void;
  /** Saves the state, and says what the trial came to. */
  end(ended: TrialResult['ended']): Promise<TrialResult>;
}

interface Ticker {
  readonly last?: number | undefined;
  readonly close?: number | undefined;
  readonly bid?: number | undefined;
}

/** How often prices are looked at while something waits for them, in ms. */
const LOOK_EVERY = 5000;

/** A bot on live prices: its orders meet what its own exchange says that the last price is. */
export async function live({ trial, settings, identify }: LiveOptions): Promise<Live> {
  const { file, strategies, strategy, sizing, tagOrders, veto, ignore, symbols } = settings;
  const bot = trial.overlay
    ? await openBotOverlay({
        ...{
          config: file ?? {},
          stateDir: trial.stateDir,
          strategy,
          sizing,
          tagOrders,
          veto,
          ignore,
          symbols,
        },
        ...(identify && { identify }),
      })
    : null;
  const overlayOf = bot ? watched(bot.engine) : null;
  const tickers = new WeakMap<CcxtInstance, (symbol: string) => Promise<Ticker>>();
  const traded = new Map<string, CcxtInstance>();
  const start = Date.now();
  let timeframe = bot?.engine.config.timeframe ?? '1h';

  const seat = new Seat({
    trial,
    strategyOf: (symbol) => strategies[symbol] ?? strategy,
    async priceNow(exchange, symbol) {
      traded.set(symbol, exchange);
      await look(exchange, symbol);
    },
    attach: bot ? (exchange: CcxtExchange) => bot.put(exchange) : null,
  });

  /** What happened since the last look is a candle from the price of then to that of now. */
  async function look(exchange: CcxtInstance, symbol: string): Promise<void> {
    const { last, close, bid } = await tickers.get(exchange)!(symbol);
    const price = last ?? close ?? bid;
    if (price === undefined || !(price > 0)) return;
    const before = seat.account.lastPrice(symbol) ?? price;
    const now = Date.now();
    const fills = seat.account.fills.length;
    if (marketOf(exchange as unknown as CcxtExchange, symbol) && traded.has(symbol))
      meet(symbol, before, price, now);
    if (seat.account.fills.length > fills) seat.changed();
  }

  function meet(symbol: string, open: number, close: number, time: number): void {
    // A symbol that has not had an order yet is not known to the account.
    if (seat.account.lastPrice(symbol) === undefined) seat.account.mark(symbol, close);
    const [low, high] = [Math.min(open, close), Math.max(open, close)];
    seat.account.onCandle(symbol, { time, open, high, low, close, volume: 0 }, time);
  }

  const timer = setInterval(async () => {
    for (const [symbol, exchange] of traded) {
      const isIdle =
        seat.account.openOrders(symbol).length === 0 && seat.account.position(symbol).contracts === 0;
      if (!isIdle) await look(exchange, symbol).catch(() => undefined);
    }
    seat.record.look();
  }, LOOK_EVERY);
  timer.unref();

  return {
    take(exchange, errors) {
      const { fetchTicker } = exchange as unknown as { fetchTicker: (symbol: string) => Promise<Ticker> };
      tickers.set(exchange, (symbol) => fetchTicker.call(exchange, symbol));
      seat.take(exchange, errors);
    },
    async end(ended) {
      clearInterval(timer);
      seat.record.look();
      const account = seat.record.summary();
      const overlay = overlayOf?.() ?? null;
      timeframe = bot?.engine.config.timeframe ?? timeframe;
      await bot?.close();
      return {
        run: {
          source: `${seat.exchanges.map(({ id }) => id).join(', ')}, live`,
          symbols: [...traded.keys()],
          timeframe,
          from: start,
          to: Date.now(),
          candles: 0,
        },
        account,
        overlay,
        ended,
      };
    },
  };
}
