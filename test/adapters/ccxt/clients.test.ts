import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import ccxt from 'ccxt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attach, type CcxtExchange } from '../../../adapters/ccxt/index.ts';
import type { OptimizationEngine } from '../../../src/index.ts';
import { replayMarket } from '../../../src/paper/market-rules.ts';
import { AUTHOR, DATA, engineWith, START, WITHOUT_DATA } from '../../fixtures.ts';

const SYMBOL = 'BTC/USDT';

interface Call {
  readonly path: string;
  readonly body: Record<string, string>;
}

let server: Server;
let base = '';
let calls: Call[] = [];
let ids = 0;

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const query = new URL(request.url!, 'http://127.0.0.1').searchParams;
  if (!text.startsWith('{') && !text.startsWith('['))
    return Object.fromEntries([...query, ...new URLSearchParams(text)]);
  const parsed = JSON.parse(text) as Record<string, string> | Record<string, string>[];
  return Array.isArray(parsed) ? parsed[0]! : parsed;
}

/** As much of each exchange as placing an order needs. */
const ANSWERS: Record<string, (body: Record<string, string>) => unknown> = {
  '/api/v3/order': ({ quantity = '0', quoteOrderQty, side, type, newClientOrderId }) => ({
    symbol: 'BTCUSDT',
    orderId: ids,
    clientOrderId: newClientOrderId,
    transactTime: START,
    price: '0',
    origQty: quantity,
    executedQty: quantity,
    cummulativeQuoteQty: quoteOrderQty ?? String(100 * Number(quantity)),
    status: 'FILLED',
    type,
    side,
    fills: [{ price: '100', qty: quantity, commission: '0.1', commissionAsset: 'USDT', tradeId: ids }],
  }),
  '/0/private/AddOrder': ({ volume, type, ordertype }) => ({
    error: [],
    result: { descr: { order: `${type} ${volume} BTCUSDT @ ${ordertype}` }, txid: [`O${ids}`] },
  }),
  '/v5/order/create': () => ({
    retCode: 0,
    retMsg: 'OK',
    result: { orderId: `b${ids}`, orderLinkId: '' },
    time: START,
  }),
  '/api/v5/trade/order': () => ({
    code: '0',
    msg: '',
    data: [{ ordId: `k${ids}`, clOrdId: '', sCode: '0', sMsg: '' }],
  }),
};
ANSWERS['/api/v5/trade/batch-orders'] = ANSWERS['/api/v5/trade/order']!;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const path = new URL(request.url!, 'http://127.0.0.1').pathname;
    const body = await bodyOf(request);
    ids += 1;
    calls.push({ path, body });
    const answer = ANSWERS[path]?.(body);
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: [`unknown ${path}`] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  calls = [];
});

/** Every address of an exchange, moved to this machine. */
function moved(urls: unknown): unknown {
  if (typeof urls === 'string') return urls.replace(/^https?:\/\/[^/]+/, base);
  if (urls === null || typeof urls !== 'object') return urls;
  return Object.fromEntries(Object.entries(urls).map(([key, value]) => [key, moved(value)]));
}

const SETTINGS: Record<
  string,
  { readonly options: object; readonly size: string; readonly cost: string; readonly id: string }
> = {
  binance: {
    options: { createMarketBuyOrderRequiresPrice: false },
    size: 'quantity',
    cost: 'quoteOrderQty',
    id: 'BTCUSDT',
  },
  kraken: { options: {}, size: 'volume', cost: 'volume', id: 'XBTUSDT' },
  bybit: {
    options: { enableUnifiedMargin: false, enableUnifiedAccount: true },
    size: 'qty',
    cost: 'qty',
    id: 'BTCUSDT',
  },
  okx: { options: {}, size: 'sz', cost: 'sz', id: 'BTC-USDT' },
};

type Client = CcxtExchange & {
  createMarketBuyOrderWithCost(symbol: string, cost: number): Promise<unknown>;
  createMarketSellOrder(symbol: string, amount: number): Promise<unknown>;
};

function client(name: string, engine: OptimizationEngine): { exchange: Client; detach: () => void } {
  const { options, id } = SETTINGS[name]!;
  const Class = (
    ccxt as unknown as Record<string, new (config: object) => InstanceType<typeof ccxt.Exchange>>
  )[name]!;
  const exchange = new Class({
    apiKey: 'key',
    secret: Buffer.from('secret').toString('base64'),
    password: 'word',
    enableRateLimit: false,
    options,
  });
  exchange.urls.api = moved(exchange.urls.api) as never;
  const market = {
    ...(replayMarket(SYMBOL, 100) as object),
    id,
    info: { orderTypes: ['LIMIT', 'MARKET'] },
    precision: { amount: 0.001, price: 0.01 },
  };
  exchange.setMarkets(
    [market] as never,
    {
      USDT: { id: 'USDT', code: 'USDT', precision: 0.01 },
      BTC: { id: 'BTC', code: 'BTC', precision: 1e-8 },
    } as never,
  );
  exchange.milliseconds = () => START;
  const detach = attach(exchange as unknown as CcxtExchange, {
    engine,
    strategy: 's',
    sizing: 'host-reads-position',
  });
  return { exchange: exchange as unknown as Client, detach };
}

/** What the exchange was asked to trade. */
const sizes = (key: string): number[] =>
  calls.filter(({ path }) => ANSWERS[path]).map(({ body }) => Number(body[key]));

for (const [name, { size, cost }] of Object.entries(SETTINGS)) {
  describe(`a real ccxt client of ${name}`, () => {
    it('sends the rounded half of a degraded strategy, and its exits in full', async () => {
      const engine = engineWith();
      engine.forceStatus('s', 'DEGRADED', AUTHOR);
      const { exchange } = client(name, engine);
      await exchange.createOrder(SYMBOL, 'limit', 'buy', 1.0015, 100);
      await exchange.createMarketSellOrder(SYMBOL, 3);
      expect(sizes(size)).toEqual([0.5, 3]);
    });

    it('sends nothing of a suspended strategy, rejects as its own invalid order, and is itself again once detached', async () => {
      const engine = engineWith();
      engine.forceStatus('s', 'SUSPENDED', AUTHOR);
      const { exchange, detach } = client(name, engine);
      const refused = await exchange
        .createOrder(SYMBOL, 'limit', 'buy', 1, 100)
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ccxt.InvalidOrder);
      expect(refused).not.toBeInstanceOf(ccxt.NetworkError);
      expect(calls).toEqual([]);
      const { create_order: alias } = exchange as unknown as Record<string, Client['createOrder']>;
      await expect(alias!.call(exchange, SYMBOL, 'limit', 'buy', 1, 100)).rejects.toThrow(
        /edgekeeper blocked/,
      );
      expect(calls).toEqual([]);
      detach();
      await exchange.createOrder(SYMBOL, 'limit', 'buy', 1, 100);
      expect(sizes(size)).toEqual([1]);
    });

    it('halves an order that says what to spend', async () => {
      const engine = engineWith();
      engine.forceStatus('s', 'DEGRADED', AUTHOR);
      const { exchange } = client(name, engine);
      await exchange.createMarketBuyOrderWithCost(SYMBOL, 200);
      expect(sizes(cost)).toEqual([100]);
    });
  });
}

/** A case of ccxt's own recorded responses. */
interface Recorded {
  readonly httpResponse: unknown;
  readonly parsedResponse: { id?: string; symbol?: string } | { id?: string; symbol?: string }[];
}

describe('recorded responses of real exchanges', () => {
  const folder = `${DATA}ccxt-static/response/`;
  it.skipIf(!existsSync(folder))(
    existsSync(folder) ? 'pass the adapter unread and unharmed' : WITHOUT_DATA,
    async () => {
      let passed = 0;
      for (const name of ['binance', 'kraken', 'bybit', 'okx', 'coinbase']) {
        const { methods } = JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')) as {
          methods: Record<string, Recorded[]>;
        };
        const engine = engineWith();
        const errors: unknown[] = [];
        engine.subscribe((event) => {
          if (event.type === 'error' && event.code === 'ADAPTER_FAILED') errors.push(event.error);
        });
        const exchange = new ccxt.Exchange({ id: name }) as unknown as Record<string, unknown>;
        for (const [method, cases] of Object.entries(methods).filter(([each]) => each.startsWith('fetch'))) {
          for (const { parsedResponse } of cases) {
            exchange[method] = async () => parsedResponse;
            const detach = attach(exchange as unknown as CcxtExchange, { engine, strategy: 's' });
            const answer = await (exchange[method] as (...args: unknown[]) => Promise<unknown>)(
              'BTC/USDT',
              '1h',
            );
            expect(answer).toBe(parsedResponse);
            detach();
            passed += 1;
          }
        }
        expect(errors).toEqual([]);
      }
      expect(passed).toBeGreaterThan(15);
    },
  );
});
