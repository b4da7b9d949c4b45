import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLease } from '../../src/journal/lease.ts';
import { segmentsIn } from '../../src/journal/segment.ts';
import { type Overlay, openOverlay, wallClock } from '../../src/node/index.ts';
import { feed, HOUR, START, signal } from '../fixtures.ts';
import { eventually } from '../node/eventually.ts';
import { edgekeeper as run } from './run-cli.ts';

const edgekeeper = (...args: string[]) => run(...args, '--state-dir', dir);

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { now: () => START + 100 * HOUR, sleep: wallClock.sleep };
let dir = '';
let overlay: Overlay;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  overlay = await openOverlay({ stateDir: dir, log, clock, durability: 'everyEvent' });
});
afterEach(() => overlay.close().catch(() => undefined));

describe('while a bot runs', () => {
  it('every command that changes something says so to machines, too', async () => {
    for (const line of [
      'disable quality',
      'enable quality',
      'observe',
      'act',
      'reset health',
      'quality --threshold 0.6',
    ]) {
      const { code, out, err } = await edgekeeper(...line.split(' '), '--json');
      expect([line, err, code]).toEqual([line, '', 0]);
      expect(JSON.parse(out)).toEqual({ id: expect.any(String), isDone: true });
    }
    expect(JSON.parse((await edgekeeper('journal', 'verify', '--json')).out)).toMatchObject({ missing: [] });
  });

  it('switches go over to it and are acknowledged', async () => {
    expect(await edgekeeper('disable', 'quality', '--reason', 'too strict')).toMatchObject({
      code: 0,
      out: 'qualityFiltering is off.\n',
    });
    expect(overlay.engine.flags.qualityFiltering).toBe(false);
    expect((await edgekeeper('flags')).out).toMatch(/on {3}enabled\nOFF {2}qualityFiltering/);
    await edgekeeper('enable', 'quality');
    expect(overlay.engine.flags.qualityFiltering).toBe(true);
    expect(JSON.parse((await edgekeeper('flags', '--json')).out).qualityFiltering).toBe(true);
  });

  it('what a low score is, and what it does, can be changed, and is in the audit', async () => {
    const { out } = await edgekeeper(
      ...[
        'quality',
        '--threshold',
        '0.6',
        '--enforcement',
        'strict',
        '--regime',
        'RANGING=0.9',
        '--reason',
        'trial',
      ],
    );
    expect(out).toBe('Scores are judged by it from now on.\n');
    const { scorer } = overlay.engine;
    expect([scorer.minQualityThreshold, scorer.enforcement]).toEqual([0.6, 'strict']);
    expect(scorer.regimeAdjustments).toMatchObject({ RANGING: 0.9, TRENDING: 1.1 });
    const [entry] = JSON.parse((await edgekeeper('audit', '--json')).out).slice(-1);
    expect(entry).toMatchObject({ what: 'command setQuality', why: 'trial' });
    expect(JSON.parse(entry.before).minQualityThreshold ?? JSON.parse(entry.before).quality).toBeDefined();
    for (const wrong of [[], ['--threshold', '60'], ['--enforcement', 'harsh'], ['--regime', 'QUIET=1']])
      expect((await edgekeeper('quality', ...wrong)).code).not.toBe(0);
    expect(scorer.minQualityThreshold).toBe(0.6);
  });

  it('a status can be forced, for a time', async () => {
    feed(overlay.engine, [1, 1]);
    expect(
      (await edgekeeper('force', 'EMA_Trend', 'suspended', '--reason', 'news', '--for', '24h')).out,
    ).toBe('EMA_Trend is SUSPENDED.\n');
    expect(overlay.engine.manager.getStrategyHealth('EMA_Trend')).toMatchObject({
      status: 'SUSPENDED',
      reason: 'news',
      pinnedUntil: overlay.engine.time + 24 * HOUR,
    });
    const { code, err } = await edgekeeper('force', 'EMA_Tend', 'active', '--reason', 'typo');
    expect(code).toBe(1);
    expect(err).toMatch(/STRATEGY_UNKNOWN.*"EMA_Tend".*EMA_Trend/s);
  });

  it('a strategy that is trading but has closed nothing yet is known already', async () => {
    expect((await edgekeeper('status')).out).not.toContain('Newcomer');
    overlay.engine.decide(signal({ strategy: 'Newcomer', time: overlay.engine.time + 1 }));
    expect((await edgekeeper('status')).out).toMatch(/Newcomer +│ ACTIVE .* no position closed yet/);
    expect((await edgekeeper('report')).out).toContain('Newcomer');
    expect((await edgekeeper('force', 'Newcomer', 'suspended', '--reason', 'news')).out).toBe(
      'Newcomer is SUSPENDED.\n',
    );
    expect(
      overlay.engine.decide(signal({ strategy: 'Newcomer', time: overlay.engine.time + HOUR })),
    ).toMatchObject({
      action: 'block',
    });
  });

  it('weights go back to what they were at a time', async () => {
    let now = feed(overlay.engine, Array(30).fill(1));
    overlay.engine.updateOptimization(now);
    const then = overlay.engine.optimizer.getWeightsByCell();
    const at = new Date(now).toISOString();
    now = feed(overlay.engine, Array(30).fill(1), {}, now);
    overlay.engine.updateOptimization(now);
    expect(overlay.engine.optimizer.getWeightsByCell()).not.toEqual(then);
    for (const wrong of ['2001-01-01', '2099-01-01']) {
      const { code, err } = await edgekeeper('rollback', 'weights', '--to', wrong);
      expect([code, err]).toEqual([1, expect.stringMatching(/RECORD_INCOMPLETE.*which the journal knows/s)]);
    }
    const preview = await edgekeeper('rollback', 'weights', '--to', at);
    expect(preview.out).toMatch(/now -> then.*->.*Nothing was changed/s);
    expect((await edgekeeper('rollback', 'weights', '--to', at, '--yes')).code).toBe(0);
    for (const [strategy, { weight, cells }] of Object.entries(then)) {
      expect(overlay.engine.optimizer.getWeightForRegime(strategy, null)).toBe(weight);
      for (const [cell, value] of Object.entries(cells))
        expect(overlay.engine.optimizer.getWeightForRegime(strategy, cell as 'RANGING')).toBe(value);
    }
  });

  it('components go back to their baseline, and the peak to today', async () => {
    const now = feed(overlay.engine, Array(30).fill(1));
    overlay.engine.updateOptimization(now);
    overlay.engine.recordEquity({ time: now, equity: 100 });
    overlay.engine.recordEquity({ time: now + 1, equity: 80 });
    expect((await edgekeeper('reset', 'weights')).out).toBe('weights reset.\n');
    expect(overlay.engine.optimizer.getCurrentWeights()).toEqual({ EMA_Trend: 1 });
    await edgekeeper('rebase-peak');
    expect(overlay.engine.portfolio.drawdown).toBe(0);
  });

  it('everything is in the audit: when, who, what, before, after, why', async () => {
    const now = feed(overlay.engine, Array(30).fill(-1));
    overlay.engine.updateOptimization(now);
    await edgekeeper('disable', 'weighting', '--reason', 'holiday');
    const entries = JSON.parse((await edgekeeper('audit', '--json')).out) as Record<string, string>[];
    expect(entries.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'configuration',
        'status of EMA_Trend',
        'weights of EMA_Trend',
        'command setFlags',
      ]),
    );
    expect(entries.find(({ what }) => what === 'status of EMA_Trend')).toMatchObject({
      who: 'edgekeeper',
      before: 'ACTIVE',
      after: 'DEGRADED',
    });
    expect(entries.at(-1)).toMatchObject({ who: expect.stringContaining('command line'), why: 'holiday' });
    expect((await edgekeeper('audit', '--limit', '2')).out).toContain('holiday');
  });

  it('the audit is asked for a part of it: by type, strategy, actor and time', async () => {
    const now = feed(overlay.engine, Array(30).fill(-1));
    overlay.engine.updateOptimization(now);
    await edgekeeper('disable', 'weighting', '--reason', 'holiday');
    const audit = async (...options: string[]) =>
      JSON.parse((await edgekeeper('audit', '--json', ...options)).out) as Record<string, string>[];
    const each = await audit('--type', 'weight');
    expect(each.length).toBeGreaterThan(1);
    expect(each.map(({ what }) => what)).toContain('weight of EMA_Trend');
    expect((await audit('--strategy', 'EMA_Trend')).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['weight', 'status']),
    );
    expect((await audit('--actor', 'COMMAND LINE')).map(({ why }) => why)).toEqual(['holiday']);
    expect(await audit('--since', '2999-01-01')).toEqual([]);
    expect(await edgekeeper('audit', '--type', 'mood')).toMatchObject({
      code: 2,
      err: expect.stringContaining('weight, status, command, configuration, journal'),
    });
  });

  it('status and report show what happened since the last snapshot', async () => {
    feed(overlay.engine, [1, -1, 1]);
    expect((await edgekeeper('report')).out).toMatch(/EMA_Trend +│ +3 /);
    expect((await edgekeeper('status')).out).toContain('EMA_Trend');
  });

  it('off works at once', async () => {
    await edgekeeper('off');
    expect((await edgekeeper('flags')).out).toContain('OFF  enabled');
    await eventually(() => expect(overlay.engine.flags.enabled).toBe(false));
    await edgekeeper('enable', 'all');
    await eventually(() => expect(overlay.engine.flags.enabled).toBe(true));
  });
});

describe('while no bot runs', () => {
  it('a command waits for the next start, and says so', async () => {
    await overlay.close();
    expect((await edgekeeper('disable', 'all')).out).toContain('No bot is running');
    overlay = await openOverlay({ stateDir: dir, log, clock });
    expect(overlay.engine.flags.enabled).toBe(false);
  });

  it('a command that waits is listed, and can be taken back before anybody carries it out', async () => {
    await overlay.close();
    expect((await edgekeeper('commands')).out).toBe('No command waits for a bot.\n');
    await edgekeeper('disable', 'quality', '--reason', 'too strict');
    await edgekeeper('disable', 'all', '--reason', 'by mistake');
    const waiting = JSON.parse((await edgekeeper('commands', '--json')).out) as {
      id: string;
      what: string;
    }[];
    expect(waiting.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^setFlags \{"flags":\{"qualityFiltering":false\}\} by .*: too strict$/),
      expect.stringMatching(/by mistake$/),
    ]);
    expect((await edgekeeper('commands')).out).toContain('by mistake');
    expect(await edgekeeper('commands', 'cancel', waiting[1]!.id)).toMatchObject({
      code: 0,
      out: '1 command is taken back.\n',
    });
    expect(await edgekeeper('commands', 'cancel', waiting[1]!.id)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/COMMAND_INVALID.*edgekeeper commands/s),
    });
    overlay = await openOverlay({ stateDir: dir, log, clock });
    expect(overlay.engine.flags).toMatchObject({ enabled: true, qualityFiltering: false });
  });

  it('all commands that wait are taken back at once, whatever they are', async () => {
    await overlay.close();
    await edgekeeper('disable', 'all');
    await mkdir(join(dir, 'inbox/odd.json'));
    expect((await edgekeeper('commands')).out).toMatch(/odd {2}no command: /);
    expect((await edgekeeper('commands', 'cancel', 'all')).out).toBe('2 commands are taken back.\n');
    expect((await edgekeeper('commands')).out).toMatch(/No command waits/);
  });

  it.each([
    'off',
    'commands',
    'journal verify',
    'flags',
    'status',
    'report',
    'audit',
    'effect',
    'act',
    'observe',
    'resume',
    'rebase-peak',
    'enable all',
    'disable all',
    'reset weights',
    'force s SUSPENDED --reason news',
    'rollback weights --to 2024-01-31',
    'why --last',
  ])('%s in a directory that holds nothing, or not what a bot left, is refused', async (command) => {
    await overlay.close();
    await rm(dir, { recursive: true });
    for (const make of [() => undefined, () => mkdir(dir), () => writeFile(join(dir, 'notes.txt'), '')]) {
      await make();
      const { code, err } = await edgekeeper(...command.split(' '));
      expect(code).toBe(1);
      expect(err).toMatch(/STATE_MISSING/);
      expect(err).toContain(dir);
    }
    expect(await readdir(dir)).toEqual(['notes.txt']);
  });

  it('off works on a state that nothing else can read, and says where it cannot', async () => {
    await overlay.close();
    await writeFile(join(dir, 'state.json'), 'nonsense');
    await rm(join(dir, 'journal'), { recursive: true });
    expect((await edgekeeper('flags')).err).toMatch(/STATE_CORRUPT/);
    expect((await edgekeeper('off')).code).toBe(0);
    expect(await readdir(dir)).not.toContain('on');
    await mkdir(join(dir, 'on', 'below'), { recursive: true });
    expect((await edgekeeper('off')).err).toMatch(/STATE_UNWRITABLE/);
  });

  it('a command is known to wait at once after a clean end, and soon after a kill', async () => {
    feed(overlay.engine, [1]);
    await overlay.close();
    const lease = await takeLease(dir);
    const file = join(dir, 'lease', String(lease.epoch));
    const held = await readFile(file);
    await lease.release();
    await writeFile(file, held);
    expect((await edgekeeper('disable', 'all')).out).toContain('No bot is running');
  });

  it('what waits is counted by status, and nothing of it is touched', async () => {
    feed(overlay.engine, [1]);
    await overlay.close();
    await edgekeeper('disable', 'all');
    await writeFile(join(dir, 'inbox', '000-torn.json'), '{"type":');
    const before = await readdir(join(dir, 'inbox'));
    expect((await edgekeeper('status')).out).toContain("wait for the bot's next start: 2");
    expect(await readdir(join(dir, 'inbox'))).toEqual(before);
  });

  it.each([
    [['enable', 'everything'], /quality, weighting, retirement, all/],
    [['force', 'x', 'gone', '--reason', 'r'], /ACTIVE, DEGRADED, SUSPENDED, RETIRED/],
    [['reset', 'nothing'], /weights, health/],
    [['rollback', 'weights', '--to', 'yesterday'], /2024-01-31/],
    [['rollback', 'orders', '--to', '2024-01-01'], /weights/],
    [['force', 'x', 'active'], /--reason/],
  ])('the wrong use %j is refused with what is right', async (args, message) => {
    const { code, err } = await edgekeeper(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe('the journal', () => {
  it('is verified, and its first bad line named', async () => {
    feed(overlay.engine, Array(10).fill(1));
    await overlay.close();
    expect((await edgekeeper('journal', 'verify')).out).toMatch(/^\d+ lines, every one as it was written/);
    const [segment] = await segmentsIn(join(dir, 'journal'));
    const text = await readFile(segment!.path, 'utf8');
    const line = text.split('\n').findIndex((each) => each.startsWith('["t"')) + 1;
    await writeFile(segment!.path, text.replace(/^(\["t".*?),10,/m, '$1,11,'));
    const { code, err } = await edgekeeper('journal', 'verify');
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`JOURNAL_CORRUPT.*line ${line} of`, 's'));
  });

  it('is exported, as a whole or by type', async () => {
    feed(overlay.engine, [1, -1]);
    const trades = (await edgekeeper('journal', 'export', '--type', 'trade')).out.trim().split('\n');
    expect(trades.map((line) => JSON.parse(line).event.trade.r)).toEqual([1, -1]);
    expect((await edgekeeper('journal', 'export')).out.trim().split('\n').length).toBeGreaterThan(2);
  });

  it('is compacted to what the snapshot and the retention need, and read all the same', async () => {
    await overlay.close();
    const { Journal } = await import('../../src/journal/writer.ts');
    const end = await (await import('../../src/journal/reader.ts')).readJournal(
      join(dir, 'journal'),
      0,
      () => undefined,
    );
    const journal = new Journal({
      directory: join(dir, 'journal'),
      durability: 'os',
      after: end,
      segmentBytes: 2000,
    });
    for (let i = 1; i <= 200; i += 1) {
      journal.append({ type: 'equity', time: START + i, report: { time: START + i, equity: 1000 + i } }, []);
      if (i % 20 === 0) await journal.flush();
    }
    await journal.close();
    overlay = await openOverlay({ stateDir: dir, log, clock });
    await overlay.close();
    const before = (await readdir(join(dir, 'journal'))).length;
    expect((await edgekeeper('journal', 'compact', '--keep-days', '36500')).out).toBe(
      '0 segments dropped.\n',
    );
    expect((await edgekeeper('journal', 'compact', '--keep-days', '1')).out).toBe(
      `${before - 1} segments dropped.\n`,
    );
    expect((await edgekeeper('journal', 'verify')).code).toBe(0);
    overlay = await openOverlay({ stateDir: dir, log, clock });
    expect(overlay.engine.portfolio.equity).toBe(1200);
  });
});
