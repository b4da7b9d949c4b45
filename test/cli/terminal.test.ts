import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { OptimizationEngine } from '../../src/index.ts';
import { createLog, openOverlay, wallClock } from '../../src/node/index.ts';
import { feed, HOUR, START, signal } from '../fixtures.ts';
import { edgekeeper } from './run-cli.ts';

/** What a terminal would obey: colours and titles, a C1 sequence, a forged line, and text that runs backwards. */
const EVIL = '\u001b[31m\u001b]0;owned\u0007\u009b2J\rFORGED\nFORGED\u2028FORGED\u202egnp.exe\u2066\u007f';
const OBEYED = /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]/u;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { time: START, now: () => clock.time, sleep: wallClock.sleep };

/** What of it may be a name. */
const NAME = 'FORGED\u2028FORGED\u202egnp.exe\u2066';

let dir = '';
const [strategy, symbol] = [`s${NAME}`, `B/${NAME}`];

/** A life among names and reasons that somebody chose to do harm. What a door refuses is not in the record. */
function live(engine: OptimizationEngine): void {
  const attempt = (step: () => unknown) => {
    try {
      step();
    } catch {
      // It is refused.
    }
  };
  for (const name of [strategy, 'plain']) {
    const base = { strategy: name, symbol };
    attempt(() => feed(engine, [1, -1, 1], base, engine.time));
    attempt(() => feed(engine, [1], { strategy: `s${EVIL}` }, engine.time));
    attempt(() => engine.decide(signal({ ...base, id: `i${EVIL}`, time: engine.time + 1 })));
    attempt(() => engine.decide(signal({ ...base, side: EVIL as 'long', time: engine.time + 1 })));
    attempt(() =>
      engine.recordUnjudged({ ...base, time: engine.time + 1, reason: 'positionUnknown' as never }),
    );
    for (const status of ['SUSPENDED', 'ACTIVE'] as const)
      attempt(() =>
        engine.forceStatus(name, status, { time: engine.time + 1, actor: `a${NAME}`, reason: `r${EVIL}` }),
      );
    attempt(() => engine.updateOptimization(engine.time + HOUR));
    attempt(() => engine.countError(`CODE${EVIL}`, new Error(EVIL)));
    attempt(() => engine.decide(signal({ ...base, time: engine.time + 1 })));
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  const config = { baseWeights: { [strategy]: 1.1 } };
  const overlay = await openOverlay({ stateDir: dir, log, clock, config });
  clock.time += 2000 * HOUR;
  live(overlay.engine);
  await overlay.close();
});

/** Runs a command line, and looks at every byte that it writes. */
async function clean(...args: string[]) {
  const { code, out, err } = await edgekeeper(...args);
  for (const written of [out, err]) {
    expect(written).not.toMatch(OBEYED);
    expect(written).not.toMatch(/^\s*FORGED/m);
  }
  return { code, out, err };
}

describe('whatever names, reasons and files say, a terminal shows it and obeys none of it', () => {
  it.each([
    'status',
    'status --json',
    'report',
    'report --json',
    'effect',
    'effect --json',
    'why --last',
    'why --last --json',
    'audit',
    'audit --json',
    'flags',
    'flags --json',
    'journal verify',
    'journal export',
    'journal compact --keep-days 36500',
    'observe',
    'act',
    'resume',
    'enable all',
    'disable all',
    'reset weights',
    'rebase-peak',
    'force plain SUSPENDED --reason news',
    'rollback weights --to 2099-01-01',
    'config print',
    'config schema',
    '--help',
    'paper --help',
    'nonsense',
    'off',
  ])('in %s', async (line) => {
    const { code, out } = await clean(
      ...line.split(' '),
      ...(/help|config/.test(line) ? [] : ['--state-dir', dir]),
    );
    if (/^(status|report|audit|journal export)/.test(line))
      expect([code, out]).toEqual([0, expect.stringContaining('u202e')]);
  });

  it('in JSON, which says the same', async () => {
    const { out } = await clean('audit', '--json', '--state-dir', dir);
    expect(JSON.parse(out).map(({ why }: { why: string }) => why)).toContain(`r${EVIL}`);
  });

  it('in what they are told of strategies, by name', async () => {
    await clean('why', '--last', '--strategy', strategy, '--state-dir', dir);
    await clean('force', strategy, 'SUSPENDED', '--reason', EVIL, '--state-dir', dir);
    await clean('force', `${strategy}?`, 'SUSPENDED', '--reason', EVIL, '--state-dir', dir);
  });

  it('in arguments that are wrong', async () => {
    const state = ['--state-dir', dir];
    for (const args of [
      ['status', '--state-dir', EVIL],
      ['off', '--state-dir', EVIL],
      [EVIL],
      ['status', `--${EVIL}`],
      ['enable', EVIL, ...state],
      ['force', 'plain', EVIL, '--reason', 'r', ...state],
      ['reset', EVIL, ...state],
      ['rollback', EVIL, '--to', '2024-01-01', ...state],
      ['why', EVIL, ...state],
      ['journal', EVIL],
      ['config', 'check', EVIL],
      ['paper', '--symbols', EVIL, ...state],
      ['paper', '--timeframe', EVIL, ...state],
      ['paper', '--candles', EVIL, ...state],
      ['paper', '--exchange', EVIL, ...state],
      ['paper', '--config', EVIL, ...state],
    ]) {
      expect((await clean(...args)).code, args.join(' ')).not.toBe(0);
    }
  });

  it('in files of others: a configuration, a report, candles, an answer, a snapshot, a journal', async () => {
    const other = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const file = join(other, 'config.json');
    for (const text of [
      EVIL,
      JSON.stringify({ [EVIL]: 1 }),
      JSON.stringify({ evidence: EVIL }),
      `{"a":\n${EVIL}`,
    ]) {
      await writeFile(file, text);
      await clean('config', 'check', file);
      await clean('config', 'print', file);
      await clean('diff', '--config', file, '--state-dir', dir);
    }
    await writeFile(file, JSON.stringify({ baseWeights: { [EVIL]: 1, [strategy]: 1.2 } }));
    expect((await clean('config', 'check', file)).err).toMatch(/CONFIG_INVALID/);
    await clean('config', 'print', file);
    await clean('diff', '--config', file, '--state-dir', dir);
    await clean('diff', '--config', file, '--state-dir', dir, '--json');

    const state = join(other, 'state');
    expect((await clean('paper', '--to', '2024-01-20', '--state-dir', state)).code).toBe(0);
    const report = join(state, 'paper-report.json');
    const good = await readFile(report, 'utf8');
    const evil = JSON.stringify(EVIL).slice(1, -1);
    await writeFile(report, good.replaceAll('EMA_Trend', evil).replaceAll('BTC/USDT', evil));
    for (const json of [[], ['--json']]) {
      const { code, out } = await clean('report', '--state-dir', state, ...json);
      expect([code, out]).toEqual([0, expect.stringContaining('FORGED')]);
    }
    await writeFile(report, EVIL);
    expect((await clean('report', '--state-dir', state)).err).toMatch(/STATE_CORRUPT/);

    await writeFile(join(other, 'A_B-1h.csv'), `timestamp,open,high,low,close,volume\n${EVIL},1,1,1,1,1\n`);
    await clean('paper', '--candles', other, '--state-dir', join(other, 'candles'));
    await writeFile(join(other, 'A_B-1h.csv'), `${EVIL}\n`);
    await clean('paper', '--candles', other, '--state-dir', join(other, 'candles'));

    const tampered = join(other, 'tampered');
    await mkdir(tampered);
    const snapshot = await readFile(join(dir, 'state.json'), 'utf8');
    await writeFile(join(tampered, 'state.json'), snapshot.replaceAll(strategy, `s${evil}`));
    for (const command of ['status', 'report', 'flags']) {
      await clean(command, '--state-dir', tampered);
      await clean(command, '--json', '--state-dir', tampered);
    }

    await writeFile(join(state, 'state.json'), JSON.stringify({ format: EVIL }));
    await rm(join(state, 'journal'), { recursive: true });
    expect((await clean('status', '--state-dir', state)).err).toMatch(/STATE_CORRUPT/);
    const broken = join(other, 'broken');
    await mkdir(join(broken, 'journal'), { recursive: true });
    await writeFile(join(broken, 'journal', 'journal-000000000001.jsonl'), `${EVIL}\n${EVIL}\n{}\n`);
    expect((await clean('journal', 'verify', '--state-dir', broken)).code).toBe(1);
  });

  it('in the log, on the terminal as in its files', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const console_ = (console as unknown as { _stderr: NodeJS.WriteStream })._stderr;
    const also = console_ === process.stderr ? said : vi.spyOn(console_, 'write').mockReturnValue(true);
    const directory = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const log = createLog({ directory });
    log.warn(`m${EVIL}`, { [`f${EVIL}`]: EVIL, deep: { [EVIL]: EVIL } });
    await log.close();
    const written = [...said.mock.calls, ...also.mock.calls].map(([text]) => String(text)).join('');
    vi.restoreAllMocks();
    const file = await readFile(join(directory, 'edgekeeper.log'), 'utf8');
    expect(written).toContain('FORGED');
    for (const text of [written, file]) {
      expect(text).not.toMatch(OBEYED);
      expect(text).not.toMatch(/^\s*FORGED/m);
    }
    expect(JSON.parse(file).message).toBe(`m${EVIL}`);
  });
});
