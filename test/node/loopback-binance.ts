import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import ccxt from 'ccxt';
import type { Candle } from '../../src/index.ts';
import { HOUR } from '../fixtures.ts';

export interface LoopbackOptions {
  readonly candles: ReadonlyMap<string, readonly Candle[]>;
  /** Time at the exchange. */
  readonly now: () => number;
  /** What to do with a request for candles: answer it, refuse it with 429, drop the connection, or serve old data. */
  readonly fault: (request: number) => 'none' | 'tooManyRequests' | 'drop' | { readonly staleSince: number };
}

export interface Loopback {
  readonly server: Server;
  /** Options that point a real ccxt client here. */
  readonly exchangeOptions: Record<string, unknown>;
  readonly requests: { path: string; keyed: boolean }[];
  close(): Promise<void>;
}

/** A server on this machine that speaks as much of Binance's REST as market data need. */
export async function loopbackBinance({ candles, now, fault }: LoopbackOptions): Promise<Loopback> {
  const requests: Loopback['requests'] = [];
  let served = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://127.0.0.1');
    requests.push({
      path: url.pathname,
      keyed: 'x-mbx-apikey' in request.headers || url.searchParams.has('signature'),
    });
    const answer = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (url.pathname.endsWith('/exchangeInfo')) return answer(exchangeInfo([...candles.keys()]));
    if (!url.pathname.endsWith('/klines')) return answer({ code: -1, msg: `unknown ${url.pathname}` }, 404);
    served += 1;
    const trouble = fault(served);
    if (trouble === 'tooManyRequests') return answer({ code: -1003, msg: 'Too many requests.' }, 429);
    if (trouble === 'drop') return request.socket.destroy();
    const horizon = trouble === 'none' ? now() : Math.min(now(), trouble.staleSince);
    const symbol = [...candles.keys()].find(
      (name) => name.replace('/', '') === url.searchParams.get('symbol'),
    );
    if (!symbol) return answer({ code: -1121, msg: 'Invalid symbol.' }, 400);
    const since = Number(url.searchParams.get('startTime') ?? 0);
    const limit = Math.min(1000, Number(url.searchParams.get('limit') ?? 500));
    // As the real one does, this serves the candle that is still open.
    const rows = candles.get(symbol)!.filter(({ time }) => time >= since && time <= horizon);
    return answer(
      rows
        .slice(0, limit)
        .map(({ time, open, high, low, close, volume }) => [
          time,
          ...[open, high, low, close, volume].map(String),
          time + HOUR - 1,
          '0',
          1,
          '0',
          '0',
          '0',
        ]),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { api } = new ccxt.binance().urls as { api: Record<string, unknown> };
  const local = Object.fromEntries(
    Object.entries(api).map(([key, url]) => [
      key,
      typeof url === 'string' ? base + new URL(url).pathname : url,
    ]),
  );
  return {
    server,
    requests,
    exchangeOptions: {
      enableRateLimit: false,
      urls: { api: local },
      options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false, fetchMargins: false },
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function exchangeInfo(symbols: readonly string[]): object {
  return {
    timezone: 'UTC',
    serverTime: 0,
    rateLimits: [],
    symbols: symbols.map((symbol) => {
      const [baseAsset, quoteAsset] = symbol.split('/');
      return {
        symbol: symbol.replace('/', ''),
        status: 'TRADING',
        baseAsset,
        quoteAsset,
        baseAssetPrecision: 8,
        quoteAssetPrecision: 8,
        orderTypes: ['LIMIT', 'MARKET', 'STOP_LOSS', 'TAKE_PROFIT'],
        isSpotTradingAllowed: true,
        isMarginTradingAllowed: false,
        permissions: ['SPOT'],
        permissionSets: [['SPOT']],
        filters: [
          {
            filterType: 'PRICE_FILTER',
            minPrice: '0.01000000',
            maxPrice: '1000000.00000000',
            tickSize: '0.01000000',
          },
          { filterType: 'LOT_SIZE', minQty: '0.00001000', maxQty: '9000.00000000', stepSize: '0.00001000' },
          { filterType: 'NOTIONAL', minNotional: '5.00000000', applyMinToMarket: true },
        ],
      };
    }),
  };
}
