import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { calibrationReport } from '../../src/effect/calibration.ts';
import { effectStatement } from '../../src/effect/statement.ts';
import { overlayReport } from '../../src/monitor/report.ts';
import { ReportCollector, TRADES } from '../../src/report/collector.ts';
import { reportPage } from '../../src/report/page.ts';
import { type PageData, pageData } from '../../src/report/page-data.ts';
import { columnsOf } from '../../src/report/series.ts';
import { edgekeeper } from '../cli/run-cli.ts';
import { engineWith, HOUR, START } from '../fixtures.ts';

const EVIL = '</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028"\'';

/** What a page shows of an engine that a bot called so traded on. */
function dataOf(name: string | null, trades = 3): PageData {
  const engine = engineWith();
  const collector = new ReportCollector('1h');
  let seq = 0;
  engine.subscribe((event) => {
    if (
      event.type !== 'error' &&
      event.type !== 'weight' &&
      event.type !== 'status' &&
      event.type !== 'shadow'
    ) {
      seq += 1;
      collector.take({ seq, time: event.time, event });
    }
  });
  for (let i = 0; name !== null && i < trades; i += 1) {
    const time = START + i * HOUR;
    const signal = { strategy: name, symbol: 'BTC/USDT', side: 'long', time, stop: 90, size: 1 } as const;
    const decision = engine.decide(signal);
    const at = { entryTime: time, exitTime: time + 1000, entryPrice: 100, stop: 90, size: 1 };
    engine.recordTrade({
      id: `t${i}`,
      strategy: name,
      symbol: 'BTC/USDT',
      pnl: (i % 3) - 1,
      ...at,
      decision,
    });
    engine.recordEquity({ time: time + 2000, equity: 1000 + i });
  }
  const { ledger } = collector;
  return pageData({
    title: 'a test',
    engine,
    collector,
    report: overlayReport(engine),
    effect: effectStatement(ledger),
    calibration: calibrationReport(ledger.outcomes),
    sentence: 'INCONCLUSIVE, so far.',
  });
}

const dataIn = (page: string): PageData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!) as PageData;

describe('a report page', () => {
  it('loads nothing: all is in the file', async () => {
    const page = await reportPage(dataOf('S'));
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'/);
    expect(page).not.toMatch(/<(link|img|iframe)|src\s*=\s*["']http|@import|url\(/);
    expect(page.length).toBeLessThan(150_000);
  });

  it('keeps what the host says as text, and shows it as it is', async () => {
    const name = EVIL.slice(0, 100);
    const page = await reportPage({ ...dataOf('S'), title: EVIL, alerts: [EVIL], regimes: [EVIL] });
    expect(page.match(/<script/g)).toHaveLength(5);
    expect(page).not.toContain('<img');
    expect(dataIn(page)).toMatchObject({ title: EVIL, alerts: [EVIL] });
    expect(dataIn(await reportPage(dataOf(name.replaceAll(/[^\x20-\x7e]/g, '')))).strategies).toHaveLength(1);
    // Text is put in as text alone.
    const scripts = await readFile(new URL('../../src/report/assets/report.js', import.meta.url), 'utf8');
    expect(scripts).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  });

  it('has the figures of the report, whose curves begin and end where the account did', () => {
    const data = dataOf('S', 9);
    expect(data.strategies).toMatchObject([{ name: 'S', trades: 9, pnl: 0 }]);
    expect(data.equity).toMatchObject({ isTwin: true });
    expect(data.trades).toMatchObject({ all: 9 });
    expect(data.trades.latest[0]).toEqual(expect.arrayContaining([START + 1000, 'S', 'BTC/USDT', 'long']));
    const [times, withOverlay] = data.equity!.columns;
    expect(times.length).toBe(withOverlay!.length);
  });

  it('is bounded, however long the record is', () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => [i * 1000, i] as const);
    const [times, values] = columnsOf(rows, 1);
    expect(times.length).toBeLessThan(900);
    expect([values![0], values!.at(-1)]).toEqual([0, 99_999]);
    const { trades } = dataOf('S', TRADES + 500);
    expect(trades.all).toBe(TRADES + 500);
    expect(trades.latest).toHaveLength(TRADES);
  });

  it('is made of a state directory, and refuses a place where no file can be', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const state = join(dir, 'state');
    await edgekeeper('paper', '--to', '2024-02-10', '--state-dir', state);
    const file = join(dir, 'report.html');
    const { code, out } = await edgekeeper('report', '--html', file, '--state-dir', state);
    expect([code, out]).toEqual([0, expect.stringMatching(/report\.html: open it/)]);
    const data = dataIn(await readFile(file, 'utf8'));
    expect(data.strategies.map(({ name }) => name)).toEqual(['EMA_Trend', 'FVG_Pattern', 'RSI_Reversal']);
    expect(data.prices.map(({ symbol }) => symbol)).toEqual(['BTC/USDT', 'ETH/USDT', 'SOL/USDT']);
    const refused = await edgekeeper('report', '--html', '/proc/nowhere/r.html', '--state-dir', state);
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/STATE_UNWRITABLE/)]);
  }, 60_000);

  const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  it.skipIf(chromium === undefined)(
    'is shown by a browser, full, empty and hostile (skipped without chromium)',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
      const shown = async (data: PageData) => {
        const file = join(dir, 'page.html');
        await writeFile(file, await reportPage(data));
        const args = [
          '--headless',
          '--no-sandbox',
          '--disable-gpu',
          '--virtual-time-budget=3000',
          '--dump-dom',
          `file://${file}`,
        ];
        return spawnSync(chromium!, args, { encoding: 'utf8', timeout: 60_000 }).stdout;
      };
      const full = await shown(dataOf('Trend', 30));
      expect(full).toMatch(/All 30 trades/);
      expect(full.match(/<canvas/g)!.length).toBeGreaterThan(2);
      const none = await shown(dataOf(null));
      expect(none).toMatch(/Nobody tells the equity.*No strategy is known yet.*No trade is closed yet/s);
      const hostile = await shown({ ...dataOf('S'), title: EVIL });
      expect(hostile).toContain('&lt;img src=x');
      expect(hostile).not.toMatch(/<img/);
    },
    120_000,
  );
});
