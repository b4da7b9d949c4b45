import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { parseConfig } from '../../src/index.ts';
import { wallClock } from '../../src/node/clock.ts';
import { LowdbStateStore } from '../../src/node/index.ts';
import { DATA, engineWith, hasData, WITHOUT_DATA } from '../fixtures.ts';
import { edgekeeper } from './run-cli.ts';

const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

async function file(text: string): Promise<string> {
  const path = join(await directory(), 'edgekeeper.json');
  await writeFile(path, text);
  return path;
}

describe('edgekeeper paper', () => {
  let dir = '';
  let first = { code: -1, out: '', err: '' };
  const run = (...args: string[]) => edgekeeper('paper', '--to', '2024-03-01', '--state-dir', dir, ...args);
  beforeAll(async () => {
    dir = await directory();
    first = await run('--full');
  });

  it('ends with what happened on one screen, and prints no more unless it is asked to', async () => {
    const { out } = await run();
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(23);
    for (const line of lines)
      if (!line.includes('npx edgekeeper')) expect([...line].length).toBeLessThanOrEqual(80);
    expect(first.out.endsWith(out)).toBe(true);
    expect(out).toMatch(
      /What was planted.*FVG_Pattern +an edge at all times.*RSI_Reversal +an edge, lost 2024-02-\d\d/s,
    );
    expect(out).toMatch(/Equity with the overlay: 10,000 -> [\d,]+\n *\d+┤.*without it: 10,000 -> /s);
    expect(out).toMatch(/INCONCLUSIVE|IMPROVES|HARMS/);
    const elsewhere = ['--state-dir', await directory()];
    const { out: alone } = await edgekeeper('paper', '--to', '2024-01-10', '--no-overlay', ...elsewhere);
    expect(alone).toMatch(/Equity without the overlay: 10,000 -> /);
  });

  it('prints the whole report and what to try next, and leaves its state behind', async () => {
    expect(first).toMatchObject({ code: 0, err: '' });
    for (const part of [
      'Strategies',
      'EMA_Trend',
      'FVG_Pattern',
      'RSI_Reversal',
      'Strategy x regime',
      'Signals',
      'Top reasons',
      'Latest changes',
      'With and without the overlay',
      'npx edgekeeper report',
    ]) {
      expect(first.out).toContain(part);
    }
    expect((await readdir(dir)).sort()).toEqual([
      'journal',
      'lease',
      'logs',
      'on',
      'paper-report.json',
      'state.json',
    ]);
  });

  it('prints the same report byte for byte again', async () => {
    expect((await run('--full')).out).toBe(first.out);
  });

  it('prints JSON for machines', async () => {
    const { out } = await run('--json', '--no-overlay');
    expect(JSON.parse(out)).toMatchObject({
      overlay: null,
      baseline: { startBalance: 10_000 },
      run: { symbols: ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'] },
    });
  });

  it('can be asked for afterwards, as a report and as a status', async () => {
    const again = await directory();
    await edgekeeper('paper', '--to', '2024-02-01', '--state-dir', again);
    expect((await edgekeeper('report', '--state-dir', again)).out).toContain('With and without the overlay');
    expect((await edgekeeper('status', '--state-dir', again)).out).toMatch(
      /Switches {2}enabled on.*P\(edge\)/s,
    );
    expect(JSON.parse((await edgekeeper('status', '--json', '--state-dir', again)).out)).toMatchObject({
      optimizationEnabled: { enabled: { enabled: true } },
    });
  });

  it('ends at once when it is told to, and can be started again', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const stop = new AbortController();
    let err = '';
    const code = runCli(['paper', '--state-dir', dir], {
      out: () => undefined,
      err: (text) => {
        err += text;
      },
      clock: wallClock,
      signal: stop.signal,
      terminal: process.stderr,
      logLevel: 'silent',
    });
    setTimeout(() => stop.abort(), 300);
    expect(await code).toBe(130);
    expect(err).toMatch(/Stopped at 2024-.*Start it again/);
    expect((await edgekeeper('status', '--state-dir', dir)).code).toBe(0);
    expect((await edgekeeper('paper', '--state-dir', dir, '--to', '2024-01-10')).code).toBe(0);
  });

  it('takes symbols, seed, balance and a configuration', async () => {
    const config = await file('{"edgekeeper":{"evidence":"literal"},"bot":{"anything":1}}');
    const { out } = await run(
      '--json',
      '--symbols',
      'ETH/USDT',
      '--seed',
      '9',
      '--balance',
      '500',
      '--config',
      config,
    );
    const report = JSON.parse(out);
    expect(report.run).toMatchObject({ source: 'a generated market (seed 9)', symbols: ['ETH/USDT'] });
    expect(report.baseline.startBalance).toBe(500);
    expect(report.overlay.reasons.map(({ reason }: { reason: string }) => reason)).toContain(
      'QUALITY_BLOCKED',
    );
  });

  it.each([
    [['--symbols', 'FOO/USDT'], /SYMBOL_UNKNOWN.*"FOO\/USDT" in the generated market.*BTC\/USDT/s],
    [['--exchange', 'binanse'], /EXCHANGE_UNKNOWN.*"binanse".*binance/s],
    [['--timeframe', '7x'], /TIMEFRAME_UNKNOWN.*"7x".*5m, 1h or 1d/s],
    [['--candles', '/nowhere'], /CANDLES_MISSING.*\/nowhere/s],
    [['--exchange', 'binance', '--candles', 'x'], /OPTION_INVALID.*--exchange with --candles/s],
    [['--config', '/nowhere.json'], /CONFIG_INVALID.*cannot be read/s],
    [['--from', '2024-02-01', '--to', '2024-01-01'], /OPTION_INVALID.*not after/s],
  ])('refuses %j with a coded error', async (args, message) => {
    const { code, out, err } = await edgekeeper('paper', '--state-dir', await directory(), ...args);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(message);
  });

  it.each([
    [['--sedd', '1'], /unknown option '--sedd'.*--seed/s],
    [['--seed', 'abc'], /whole number/],
    [['--from', 'yesterday'], /2024-01-31/],
    [['--balance', '-5'], /number from 1/],
  ])('refuses the wrong use %j', async (args, message) => {
    const { code, err } = await edgekeeper('paper', ...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('refuses a state directory that cannot be written, and one that holds the state of a live run', async () => {
    const path = await file('{}');
    expect((await edgekeeper('paper', '--state-dir', join(path, 'state'))).err).toMatch(/STATE_UNWRITABLE/);
    const live = await directory();
    const store = new LowdbStateStore(live);
    await store.save(() => ({ origin: 'live', options: {}, seq: 1, walk: engineWith().walk() }));
    const before = await readFile(store.file, 'utf8');
    expect((await edgekeeper('paper', '--to', '2024-01-05', '--state-dir', live)).err).toMatch(
      /STATE_OCCUPIED/,
    );
    expect(await readFile(store.file, 'utf8')).toBe(before);
  });

  it('refuses a state that is broken, and leaves it as it is', async () => {
    const broken = await directory();
    await writeFile(join(broken, 'state.json'), '{"format":"edgekeeper-st');
    const { code, err } = await edgekeeper('paper', '--to', '2024-01-05', '--state-dir', broken);
    expect(code).toBe(1);
    expect(err).toMatch(/STATE_CORRUPT.*state\.json/s);
    expect(await readFile(join(broken, 'state.json'), 'utf8')).toBe('{"format":"edgekeeper-st');
  });

  it.skipIf(!hasData)(
    `trades real candles (${hasData ? 'two symbols, half a year' : WITHOUT_DATA})`,
    async () => {
      const dir = await directory();
      const { code, out } = await edgekeeper(
        'paper',
        '--json',
        '--state-dir',
        dir,
        '--candles',
        join(DATA, 'candles/1h'),
        '--symbols',
        'BTC/USDT,SOL/USDT',
        '--from',
        '2021-01-01',
        '--to',
        '2021-07-01',
      );
      expect(code).toBe(0);
      const report = JSON.parse(out);
      expect(report.run.candles).toBe(2 * (181 * 24 - 7));
      expect(report.overlay.account.trades).toBeGreaterThan(50);
    },
  );
});

describe('edgekeeper config', () => {
  it('checks a file', async () => {
    expect(await edgekeeper('config', 'check', await file('{"maxWeight":1.5}'))).toMatchObject({
      code: 0,
      err: '',
    });
    for (const [text, message] of [
      ['{"minQualityTreshold":0.6}', /Did you mean minQualityThreshold/],
      ['{"minWinRate":52}', /write 0.52 for 52%/],
      ['{"baseWeights":{"a":5}}', /baseWeights.a = 5/],
      ['{"a":', /that is not JSON/],
      ['[1]', /an array of 1/],
      ['{"ccxt":{"sizng":"veto-only"}}', /ccxt: .*sizng/],
      ['{"ccxt":{"sizing":"all"}}', /ccxt\.sizing/],
      ['{"ccxt":{"identify":"./gone.mjs"}}', /no file \.\/gone\.mjs beside it/],
    ] as const) {
      const { code, err } = await edgekeeper('config', 'check', await file(text));
      expect(code).toBe(1);
      expect(err).toMatch(message);
    }
  });

  it('prints every option and its schema', async () => {
    expect(JSON.parse((await edgekeeper('config', 'print')).out)).toEqual(
      JSON.parse(JSON.stringify(parseConfig())),
    );
    expect(
      JSON.parse((await edgekeeper('config', 'print', await file('{"preset":"aggressive"}'))).out).maxWeight,
    ).toBe(3);
    expect(JSON.parse((await edgekeeper('config', 'schema')).out).properties.enabled.type).toBe('boolean');
  });
});

describe('edgekeeper', () => {
  it('lists its commands, of which none is loaded, as each says of itself', async () => {
    const listed = await edgekeeper('--help');
    // Whoever asks for help on any command has all of them loaded.
    const loaded = await edgekeeper('help');
    expect(listed.out).toContain('force [options] <strategy> <status>');
    expect(listed.out).toBe(loaded.out);
  });

  it('says its version, and what there is where nothing is asked of it', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect(await edgekeeper('--version')).toMatchObject({ code: 0, out: `${version}\n`, err: '' });
    for (const [bare, shown] of [
      [[], 'edgekeeper paper'],
      [['journal'], 'verify'],
      [['config'], 'schema'],
    ] as const) {
      const { code, out, err } = await edgekeeper(...bare);
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain(shown);
    }
  });

  it('says what is wrong as JSON where machines asked', async () => {
    const missing = await edgekeeper('status', '--json', '--state-dir', await directory());
    expect([missing.code, missing.out]).toEqual([1, '']);
    expect(JSON.parse(missing.err).error).toMatchObject({ code: 'STATE_MISSING', hint: expect.any(String) });
    const wrong = await edgekeeper('status', '--json', '--nonsense');
    expect(wrong.code).toBe(2);
    expect(JSON.parse(wrong.err).error).toMatchObject({ code: 'OPTION_INVALID' });
  });

  it('finds nothing to verify or export in a folder that is not there', async () => {
    for (const command of ['verify', 'export']) {
      const { code, err } = await edgekeeper('journal', command, '--state-dir', '/tmp/no-such-folder');
      expect([code, err]).toEqual([1, expect.stringMatching(/STATE_MISSING/)]);
    }
  });

  it('teaches by --help', async () => {
    const { code, out } = await edgekeeper('--help');
    expect(code).toBe(0);
    expect(out).toMatch(/First steps:.*edgekeeper paper/s);
    expect((await edgekeeper('paper', '--help')).out).toContain('--slippage');
  });

  it('says what to do where there is no state yet', async () => {
    const { code, err } = await edgekeeper('status', '--state-dir', await directory());
    expect(code).toBe(1);
    expect(err).toMatch(/STATE_MISSING.*edgekeeper paper/s);
    expect((await edgekeeper('report', '--state-dir', await directory())).code).toBe(1);
  });
});
