import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replayMarket } from '../../src/paper/market-rules.ts';
import type { PaperReport } from '../../src/paper/report.ts';
import { isBuilt, projectOfOne, root, run, title } from '../adapters/installed.ts';

const CLI = join(root, 'dist/src/cli/main.js');
const PAPER = [CLI, 'paper', '--json', '--seed', '7', '--to', '2024-01-10'];

/** A bot as people write them. */
const BOT = await readFile(join(root, 'examples/paper-bot.mjs'), 'utf8');

/** A bot on live prices of a venue of its own, which rise so that none is vetoed; it ends by itself. */
const LIVE = `
  import ccxt from 'ccxt';
  class Venue extends ccxt.Exchange {
    describe() { return this.deepExtend(super.describe(), { id: 'venue', has: { fetchTicker: true } }); }
    async fetchMarkets() { return [${JSON.stringify(replayMarket('BTC/USDT', 100))}]; }
    async fetchTicker(symbol) { return { symbol, last: 100 + performance.now() / 10 }; }
    async createOrder() { console.log('A REAL ORDER'); }
  }
  const venue = new Venue({ enableRateLimit: false });
  await venue.loadMarkets();
  for (let i = 0; i < 4; i += 1) {
    const { filled } = await venue.createOrder('BTC/USDT', 'market', 'buy', 1);
    await venue.sleep(100);
    await venue.createOrder('BTC/USDT', 'market', 'sell', filled);
  }
  process.exit(0);
`;

describe("somebody's own bot on paper", () => {
  it.skipIf(!isBuilt)(
    title('lives through the candles with and without the overlay, and twice the same'),
    async () => {
      const config = { ccxt: { strategy: 'Mean', sizing: 'host-reads-position' } };
      const dir = await projectOfOne({ 'bot.mjs': BOT, 'edgekeeper.json': JSON.stringify(config) });
      const first = await run(dir, ...PAPER, '--', process.execPath, 'bot.mjs');
      expect(first.code, first.out).toBe(0);
      const report = JSON.parse(first.out) as PaperReport;
      expect(report.run).toMatchObject({ strategies: ['Mean'], timeframe: '1h' });
      const { overlay, baseline } = report;
      expect(baseline.trades).toBeGreaterThan(2);
      // The overlay saw what the account's own books say.
      expect(overlay!.strategies).toMatchObject([
        { strategy: 'Mean', performance: { trades: overlay!.account.trades } },
      ]);
      expect(overlay!.strategies[0]!.performance.totalPnl).toBeCloseTo(
        overlay!.account.byStrategy.Mean!.totalPnl,
        6,
      );

      const again = await run(dir, ...PAPER, '--', process.execPath, 'bot.mjs');
      expect(JSON.parse(again.out)).toEqual(report);
      expect(await run(dir, CLI, 'status', '--state-dir', '.edgekeeper-paper')).toMatchObject({ code: 0 });
    },
    180_000,
  );

  it.skipIf(!isBuilt)(
    title('trades on the live prices of its exchange until it ends, and sends nothing'),
    async () => {
      const dir = await projectOfOne({ 'bot.mjs': LIVE });
      const { code, out } = await run(dir, CLI, 'paper', '--json', '--', process.execPath, 'bot.mjs');
      expect(code, out).toBe(0);
      const { run: ran, overlay, baseline } = JSON.parse(out) as PaperReport;
      expect(ran.source).toBe('venue, live');
      expect([overlay!.account.trades, baseline.trades]).toEqual([4, 4]);
      for (const arm of ['with', 'without'])
        expect(await readFile(join(dir, `.edgekeeper-paper/trial/${arm}-overlay.log`), 'utf8')).not.toMatch(
          /REAL/,
        );
      // A replay would throw away what was learned live.
      const replay = await run(dir, ...PAPER, '--', process.execPath, 'bot.mjs');
      expect(replay.out).toMatch(/STATE_OCCUPIED/);
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('has its answers of other services in time, and is said to have ended where it ends by itself'),
    async () => {
      // Slower than a year of candles, faster than the time-out.
      const service = createServer((_request, response) => void setTimeout(() => response.end('"buy"'), 40));
      await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
      const { port } = service.address() as AddressInfo;
      const dir = await projectOfOne({
        'bot.mjs': `
          import ccxt from 'ccxt';
          const exchange = new ccxt.binance();
          for (let i = 0; i < 20; i += 1) {
            const late = new AbortController();
            const timer = setTimeout(() => late.abort(), 10_000);
            await (await fetch('http://127.0.0.1:${port}/signal', { signal: late.signal })).json();
            clearTimeout(timer);
            await exchange.createMarketBuyOrder('BTC/USDT', 0.001);
            await exchange.sleep(3_600_000);
          }
        `,
      });
      const { code, out } = await run(dir, ...PAPER, '--', process.execPath, 'bot.mjs');
      service.close();
      expect(code, out).toBe(0);
      expect(out).toMatch(/without-overlay ended by itself at 2024-01-0\d/);
      const { baseline } = JSON.parse(out.slice(out.indexOf('{'), out.lastIndexOf('}') + 1)) as PaperReport;
      expect(baseline.fills).toBe(20);
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('that breaks down on the way is shown as far as it came, with what it holds from the start'),
    async () => {
      const breaks = BOT.replace(
        'held.set(',
        "if (held.size === 0) setTimeout(() => { throw new Error('a bug'); }); held.set(",
      );
      const dir = await projectOfOne({ 'bot.mjs': breaks });
      const { code, out } = await run(
        dir,
        ...PAPER,
        '--balance',
        'USDT=10000,BTC=1',
        '--',
        process.execPath,
        'bot.mjs',
      );
      expect(code, out).toBe(0);
      expect(out).toMatch(/with-overlay broke down on the way/);
      const { baseline } = JSON.parse(out.slice(out.indexOf('{'), out.lastIndexOf('}') + 1)) as PaperReport;
      expect(baseline.fills).toBeGreaterThan(0);
      expect(baseline.fills).toBeLessThan(4);
      expect(baseline.startBalance).toBeGreaterThan(30_000);
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('ends with its last words where it breaks down, and is refused where a live state is'),
    async () => {
      const dir = await projectOfOne({
        'bot.mjs': "import ccxt from 'ccxt'; new ccxt.binance(); throw new Error('no luck');",
      });
      const broken = await run(dir, ...PAPER, '--', process.execPath, 'bot.mjs');
      expect(broken.code).toBe(1);
      expect(broken.out).toMatch(/BOT_FAILED.*no luck/s);
      const odd = await run(dir, ...PAPER, '--exchange', 'binance', '--', process.execPath, 'bot.mjs');
      expect(odd.out).toMatch(/OPTION_INVALID/);
      const missing = await run(dir, ...PAPER, '--', 'no-such-program');
      expect(missing.out).toMatch(/BOT_FAILED.*no-such-program/s);
    },
    120_000,
  );
});
