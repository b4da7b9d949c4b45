import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OptimizationEngine } from '../../src/index.ts';
import { auditEntries } from '../../src/journal/audit.ts';
import { legsOf } from '../../src/journal/course.ts';
import { findDecision } from '../../src/journal/find-decision.ts';
import { Missing } from '../../src/journal/missing.ts';
import { readJournal, readWhole } from '../../src/journal/reader.ts';
import { recordEvents } from '../../src/journal/recorder.ts';
import { weightsAt } from '../../src/journal/rollback.ts';
import { segmentsIn } from '../../src/journal/segment.ts';
import { indexOf, indexPath } from '../../src/journal/segment-index.ts';
import { Journal } from '../../src/journal/writer.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { AUTHOR, HOUR, START, signal, trade } from '../fixtures.ts';

let lived = '';
let engine: OptimizationEngine;
const HOURS = 60;

/** A state directory of sixty hours in segments of a few, in which each decision is closed twenty hours later. */
beforeAll(async () => {
  lived = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  engine = new OptimizationEngine({});
  const journal = new Journal({
    directory: join(lived, 'journal'),
    durability: 'interval',
    after: { seq: 0, hash: '' },
    segmentBytes: 3000,
  });
  recordEvents(engine, journal);
  engine.reconfigure({}, AUTHOR);
  const open: ReturnType<OptimizationEngine['decide']>[] = [];
  for (let i = 0; i < HOURS; i += 1) {
    const time = START + i * HOUR;
    const strategy = i === 3 ? 'RSI_Reversal' : 'EMA_Trend';
    open.push(engine.decide(signal({ id: `s${i}`, strategy, time, size: 1, stop: 90 })));
    const decision = open[i - 20];
    if (decision !== undefined && decision.multiplier > 0) {
      const r = i % 4 === 0 ? -1 : 1.5;
      engine.recordTrade(
        trade(r, {
          id: `t${i}`,
          strategy: decision.strategy,
          decision,
          entryTime: decision.time,
          exitTime: time,
        }),
      );
    }
    if (i % 10 === 9) engine.updateOptimization(time);
    if (i === 30) engine.setMode('observe', { ...AUTHOR, time });
    await journal.flush();
  }
  await journal.close();
});

async function copied(): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  await cp(lived, stateDir, { recursive: true });
  return stateDir;
}

const segments = (stateDir: string) => segmentsIn(join(stateDir, 'journal'));

/** Makes every segment but the latest ones unreadable. */
async function scribble(stateDir: string, kept: number): Promise<void> {
  for (const { path, bytes } of (await segments(stateDir)).slice(0, -kept))
    await writeFile(
      path,
      'x'.repeat(bytes - 64) + (await readFile(path)).subarray(-64).toString('latin1'),
      'latin1',
    );
}

describe('what is looked for in a long journal', () => {
  it('is found wherever it is: a decision by its id, the latest, that of a strategy, with what came of it', async () => {
    const stateDir = await copied();
    expect((await segments(stateDir)).length).toBeGreaterThan(5);
    for (const i of [0, 3, 17, 39, 59]) {
      const record = await findDecision(stateDir, { id: `d${i + 1}` });
      expect(record.decision).toMatchObject({ id: `d${i + 1}`, time: START + i * HOUR });
      expect(record.trades.map(({ id }) => id)).toEqual(i < 40 ? [`t${i + 20}`] : []);
    }
    expect((await findDecision(stateDir, { strategy: null })).decision.id).toBe('d60');
    const { decision, trades } = await findDecision(stateDir, { strategy: 'RSI_Reversal' });
    expect([decision.id, trades.length]).toEqual(['d4', 1]);
    await expect(findDecision(stateDir, { id: 'd61' })).rejects.toThrow(/DECISION_UNKNOWN.*such as d60/);
    await expect(findDecision(stateDir, { strategy: 'nobody' })).rejects.toThrow(/DECISION_UNKNOWN/);
  });

  it('is found without the segments that cannot have it', async () => {
    const stateDir = await copied();
    await scribble(stateDir, 2);
    expect((await findDecision(stateDir, { strategy: null })).decision.id).toBe('d60');
    const { entries, hasMore } = await auditEntries(join(stateDir, 'journal'), { limit: 1 });
    expect([entries.length, hasMore]).toEqual([1, true]);
  });

  it('is the latest that a reader of every line knows, wherever the last segment is cut or broken', async () => {
    const stateDir = await copied();
    const { path } = (await segments(stateDir)).at(-1)!;
    const whole = await readFile(path);
    const latest = async (): Promise<string> => {
      let id = '';
      await readWhole(join(stateDir, 'journal'), ({ event }) => {
        if (event.type === 'decision') id = event.decision.id;
      });
      return id;
    };
    const random = seededRandom(11);
    const seen = new Set<string>();
    for (let i = 0; i < 60; i += 1) {
      const at = Math.floor(random.uniform() * whole.length);
      const harmed = i % 2 === 0 ? whole.subarray(0, at) : Buffer.from(whole);
      if (i % 2 === 1) harmed[at]! ^= 1;
      await writeFile(path, harmed);
      const expected = await latest().catch(() => null);
      if (expected === null) continue;
      const found = await findDecision(stateDir, { strategy: null });
      expect(found.decision.id).toBe(expected);
      seen.add(expected);
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  it('is found by the index beside each finished segment, which is made at the first search', async () => {
    const stateDir = await copied();
    const wanted = await findDecision(stateDir, { id: 'd30' });
    const all = await segments(stateDir);
    expect(await readdir(join(stateDir, 'journal'))).toContain(basename(indexPath(all.at(-2)!.path)));
    let scribbled = 0;
    for (const [i, { path, bytes }] of all.entries()) {
      const { decided, followed } = await indexOf(legsOf(all)[i]!);
      const holds = [decided, followed].some((range) => range && range[0] <= 30 && 30 <= range[1]);
      if (holds || i === all.length - 1) continue;
      scribbled += 1;
      await writeFile(
        path,
        'x'.repeat(bytes - 64) + (await readFile(path)).subarray(-64).toString('latin1'),
        'latin1',
      );
    }
    expect(scribbled).toBeGreaterThan(2);
    expect(await findDecision(stateDir, { id: 'd30' })).toEqual(wanted);
  });

  it.each([
    ['is gone', (path: string) => rm(path)],
    ['is garbage', (path: string) => writeFile(path, '{"bytes":1')],
    [
      'is that of another segment',
      async (path: string) => {
        const [, , last] = legsOf(await segments(dirname(dirname(path))));
        await indexOf(last!);
        await cp(indexPath(last!.segment.path), path);
      },
    ],
    [
      'has a digit that the disk turned into another',
      async (path: string) => {
        const index = await readFile(path, 'utf8');
        const turned = index.replace(/"decided":\[\d/, '"decided":[9');
        expect(turned).not.toBe(index);
        await writeFile(path, turned);
      },
    ],
  ])('is found where an index %s, which is then made anew', async (_how, harm) => {
    const stateDir = await copied();
    const [first] = legsOf(await segments(stateDir));
    await indexOf(first!);
    const path = indexPath(first!.segment.path);
    const index = await readFile(path, 'utf8');
    await harm(path);
    expect((await findDecision(stateDir, { id: 'd1' })).trades).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(index);
  });
});

describe('the audit', () => {
  it('walks back from the end as far as it must, and says when there is more', async () => {
    const dir = join(await copied(), 'journal');
    const { entries: all, hasMore } = await auditEntries(dir);
    expect(hasMore).toBe(false);
    expect(all[0]).toMatchObject({ seq: 1, what: 'configuration' });
    expect(all.filter(({ what }) => what.startsWith('command'))).toHaveLength(1);
    for (const limit of [1, 3, all.length - 1]) {
      const { entries, hasMore: more } = await auditEntries(dir, { limit: limit });
      expect(entries).toEqual(all.slice(-limit));
      expect(more).toBe(true);
    }
    expect((await auditEntries(dir, { limit: all.length })).hasMore).toBe(false);
  });

  it('says what is lost or dropped, also between two segments, as a reading of the whole does', async () => {
    const dir = join(await copied(), 'journal');
    const end = await readJournal(dir, 0, () => undefined);
    const exit = { type: 'exit', time: START, strategy: 's', symbol: 'x' } as const;
    // One whose snapshot knew more than the journal, one that took its place, and the first one, which went on.
    const first = new Journal({ directory: dir, durability: 'os', after: end });
    first.skipTo(end.seq + 5);
    first.append(exit, []);
    await first.flush();
    const after = await readJournal(dir, 0, () => undefined);
    const second = new Journal({ directory: dir, durability: 'os', after });
    second.append(exit, []);
    await second.close();
    first.append(exit, []);
    first.append(exit, []);
    await first.close();
    const missing = new Missing();
    missing.end(await readJournal(dir, 0, (line) => missing.take(line)));
    expect(missing.texts).toEqual([
      `events ${end.seq + 1} to ${end.seq + 5} are missing`,
      `events ${end.seq + 7} to ${end.seq + 8} of process 2 are dropped: another one had taken over`,
    ]);
    const { entries } = await auditEntries(dir);
    expect(entries.filter(({ what }) => what === 'journal').map(({ why }) => why)).toEqual(missing.texts);
    expect((await auditEntries(dir, { limit: 2 })).entries.map(({ why }) => why)).toEqual(missing.texts);
  });
});

describe('the weights of a time', () => {
  it('are those of today with every later change undone', async () => {
    const now = engine.optimizer.getWeightsByCell();
    const stateDir = await copied();
    const dir = join(stateDir, 'journal');
    expect(await weightsAt(dir, now, START + HOURS * HOUR)).toEqual(now);
    const early = await weightsAt(dir, now, START);
    for (const { weight } of Object.values(early)) expect(weight).toBe(1);
    // What is before that time is not even read.
    const [first] = legsOf(await segments(stateDir));
    await indexOf(first!);
    await scribble(stateDir, (await segments(stateDir)).length - 1);
    expect(await weightsAt(dir, now, START + 20 * HOUR)).toBeDefined();
  });
});
