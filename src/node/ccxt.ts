import { timeframeMs } from '../model/candle.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { optionalPackage } from '../model/packages.ts';
import type { CcxtErrors, CcxtInstance, CcxtMarketInfo } from '../paper/exchange.ts';

/** The part of the ccxt module that is used here. */
export interface CcxtModule {
  readonly exchanges: readonly string[];
  readonly errors: CcxtErrors & { readonly NetworkError: new (message: string) => Error };
  create(id: string, options: Record<string, unknown>): CcxtInstance;
  /** An exchange that answers from given markets and never asks the network. */
  offline(id: string, markets: readonly object[]): CcxtInstance;
}

/**
 * Loads ccxt when it is needed: the import takes most of a second and 80 MB. A bot brings its own. Throws
 * `PACKAGE_MISSING` where there is none.
 */
export async function loadCcxt(): Promise<CcxtModule> {
  const { default: ccxt } = await optionalPackage('ccxt', '4', () => import('ccxt'));
  const classes = ccxt as unknown as Record<string, new (options: object) => CcxtInstance>;
  return {
    exchanges: ccxt.exchanges,
    errors: ccxt as unknown as CcxtModule['errors'],
    create(id, options) {
      if (!ccxt.exchanges.includes(id)) {
        const similar = ccxt.exchanges.filter((name) => name.startsWith(id.slice(0, 3)));
        throw new EdgekeeperError('EXCHANGE_UNKNOWN', {
          found: show(id),
          expected: `an exchange of ccxt${similar.length > 0 ? `, such as ${similar.slice(0, 5).join(', ')}` : ''}`,
          hint: 'Exchange names are in lower case: binance, kraken, coinbase.',
        });
      }
      return new classes[id]!(options);
    },
    offline(id, markets) {
      const exchange = new classes.Exchange!({ id, enableRateLimit: false });
      exchange.setMarkets(markets);
      return exchange;
    },
  };
}

/** Loads the markets of an exchange and checks what a run asks for. Throws coded errors. */
export async function openMarkets(
  exchange: CcxtInstance,
  symbols: readonly string[],
  timeframe: string,
): Promise<CcxtMarketInfo[]> {
  timeframeMs(timeframe);
  if (exchange.timeframes && !(timeframe in exchange.timeframes)) {
    throw new EdgekeeperError('TIMEFRAME_UNKNOWN', {
      found: show(timeframe),
      expected: `one of ${Object.keys(exchange.timeframes).join(', ')} on ${exchange.id}`,
      hint: 'Choose a timeframe that the exchange serves.',
    });
  }
  try {
    await exchange.loadMarkets();
  } catch (cause) {
    throw new EdgekeeperError(
      'MARKET_DATA_UNAVAILABLE',
      {
        found: `no answer about the markets of ${exchange.id}: ${(cause as Error).message}`,
        expected: 'a reachable exchange',
        hint: 'Check the network, or replay files with --candles DIR.',
      },
      { cause },
    );
  }
  return symbols.map((symbol) => {
    const market = exchange.markets?.[symbol];
    if (market?.spot && market.active !== false) return market;
    const [base] = symbol.split('/');
    const similar = Object.keys(exchange.markets ?? {}).filter(
      (name) => name.startsWith(`${base}/`) && exchange.markets![name]!.spot,
    );
    throw new EdgekeeperError('SYMBOL_UNKNOWN', {
      found: `${show(symbol)} on ${exchange.id}`,
      expected: `a spot market${similar.length > 0 ? `, such as ${similar.slice(0, 5).join(', ')}` : ' such as BTC/USDT'}`,
      hint: 'Symbols are written BASE/QUOTE, separated by commas in --symbols.',
    });
  });
}
