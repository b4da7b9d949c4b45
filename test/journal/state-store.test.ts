import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OptimizationEngine } from '../../src/index.ts';
import { LowdbStateStore } from '../../src/node/index.ts';
import { cases } from '../cases.ts';
import { AUTHOR, engineWith, feed, HOUR, START, trade } from '../fixtures.ts';

const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

const engineAfter = (outcomes: readonly number[]) => {
  const engine = engineWith();
  feed(engine, outcomes);
  return engine;
};

const save = (store: LowdbStateStore, engine: OptimizationEngine, origin: 'live' | 'replay' = 'live') =>
  store.save(() => ({ origin, options: engine.options, seq: 0, walk: engine.walk(500) }));

/** The engine that a state on disk makes. */
async function read(store: LowdbStateStore): Promise<OptimizationEngine | null> {
  const saved = await store.read();
  if (saved === null) return null;
  const engine = engineWith();
  engine.begin(saved.snapshot);
  for await (const piece of saved.pieces) engine.take(piece);
  return engine;
}

const json = (engine: OptimizationEngine | null) => JSON.stringify(engine?.snapshot());

describe('the state on disk', () => {
  it('is nothing at first, and then what was written', async () => {
    const dir = await directory();
    const store = new LowdbStateStore(dir);
    expect(await store.read()).toBeNull();
    const engine = engineAfter([1, -1, 2]);
    await save(store, engine);
    const { version } = engine.snapshot();
    expect(await store.read()).toMatchObject({ origin: 'live', options: engine.options, seq: 0, version });
    expect(json(await read(new LowdbStateStore(dir)))).toBe(json(engine));
    expect(await readdir(dir)).toEqual(['state.json']);
  });

  it('ends as the last of many writes at once, and each of them waits for its own', async () => {
    const store = new LowdbStateStore(await directory());
    const engines = Array.from({ length: 20 }, (_, i) => engineAfter(Array(i + 1).fill(1)));
    await Promise.all(
      engines.map(async (engine, i) => {
        await save(store, engine, 'replay');
        const [first] = (await readFile(store.file, 'utf8')).split('\n');
        expect(JSON.parse(first!).snapshot.decomposer.sequence).toBeGreaterThanOrEqual(i + 1);
      }),
    );
    expect(json(await read(store))).toBe(json(engines.at(-1)!));
  });

  it('is of one moment, and its events are on disk before it, whatever happens while it is written', async () => {
    const store = new LowdbStateStore(await directory());
    const engine = engineWith();
    for (let i = 0; i < 200; i += 1)
      engine.recordTrade(trade(1, { id: `t${i}`, strategy: `s${i}`, exitTime: START + i * HOUR }));
    let written = false;
    let seq = 0;
    const expected: string[] = [];
    const saving = store.save(
      () => {
        expected[seq] = JSON.stringify(engine.snapshot());
        return { origin: 'live', options: engine.options, seq, walk: engine.walk(500) };
      },
      async () => {
        written = true;
      },
    );
    for (let i = 0, done = false; !done; i += 1) {
      seq += 1;
      engine.recordTrade(
        trade(-1, { id: `u${i}`, strategy: `s${i % 200}`, exitTime: START + (200 + i) * HOUR }),
      );
      // What changes everything breaks a walk; in the end one is written that nothing can break.
      if (i % 20 === 0) engine.setFlags({ enabled: i % 40 === 0 }, AUTHOR);
      done = await Promise.race([
        saving.then(() => true),
        new Promise<false>((next) => setImmediate(next, false)),
      ]);
    }
    expect(written).toBe(true);
    const { seq: of } = (await store.read())!;
    expect(of).toBeGreaterThan(0);
    expect(json(await read(store))).toBe(expected[of]);
  });

  it('keeps what it was where its events could not be written', async () => {
    const store = new LowdbStateStore(await directory());
    const engine = engineAfter([1]);
    await save(store, engine);
    const before = await readFile(store.file, 'utf8');
    const full = () => Promise.reject(new Error('ENOSPC'));
    await expect(
      store.save(() => ({ origin: 'live', options: {}, seq: 9, walk: engine.walk() }), full),
    ).rejects.toThrow(/STATE_UNWRITABLE.*ENOSPC/);
    expect(await readFile(store.file, 'utf8')).toBe(before);
    expect(await readdir(join(store.file, '..'))).toEqual(['state.json']);
  });

  it('cut off at any byte, or of another kind, is a coded error that names the file and changes nothing', async () => {
    const dir = await directory();
    const store = new LowdbStateStore(dir);
    await save(store, engineAfter([1, -1]));
    const whole = await readFile(store.file, 'utf8');
    const lines = whole.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(5);
    const broken = [0, 1, 10, Math.floor(whole.length / 2), whole.length - 3].map((length) =>
      whole.slice(0, length),
    );
    const foreign = [
      '[]',
      '42',
      '"text"',
      '{"format":"other"}',
      whole.replace(/"version":\d+/, '"version":99'),
      whole.replace('"sequence":2', '"sequence":"x"'),
      whole.replace('"section":"counts"', '"section":"nowhere"'),
      whole.replace('"status":"ACTIVE"', '"status":"LOST"'),
      lines.toSpliced(2, 1).join('\n'),
      lines.slice(0, -1).join('\n'),
    ];
    for (const text of [...broken, ...foreign]) {
      if (text === whole) continue;
      await writeFile(store.file, text);
      await expect(read(new LowdbStateStore(dir))).rejects.toThrow(/STATE_CORRUPT.*state\.json/);
      expect(await readFile(store.file, 'utf8')).toBe(text);
    }
  });

  it('with any flipped bit is refused, also where it still reads like a state', async () => {
    const dir = await directory();
    const store = new LowdbStateStore(dir);
    await save(store, engineAfter([1, -1]));
    const whole = await readFile(store.file);
    const end = whole.lastIndexOf(10, whole.length - 2);
    await fc.assert(
      fc.asyncProperty(fc.nat(end - 1), fc.nat(7), async (at, bit) => {
        const flipped = Buffer.from(whole);
        flipped[at]! ^= 1 << bit;
        await writeFile(store.file, flipped);
        await expect(read(new LowdbStateStore(dir))).rejects.toThrow(/STATE_CORRUPT.*state\.json/);
      }),
      cases(200),
    );
    const lines = whole.toString().trimEnd().split('\n');
    const others = [
      whole.toString().replace('"split"', '"splat"'),
      [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n'),
    ];
    for (const text of others) {
      await writeFile(store.file, text);
      await expect(read(new LowdbStateStore(dir))).rejects.toThrow(/STATE_CORRUPT/);
    }
  });

  it('in pieces of an older version is put together and brought up to date', async () => {
    const dir = await directory();
    const store = new LowdbStateStore(dir);
    const engine = engineAfter([1, -1, 1]);
    await save(store, engine);
    const text = await readFile(store.file, 'utf8');
    const old = text
      .replace(/,"sum":\d+\}\n$/, '}\n')
      .replace(/"version":\d+/, '"version":5')
      .replace(/"share":[^,}]*,?/g, '')
      .replaceAll('"outcomes":0,"steppedAt"', '"share":1,"outcomes":0,"steppedAt"');
    expect(old).toContain('"share":1');
    await writeFile(store.file, old);
    const { version, pieces } = (await store.read())!;
    expect(version).toBe(5);
    for await (const piece of pieces) throw new Error(`${piece.section} is not in the snapshot`);
    expect(json(await read(store))).toBe(json(engine));
  });

  it('in a directory that cannot be written is a coded error', async () => {
    const dir = await directory();
    await writeFile(join(dir, 'file'), '');
    const store = new LowdbStateStore(join(dir, 'file', 'state'));
    await expect(store.prepare()).rejects.toThrow(/STATE_UNWRITABLE.*--state-dir/);
    await expect(save(store, engineWith())).rejects.toThrow(/STATE_UNWRITABLE/);
  });

  it('after a failed write is written again by the next', async () => {
    const store = new LowdbStateStore(join(await directory(), 'later'));
    await expect(save(store, engineAfter([1]))).rejects.toThrow(/STATE_UNWRITABLE/);
    await store.prepare();
    await save(store, engineAfter([1, 1]));
    expect((await store.read())!.snapshot.decomposer.sequence).toBe(2);
  });
});
