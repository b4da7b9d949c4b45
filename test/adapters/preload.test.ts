import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/index.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { replayMarket } from '../../src/paper/market-rules.ts';
import { isBuilt, projectOfOne, root, run, title } from './installed.ts';

const PRELOAD = ['--import', 'edgekeeper/ccxt/preload'];
const CLI = join(root, 'dist/src/cli/main.js');

/** An exchange of the bot's own making, on ccxt's base class: it fills at once, and notes what it is asked. */
const VENUE = `
  import ccxt from 'ccxt';
  export const requests = [];
  export class Venue extends ccxt.Exchange {
    describe() { return this.deepExtend(super.describe(), { id: 'venue', has: { fetchOrder: true } }); }
    async fetchMarkets() { requests.push('fetchMarkets'); return [${JSON.stringify(replayMarket('BTC/USDT', 100))}]; }
    async fetchTicker(symbol) { return { symbol, last: 100 }; }
    async createOrder(symbol, type, side, amount) {
      await this.loadMarkets();
      return { id: 'o1', symbol, type, side, amount, filled: amount, average: 100, status: 'closed', fee: { currency: 'USDT', cost: 0 } };
    }
    async fetchOrder(id, symbol) { requests.push('fetchOrder'); return { id, symbol, status: 'open', filled: 0 }; }
  }
`;
const BUYER = `
  import { Venue } from './venue.mjs';
  const venue = new Venue({ enableRateLimit: false });
  await venue.loadMarkets();
  await venue.createOrder('BTC/USDT', 'market', 'buy', 1);
  console.log('bought');
  process.exit(0);
`;

const LOOK = `
  import { Venue } from './venue.mjs';
  console.log(Object.hasOwn(new Venue(), 'createOrder') ? 'overlaid' : 'as it is');
`;

/** As much of ccxt's Exchange as being attached to needs. */
const SMALL = `class Exchange {
  constructor() { this.id = 'small'; this.has = {}; this.afterConstruct(); }
  afterConstruct() {}
  async createOrder() { return {}; }
  milliseconds() { return Date.now(); }
}`;

async function decisionsIn(dir: string): Promise<Decision[]> {
  const decisions: Decision[] = [];
  await readJournal(join(dir, '.edgekeeper/journal'), 0, ({ event }) => {
    if (event.type === 'decision') decisions.push(event.decision);
  });
  return decisions;
}

describe('a bot with the preload', () => {
  it.skipIf(!isBuilt)(
    title('leaves a record of its decisions however it ends, also of the veto that ended it'),
    async () => {
      const dir = await projectOfOne({ 'venue.mjs': VENUE, 'bot.mjs': BUYER });
      expect(await run(dir, ...PRELOAD, 'bot.mjs')).toMatchObject({
        code: 0,
        out: expect.stringMatching(/bought/),
      });
      expect(await decisionsIn(dir)).toMatchObject([{ action: 'execute' }]);

      const forced = await run(dir, CLI, 'force', 'bot', 'SUSPENDED', '--reason', 'news');
      expect(forced).toMatchObject({ code: 0, out: expect.stringMatching(/next start/) });
      const status = await run(dir, CLI, 'status');
      expect(status.out).toMatch(/bot/);

      const { code, out } = await run(dir, ...PRELOAD, 'bot.mjs');
      expect(out).toMatch(/edgekeeper blocked bot BTC\/USDT buy: STRATEGY_SUSPENDED/);
      expect(code).toBe(1);
      expect(await decisionsIn(dir)).toMatchObject([{ action: 'execute' }, { action: 'block' }]);
      expect(await run(dir, CLI, 'journal', 'verify')).toMatchObject({ code: 0 });
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('knows an order by the module that its file names, and by its symbol'),
    async () => {
      const ccxt = { strategies: { 'BTC/USDT': 'Trend' }, identify: './orders.mjs' };
      const dir = await projectOfOne({
        'venue.mjs': VENUE,
        'bot.mjs': BUYER,
        'edgekeeper.json': JSON.stringify({ ccxt }),
        'orders.mjs': 'export default ({ amount }) => ({ confidence: amount / 2 });',
      });
      expect(await run(dir, ...PRELOAD, 'bot.mjs')).toMatchObject({ code: 0 });
      expect(await decisionsIn(dir)).toMatchObject([
        { strategy: 'Trend', edge: { quality: expect.any(Number) } },
      ]);

      await writeFile(join(dir, 'orders.mjs'), 'export const identify = () => ({});');
      const { code, out } = await run(dir, ...PRELOAD, 'bot.mjs');
      expect([code, out]).toEqual([0, expect.stringMatching(/stays OFF.*orders\.mjs without a function/s)]);
      expect(out).toMatch(/bought/);

      await writeFile(
        join(dir, 'orders.mjs'),
        'await new Promise((resolve) => setTimeout(resolve, 60_000));',
      );
      const slow = await run(dir, ...PRELOAD, 'bot.mjs');
      expect([slow.code, slow.out]).toEqual([0, expect.stringMatching(/stays OFF.*not loaded within/s)]);
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('starts as it is, at once, where the state can have no place'),
    async () => {
      const wrong: [stateDir: string, said: RegExp][] = [
        ['', /CONFIG_INVALID.*ccxt\.stateDir/s],
        ['/proc/nowhere', /STATE_UNWRITABLE.*\/proc\/nowhere/s],
      ];
      for (const [stateDir, said] of wrong) {
        const settings = JSON.stringify({ ccxt: { stateDir } });
        const dir = await projectOfOne({ 'venue.mjs': VENUE, 'bot.mjs': LOOK, 'edgekeeper.json': settings });
        const { code, out } = await run(dir, ...PRELOAD, 'bot.mjs');
        expect(out).toMatch(/as it is/);
        expect(out).toMatch(said);
        expect(out.match(/^edgekeeper: /gm)).toHaveLength(1);
        expect(code).toBe(0);
      }
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('has the overlay also where its log cannot be written, and is told so once'),
    async () => {
      const places: Record<string, string>[] = [
        { '.edgekeeper/logs': 'a file' },
        { '.edgekeeper/logs/edgekeeper.log/x': 'a directory' },
      ];
      for (const files of places) {
        const dir = await projectOfOne({ 'venue.mjs': VENUE, 'bot.mjs': LOOK, ...files });
        const { code, out } = await run(dir, ...PRELOAD, 'bot.mjs');
        expect(out).toMatch(/overlaid/);
        expect(out.match(/the log cannot be written/g)).toHaveLength(1);
        expect(code).toBe(0);
      }
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('has the overlay on the ccxt beside its program as well, wherever it is started'),
    async () => {
      const copy = 'bots/one/node_modules/ccxt';
      const dir = await projectOfOne({
        [`${copy}/package.json`]: JSON.stringify({
          name: 'ccxt',
          exports: { '.': { import: './js/ccxt.js', require: './dist/ccxt.cjs' } },
        }),
        [`${copy}/js/package.json`]: '{"type":"module"}',
        [`${copy}/js/ccxt.js`]: `export default { Exchange: ${SMALL} };`,
        [`${copy}/dist/ccxt.cjs`]: `module.exports = { Exchange: ${SMALL} };`,
        'bots/one/bot.cjs': `
          const isOn = ({ Exchange }) => Object.hasOwn(new Exchange(), 'createOrder');
          import('ccxt').then((ccxt) => console.log(isOn(ccxt.default), isOn(require('ccxt'))));
        `,
      });
      const { code, out } = await run(dir, ...PRELOAD, 'bots/one/bot.cjs');
      expect(out).toMatch(/^true true$/m);
      expect(code).toBe(0);
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('is told in one line at its end that it made no exchange which the overlay sees'),
    async () => {
      const dir = await projectOfOne({
        'bot.mjs': "console.log('traded elsewhere');",
        'venue.mjs': VENUE,
        'look.mjs': LOOK,
      });
      const { code, out } = await run(dir, ...PRELOAD, 'bot.mjs');
      expect(out.match(/^edgekeeper: .*/gm)).toEqual([
        expect.stringMatching(/no exchange.*node_modules.ccxt/),
      ]);
      expect(code).toBe(0);
      expect((await run(dir, ...PRELOAD, 'look.mjs')).out).not.toMatch(/^edgekeeper: /m);
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('ends as soon as nothing is left to be asked'),
    async () => {
      const dir = await projectOfOne({
        'venue.mjs': VENUE,
        'bot.mjs': `${LOOK} console.log('done', Date.now());`,
      });
      const { out } = await run(dir, ...PRELOAD, 'bot.mjs');
      expect(Date.now() - Number(/done (\d+)/.exec(out)![1])).toBeLessThan(3000);
    },
    60_000,
  );

  it.skipIf(!isBuilt)(
    title('that has the overlay switched off runs as it is, and nothing is written'),
    async () => {
      const off = '{"edgekeeper":{"enabled":false},"ccxt":{}}';
      const dir = await projectOfOne({ 'venue.mjs': VENUE, 'bot.mjs': BUYER, 'edgekeeper.json': off });
      const { code, out } = await run(dir, ...PRELOAD, 'bot.mjs');
      expect(out).toMatch(/bought/);
      expect(out).not.toMatch(/alert|recovered|command/);
      expect(out.match(/^edgekeeper: .*/gm)).toEqual([expect.stringMatching(/off.*enabled/)]);
      expect(code).toBe(0);
      expect(existsSync(join(dir, '.edgekeeper'))).toBe(false);
    },
    60_000,
  );

  it.skipIf(!isBuilt)(
    title('is told once that its threads are without the overlay, not of those of its packages'),
    async () => {
      const dir = await projectOfOne({
        'venue.mjs': VENUE,
        'node_modules/logger/thread.mjs': "console.log('logging');",
        'worker.mjs': LOOK,
        'bot.mjs': `
          import './worker.mjs';
          import { once } from 'node:events';
          import { Worker } from 'node:worker_threads';
          const start = (path) => once(new Worker(new URL(path, import.meta.url)), 'exit');
          await start('./node_modules/logger/thread.mjs');
          console.log('threads of its own');
          await start('./worker.mjs');
          await start('./worker.mjs');
        `,
      });
      const { code, out } = await run(dir, ...PRELOAD, 'bot.mjs');
      expect(out.match(/overlaid|as it is/g)).toEqual(['overlaid', 'as it is', 'as it is']);
      expect(out.match(/^edgekeeper: .*thread.*without the overlay/gm)).toHaveLength(1);
      expect(code).toBe(0);
    },
    60_000,
  );
});
