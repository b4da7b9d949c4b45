import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import ccxt from 'ccxt';
import { describe, expect, it } from 'vitest';
import { type CcxtInstance, paperExchange } from '../../src/paper/index.ts';
import { replayMarket } from '../../src/paper/market-rules.ts';

/** Keys by which the venue would know the account. */
const KEYS = { apiKey: 'key-of-the-account', secret: 'secret-of-the-account', password: 'word', uid: '1' };
const CLIENTS = [
  'binance',
  'bybit',
  'okx',
  'kraken',
  'kucoin',
  'gate',
  'bitget',
  'mexc',
  'hyperliquid',
  'coinbase',
] as const;
/** Methods that would move something at the venue, or tell of the account. */
const MOVES =
  /^(create|edit|cancel|close|withdraw|transfer|borrow|repay|set|add|reduce|sapi|private|fapiPrivate|v5Private|papi)/i;

/** A venue that answers nothing, and notes all that it is sent. */
async function deaf() {
  const seen: { method: string; text: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = `${request.url} ${JSON.stringify(request.headers)} ${Buffer.concat(chunks)}`;
      seen.push({ method: request.method!, text });
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** All addresses of a client, wherever it keeps them, led to the venue of the test. */
function led(urls: unknown, url: string): unknown {
  if (typeof urls === 'string') return urls.startsWith('http') || urls.includes('{hostname}') ? url : urls;
  if (urls === null || typeof urls !== 'object') return urls;
  return Object.fromEntries(Object.entries(urls).map(([name, each]) => [name, led(each, url)]));
}

describe('an exchange on paper', () => {
  it.each(CLIENTS)(
    'sends nothing of %s that could move an account, whatever is called',
    async (id) => {
      const venue = await deaf();
      const exchange = new ccxt[id]({ ...KEYS, enableRateLimit: false, timeout: 2000 });
      exchange.urls = led(exchange.urls, venue.url) as typeof exchange.urls;
      exchange.setMarkets([replayMarket('BTC/USDT', 100)] as never);
      Object.assign(exchange, { fetchTicker: async (symbol: string) => ({ symbol, last: 100 }) });
      const { account, stop } = paperExchange(exchange as unknown as CcxtInstance);
      const methods = exchange as unknown as Record<string, (...args: unknown[]) => unknown>;
      expect(exchange.checkRequiredCredentials()).toBe(true);
      await methods.createOrder!('BTC/USDT', 'market', 'buy', 1);

      const names = new Set<string>();
      for (let each: object = exchange; each !== Object.prototype; each = Object.getPrototypeOf(each))
        for (const name of Object.getOwnPropertyNames(each)) if (MOVES.test(name)) names.add(name);
      expect(names.size).toBeGreaterThan(80);
      for (const name of names) {
        const { value } = Object.getOwnPropertyDescriptor(exchange, name) ?? { value: undefined };
        const method = value ?? (Object.getPrototypeOf(exchange) as Record<string, unknown>)[name];
        if (typeof method !== 'function' || /Websocket|setSandbox|setMarkets|setSsl|setProxy/i.test(name))
          continue;
        try {
          await Promise.race([
            method.call(exchange, 'BTC/USDT', 'limit', 'buy', 1, 100, {}),
            new Promise((resolve) => setTimeout(resolve, 300)),
          ]);
        } catch {
          // Most do not take what they are given here: what counts is what the venue was sent.
        }
      }
      stop();
      await exchange.close();
      await venue.close();
      const moved = venue.seen.filter(({ method, text }) => method !== 'GET' && !/public|info/i.test(text));
      expect(moved).toEqual([]);
      expect(venue.seen.filter(({ text }) => text.includes(KEYS.apiKey))).toEqual([]);
      expect(account.orderCount).toBeGreaterThan(0);
    },
    60_000,
  );
});
