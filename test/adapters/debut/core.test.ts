import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { HOUR, walk } from '../../fixtures.ts';
import { PRELOAD, startLoopback } from './loopback.ts';

const DAY = 24 * HOUR;
/** A built checkout of Debut's core, with its modules. */
const core = process.env.DEBUT_DIR;
const root = fileURLToPath(new URL('../../../', import.meta.url));
const isBuilt = existsSync(join(root, 'dist/adapters/debut/index.js'));
const why = !core ? 'set DEBUT_DIR to a built checkout of it' : 'run npm run build first';
const title = (name: string) => (core && isBuilt ? name : `${name}: skipped, ${why}`);

const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill();
});

function run(cwd: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd }, (error, stdout, stderr) =>
      error ? reject(new Error(`${args.join(' ')}: ${stdout}${stderr}`)) : resolve(`${stdout}${stderr}`),
    );
  });
}

/** The example as a newcomer has it: copied beside the core, and compiled with the core's own TypeScript. */
async function example(): Promise<string> {
  const dir = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'my-bot');
  cpSync(join(root, 'examples/debut'), dir, { recursive: true });
  const modules = join(dir, 'node_modules');
  for (const scope of ['@debut', '@types']) mkdirSync(join(modules, scope), { recursive: true });
  for (const [name, target] of [
    ['@debut/community-core', core!],
    ['@debut/types', realpathSync(join(core!, 'node_modules/@debut/types'))],
    ['@types/node', join(root, 'node_modules/@types/node')],
    ['edgekeeper', root],
  ] as const)
    symlinkSync(target, join(modules, name));
  writeFileSync(join(dir, '.tokens.json'), '{"binance":"none","binanceSecret":"none"}');
  expect(await run(dir, join(core!, 'node_modules/typescript/bin/tsc'), '-p', '.')).toBe('');
  return dir;
}

const candlesFrom = (start: number, days: number) =>
  walk(24 * days, 11, { start, volatility: 0.01, price: 40_000 }).map(
    ({ time, open: o, high: h, low: l, close: c, volume: v }) => ({ time, o, h, l, c, v }),
  );

/** Fills the cache that the tester reads instead of asking the exchange, some days before today and after. */
function fillHistory(dir: string, days: number): void {
  const first = Math.floor(Date.now() / DAY) * DAY - days * DAY;
  const candles = candlesFrom(first, days);
  const folder = join(dir, 'history/binance/BTCUSDT/1h');
  mkdirSync(folder, { recursive: true });
  for (let day = 0; day < days; day += 1) {
    const from = first + day * DAY;
    const file = join(folder, `${from / 1e5}-${(from + DAY) / 1e5}.txt`);
    writeFileSync(file, JSON.stringify(candles.slice(24 * day, 24 * (day + 1))));
  }
}

const ARGS = ['--bot=Follow', '--ticker=BTCUSDT', '--days=60', '--gap=5'];
const found = (text: string, name: string): number[] =>
  [...text.matchAll(new RegExp(`${name}: (-?[\\d.]+)`, 'g'))].map(([, value]) => Number(value));

describe.skipIf(!core || !isBuilt)(title("the example on Debut's own core"), () => {
  it('runs in the tester, where what the plugin books is what the bot made', async () => {
    const dir = await example();
    fillHistory(dir, 70);
    const out = await run(dir, join(core!, 'lib/cli/tester.js'), ...ARGS);
    expect(out).toContain('Tested in 1440 candles');
    const [closed] = found(out, 'closed');
    expect(closed).toBeGreaterThan(10);
    expect(found(out, 'trades')).toEqual([closed]);
    expect(found(out, 'decisions')[0]).toBeGreaterThanOrEqual(closed!);
    expect(out).toContain('errors: {}');
  }, 120_000);

  it('runs in the genetic optimiser, whose score prefers what earns more', async () => {
    const dir = await example();
    fillHistory(dir, 70);
    const out = await run(
      dir,
      join(core!, 'lib/cli/genetic.js'),
      ...ARGS,
      '--gen=6',
      '--pop=300',
      '--best=1',
    );
    // Workers that start before their bots do leave a generation empty, and every score the same.
    const means = found(out, 'mean').filter((mean, i) => found(out, 'stdev')[i]! > 0 && mean > -500);
    expect(means.length).toBeGreaterThan(0);
    expect(found(out, 'maximum').at(-1)).toBeGreaterThan(means[0]!);
    expect(found(out, 'closed').at(-1)).toBeGreaterThanOrEqual(10);
  }, 300_000);

  it('runs on paper, over a restart, and sends the venue nothing', async () => {
    const dir = await example();
    writeFileSync(join(dir, 'preload.cjs'), PRELOAD);
    const venue = await startLoopback(core!, candlesFrom(Date.UTC(2024, 0, 1), 60));
    /** Runs the bot until the venue has sent so many candles; what it kept then. */
    async function paper(until: number): Promise<{ trades: number; time: number }> {
      const env = { ...process.env, VENUE_PORT: String(venue.port) };
      const bot = spawn(process.execPath, ['-r', './preload.cjs', 'out/paper.js'], { cwd: dir, env });
      running.push(bot);
      let said = '';
      bot.stdout.on('data', (text) => {
        said += text;
      });
      const ended = new Promise((resolve) => bot.once('exit', resolve));
      while (venue.sent < until) await new Promise((resolve) => setTimeout(resolve, 20));
      bot.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(said).toMatch(/Follow trades BTCUSDT on paper\n\d open, \d+ trades, \d+ decisions, \w+; kept/);
      return JSON.parse(readFileSync(join(dir, 'snapshot.json'), 'utf8')).pluginsData.edgekeeper;
    }
    const first = await paper(700);
    const second = await paper(1440);
    venue.close();
    expect(first.trades).toBeGreaterThan(3);
    expect(second.trades).toBeGreaterThan(first.trades);
    expect(second.time).toBeGreaterThan(first.time);
    expect(venue.orders).toBe(0);
  }, 120_000);
});
