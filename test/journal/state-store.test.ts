import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/index.ts';
import { LowdbStateStore } from '../../src/node/index.ts';
import { engineWith, feed } from '../fixtures.ts';

const saved = (origin: 'live' | 'replay', snapshot: Snapshot) => ({ origin, options: {}, seq: 0, snapshot });

const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

const snapshotOf = (outcomes: readonly number[]) => {
  const engine = engineWith();
  feed(engine, outcomes);
  return engine.snapshot();
};

describe('the state on disk', () => {
  it('is nothing at first, and then what was written', async () => {
    const dir = await directory();
    expect(await new LowdbStateStore(dir).read()).toBeNull();
    const snapshot = snapshotOf([1, -1, 2]);
    await new LowdbStateStore(dir).write(saved('live', snapshot));
    expect(await new LowdbStateStore(dir).read()).toEqual({
      format: 'edgekeeper-state',
      origin: 'live',
      options: {},
      seq: 0,
      snapshot,
      version: snapshot.version,
    });
    expect(await readdir(dir)).toEqual(['state.json']);
  });

  it('ends as the last of many writes at once, and each of them waits for its own', async () => {
    const dir = await directory();
    const store = new LowdbStateStore(dir);
    const snapshots = Array.from({ length: 20 }, (_, i) => snapshotOf(Array(i + 1).fill(1)));
    await Promise.all(
      snapshots.map(async (snapshot, i) => {
        await store.write(saved('replay', snapshot));
        const { snapshot: onDisk } = JSON.parse(await readFile(store.file, 'utf8'));
        expect(onDisk.decomposer.sequence).toBeGreaterThanOrEqual(i + 1);
      }),
    );
    expect((await store.read())!.snapshot).toEqual(snapshots.at(-1));
  });

  it('cut off at any byte, or of another kind, is a coded error that names the file and changes nothing', async () => {
    const dir = await directory();
    const store = new LowdbStateStore(dir);
    await store.write(saved('live', snapshotOf([1])));
    const whole = await readFile(store.file, 'utf8');
    const broken = [0, 1, 10, Math.floor(whole.length / 2), whole.length - 1].map((length) =>
      whole.slice(0, length),
    );
    const foreign = [
      '[]',
      '42',
      '"text"',
      '{"format":"other"}',
      whole.replace(/"version":\d+/, '"version":99'),
      whole.replace('"sequence":1', '"sequence":"x"'),
    ];
    for (const text of [...broken, ...foreign]) {
      await writeFile(store.file, text);
      await expect(new LowdbStateStore(dir).read()).rejects.toThrow(/STATE_CORRUPT.*state\.json/);
      expect(await readFile(store.file, 'utf8')).toBe(text);
    }
  });

  it('in a directory that cannot be written is a coded error', async () => {
    const dir = await directory();
    await writeFile(join(dir, 'file'), '');
    const store = new LowdbStateStore(join(dir, 'file', 'state'));
    await expect(store.prepare()).rejects.toThrow(/STATE_UNWRITABLE.*--state-dir/);
    await expect(store.write(saved('live', snapshotOf([])))).rejects.toThrow(/STATE_UNWRITABLE/);
  });

  it('after a failed write is written again by the next', async () => {
    const dir = await directory();
    const store = new LowdbStateStore(join(dir, 'later'));
    await expect(store.write(saved('live', snapshotOf([1])))).rejects.toThrow(/STATE_UNWRITABLE/);
    await store.prepare();
    await store.write(saved('live', snapshotOf([1, 1])));
    expect((await store.read())!.snapshot.decomposer.sequence).toBe(2);
  });
});
