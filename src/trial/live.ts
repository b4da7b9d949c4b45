import { openBotOverlay } from '../../adapters/ccxt/edgekeeper.ts';
import type { Identify } from '../../adapters/ccxt/intent.ts';
import type { CcxtExchange } from '../../adapters/ccxt/market.ts';
import type { Settings } from '../../adapters/ccxt/preload-settings.ts';
import { parseConfig } from '../config/schema.ts';
import type { CcxtErrors, CcxtInstance } from '../paper/exchange.ts';
import { LivePrices } from '../paper/live-prices.ts';
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
  /** Whether anything of it has filled. */
  hasTraded(): boolean;
  /** Saves the state, and says what the trial came to. */
  end(ended: TrialResult['ended']): Promise<TrialResult>;
}

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
  const start = Date.now();
  const seat: Seat = new Seat({
    trial,
    strategyOf: (symbol) => strategies[symbol] ?? strategy,
    priceNow: (exchange, symbol) => prices.look(exchange, symbol),
    attach: bot ? (exchange: CcxtExchange) => bot.put(exchange) : null,
  });
  const prices = new LivePrices(seat.account, (hasFilled) => {
    if (hasFilled) seat.streams.changed();
    seat.record.look();
  });

  return {
    take(exchange, errors) {
      prices.take(exchange);
      seat.take(exchange, errors);
    },
    hasTraded: () => seat.account.fills.length > 0,
    async end(ended) {
      prices.stop();
      seat.record.look();
      const account = seat.record.summary();
      const overlay = overlayOf?.() ?? null;
      await bot?.close();
      return {
        run: {
          source: `${seat.exchanges.map(({ id }) => id).join(', ')}, live`,
          symbols: prices.symbols,
          timeframe: bot?.engine.config.timeframe ?? parseConfig({}).timeframe,
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
