import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedBy } from '../../src/trial/no-signed-requests.ts';
import { isBuilt, project, root, run, title } from '../adapters/installed.ts';

const CLI = join(root, 'dist/src/cli/main.js');

/** An exchange that keeps books of its own: of everything that is asked of it. */
const asked: string[] = [];
let venue: Server;
let url = '';
beforeAll(async () => {
  venue = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['x-mbx-apikey'] ?? ''}`);
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => venue.once('listening', resolve));
  url = `http://127.0.0.1:${(venue.address() as AddressInfo).port}`;
});
afterAll(() => venue.close());

/** A real client of a real exchange with keys, led to that one. */
const REAL = `
  const ccxt = require('ccxt');
  class Keyed extends ccxt.binance { apiKey = 'REALKEY'; secret = 'REALSECRET'; }
  module.exports = () => {
    const exchange = new Keyed();
    for (const [name, at] of Object.entries(exchange.urls.api)) if (String(at).startsWith('http')) exchange.urls.api[name] = process.env.VENUE + '/' + name;
    exchange.fetchMarkets = async () => [{ id: 'BTCUSDT', symbol: 'BTC/USDT', base: 'BTC', quote: 'USDT', baseId: 'BTC', quoteId: 'USDT', type: 'spot', spot: true, active: true, precision: { amount: 1e-5, price: 0.01 }, limits: { amount: { min: 1e-5 }, cost: { min: 5 } }, info: { orderTypes: ['LIMIT', 'MARKET'] } }];
    exchange.fetchCurrencies = async () => ({});
    return exchange;
  };
`;
/** Trades by itself, and says what became of it. */
const TRADER = `
  const exchange = require('./real.cjs')();
  const said = (name) => [() => console.log(name, 'SENT'), ({ message }) => console.log(name, 'kept:', message.slice(0, 300))];
  (async () => {
    await exchange.createOrder('BTC/USDT', 'limit', 'buy', 0.01, 40000).then(...said('order'));
    await exchange.fetchDeposits().then(...said('deposits'));
    await exchange.sapiGetCapitalConfigGetall().then(...said('coins'));
  })();
`;
/** Signs by itself, as the library of an exchange does. */
const OWN = `
  import http, { request } from 'node:http';
  const headers = { 'X-MBX-APIKEY': 'REALKEY' };
  const at = process.env.VENUE + '/own';
  for (const send of [
    () => fetch(at, { method: 'POST', headers }),
    () => fetch(at + '?timestamp=1&signature=abc'),
    () => fetch(at, { method: 'POST', body: JSON.stringify({ action: 1, signature: { r: '0x' } }) }),
    () => new Promise((resolve, reject) => request(at, { method: 'POST', headers }, resolve).on('error', reject).end()),
    () => new Promise((resolve, reject) => http.get(at, { headers }, resolve).on('error', reject)),
    () => new Promise((resolve, reject) => { const sent = request(at, { method: 'POST' }, resolve).on('error', reject); sent.write('symbol=BTCUSDT&signature=abc'); sent.end(); }),
  ]) await send().then(() => console.log('SENT'), ({ message }) => console.log('kept:', message));
  await fetch(process.env.VENUE + '/public').then(() => console.log('public SENT'));
  import ccxt from 'ccxt';
  new ccxt.binance();
`;

describe('no real order leaves a paper run', () => {
  it.skipIf(!isBuilt)(
    title('from the bot, its children, its threads, or a script that drops the options of its environment'),
    async () => {
      const files = {
        'real.cjs': REAL,
        'trader.cjs': TRADER,
        'bot.cjs': `
          const { fork } = require('node:child_process');
          const { Worker } = require('node:worker_threads');
          const exchange = require('./real.cjs')();
          (async () => {
            await exchange.loadMarkets();
            const ended = (each) => new Promise((resolve) => each.once('exit', resolve));
            const timer = setInterval(() => {}, 1000);
            await ended(fork('./trader.cjs'));
            await ended(new Worker('./trader.cjs'));
            await exchange.fetchDeposits().catch(({ message }) => console.log('kept:', message.slice(0, 300)));
            clearInterval(timer);
            process.exit(0);
          })();
        `,
        'own.mjs': OWN,
      };
      const dir = await project(files);
      process.env.VENUE = url;
      const paper = (...command: string[]) => run(dir, CLI, 'paper', '--no-overlay', '--', ...command);
      const log = () => readFile(join(dir, '.edgekeeper-paper/trial/without-overlay.log'), 'utf8');

      const first = await paper(process.execPath, 'bot.cjs');

      expect(first.out).toMatch(/Kept from leaving: \w+ to 127\.0\.0\.1:\d+ with the header X-MBX-APIKEY/);
      expect((await log()).match(/(order|deposits|coins) kept:/g)).toHaveLength(6);

      const dropping = await paper('sh', '-c', 'NODE_OPTIONS=--max-old-space-size=512 node trader.cjs');
      expect(await log(), dropping.out).not.toMatch(/SENT/);

      await paper(process.execPath, 'own.mjs');
      const own = await log();
      expect(own.match(/^kept: /gm)).toHaveLength(6);
      expect(own.match(/.*SENT/g)).toEqual(['public SENT']);

      delete process.env.VENUE;
      expect(asked.filter((each) => !each.startsWith('GET /public'))).toEqual([]);
      expect(asked.length).toBeGreaterThan(0);
    },
    180_000,
  );

  it.skipIf(!isBuilt)(
    title('unsaid from a command that is no Node'),
    async () => {
      const dir = await project({});
      const { code, out } = await run(dir, CLI, 'paper', '--no-overlay', '--', 'sh', '-c', 'echo hello');
      expect([code, out]).toEqual([
        1,
        expect.stringMatching(/BOT_FAILED.*never put on paper: hello.*was real/s),
      ]);
    },
    60_000,
  );
});

describe('a request', () => {
  it.each<[string, [string, string][], unknown, RegExp | null]>([
    ['https://api.binance.com/api/v3/ticker?symbol=BTCUSDT', [['user-agent', 'x']], null, null],
    ['https://api.binance.com/api/v3/order?symbol=X&signature=ab', [], null, /signature in its address/],
    ['https://api.bybit.com/v5/order/create', [['X-BAPI-SIGN', 'a']], '{}', /X-BAPI-SIGN/],
    ['https://www.okx.com/api/v5/trade/order', [['OK-ACCESS-KEY', 'a']], '{}', /OK-ACCESS-KEY/],
    ['https://api.kraken.com/0/private/AddOrder', [['API-Sign', 'a']], 'nonce=1', /API-Sign/],
    ['https://api.hyperliquid.xyz/exchange', [], '{"action":{},"signature":{"r":"0x1"}}', /in its body/],
    ['https://api.hyperliquid.xyz/info', [], '{"type":"allMids"}', null],
    ['wss://ws-api.binance.com/ws-api/v3', [['Upgrade', 'websocket']], null, /takes orders/],
    ['wss://stream.bybit.com/v5/private', [['upgrade', 'websocket']], null, /takes orders/],
    ['wss://stream.binance.com:9443/ws/btcusdt@ticker', [['upgrade', 'websocket']], null, null],
    [
      'https://api.telegram.org/bot1:abc/sendMessage',
      [['content-type', 'application/json']],
      '{"text":"a signed letter"}',
      null,
    ],
    ['https://api.openai.com/v1/chat', [['authorization', 'Bearer x']], '{"design": 1}', null],
  ])('is told by its marks: %s', (url, headers, body, found) => {
    const why = signedBy(url, headers, body);
    if (found === null) expect(why).toBeNull();
    else expect(why).toMatch(found);
  });
});
