import fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { InputEvent } from '../../src/index.ts';
import type { JournalLine, LostEvent } from '../../src/journal/codec/line.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { segmentsIn } from '../../src/journal/segment.ts';
import { Journal, type JournalOptions } from '../../src/journal/writer.ts';
import { AUTHOR, START } from '../fixtures.ts';

const directory = async () => join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'journal');

const event = (i: number): InputEvent => ({
  type: 'equity',
  time: START + i,
  report: { time: START + i, equity: 1000 + i },
});

const open = (dir: string, options: Partial<JournalOptions> = {}) =>
  new Journal({ directory: dir, durability: 'everyEvent', after: { seq: 0, hash: '' }, ...options });

async function written(dir: string, count: number, options: Partial<JournalOptions> = {}): Promise<void> {
  const journal = open(dir, options);
  for (let i = 1; i <= count; i += 1) journal.append(event(i), []);
  await journal.close();
}

async function read(dir: string, after = 0) {
  const lines: JournalLine[] = [];
  const end = await readJournal(dir, after, (line) => lines.push(line));
  return { end, lines, seqs: lines.map(({ seq }) => seq) };
}

afterEach(() => vi.restoreAllMocks());

describe('the journal', () => {
  it.each(['everyEvent', 'interval', 'os'] as const)(
    'has every event in order, with the durability %s',
    async (durability) => {
      const dir = await directory();
      await written(dir, 50, { durability });
      const { lines, end } = await read(dir);
      expect(lines.map((line) => line.event)).toEqual(Array.from({ length: 50 }, (_, i) => event(i + 1)));
      expect(end).toMatchObject({ seq: 50, torn: null, dropped: [] });
    },
  );

  it('is on disk when an append returns, where every event is to be safe', async () => {
    const dir = await directory();
    const journal = open(dir);
    for (let i = 1; i <= 5; i += 1) {
      journal.append(event(i), []);
      expect((await read(dir)).end.seq).toBe(i);
    }
    await journal.close();
  });

  it('is flushed up to where it was asked to, however much comes meanwhile', async () => {
    const dir = await directory();
    const journal = open(dir, { durability: 'interval' });
    const real = fs.write;
    const busy = vi.spyOn(fs, 'write').mockImplementation(((...args: Parameters<typeof fs.write>) => {
      if (journal.seq < 100) journal.append(event(journal.seq + 1), []);
      real(...args);
    }) as never);
    journal.append(event(1), []);
    await journal.flush();
    expect(journal.seq).toBe(2);
    expect((await read(dir)).seqs).toEqual([1]);
    await journal.close();
    busy.mockRestore();
    expect((await read(dir)).seqs).toEqual(Array.from({ length: journal.seq }, (_, i) => i + 1));
  });

  it('goes on in another segment, and is read from the one that is wanted', async () => {
    const dir = await directory();
    await written(dir, 100, { segmentBytes: 1000 });
    expect((await segmentsIn(dir)).length).toBeGreaterThan(5);
    expect((await read(dir)).seqs).toHaveLength(100);
    expect((await read(dir, 73)).seqs).toEqual(Array.from({ length: 27 }, (_, i) => 74 + i));
  });

  it('goes on after a restart', async () => {
    const dir = await directory();
    await written(dir, 10);
    const { end } = await read(dir);
    const journal = open(dir, { after: end });
    journal.append(event(11), []);
    await journal.close();
    expect((await read(dir)).seqs).toHaveLength(11);
  });

  it('is whole when a process ends at once, beside a write that runs already', async () => {
    const dir = await directory();
    const journal = open(dir, { durability: 'interval', segmentBytes: 500 });
    for (let i = 1; i <= 5; i += 1) journal.append(event(i), []);
    const running = journal.flush();
    for (let i = 6; i <= 10; i += 1) journal.append(event(i), []);
    journal.flushNow();
    expect((await read(dir)).seqs).toHaveLength(10);
    await running;
    for (let i = 11; i <= 20; i += 1) journal.append(event(i), []);
    await journal.close();
    expect((await read(dir)).seqs).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('leaves no half line, and throws nothing, when the disk fails as a process ends', async () => {
    const dir = await directory();
    const journal = open(dir, { durability: 'interval' });
    journal.append(event(1), []);
    await journal.flush();
    journal.append(event(2), []);
    const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number;
    vi.spyOn(fs, 'writeSync').mockImplementationOnce(((
      fd: number,
      data: Buffer,
      _: number,
      __: number,
      at: number,
    ) => write(fd, data, 0, 20, at)) as typeof fs.writeSync);
    journal.flushNow();
    expect((await read(dir)).end).toMatchObject({ seq: 1, torn: null });
    journal.flushNow();
    expect((await read(dir)).end.seq).toBe(2);
    await journal.close();
  });

  it('takes no longer over its last lines than it was given', async () => {
    const journal = open(await directory(), { durability: 'interval' });
    for (let i = 1; i <= 5000; i += 1) journal.append(event(i), []);
    journal.flushNow(0);
    expect(journal.settled).toBe(false);
    await journal.close();
  });

  it('cut off at any byte of its last events loses only what was cut, and another process goes on', async () => {
    const dir = await directory();
    await written(dir, 8);
    const { path } = (await segmentsIn(dir))[0]!;
    const whole = await readFile(path);
    const ends = [...whole.toString().matchAll(/^\["e".*$/gm)].map(
      ({ index, 0: text }) => index + text.length,
    );
    for (let length = whole.length; length > ends.at(-4)!; length -= 1) {
      await writeFile(path, whole);
      await truncate(path, length);
      const { end, seqs } = await read(dir);
      // A last line that lacks no more than its line break is whole.
      const expected = ends.filter((at) => at <= length).length;
      expect(seqs).toHaveLength(expected);
      const journal = open(dir, { after: end, durability: 'os' });
      journal.append(event(99), []);
      await journal.close();
      expect((await read(dir)).seqs).toHaveLength(expected + 1);
      for (const other of (await segmentsIn(dir)).slice(1)) await rm(other.path);
    }
  });

  it('with any flipped byte is refused, and the first bad line is named', async () => {
    const dir = await directory();
    await written(dir, 6);
    const { path } = (await segmentsIn(dir))[0]!;
    const whole = await readFile(path);
    // What stands behind the last event says that it was on disk: without that it might never have been.
    const last = whole.lastIndexOf('["b"', whole.lastIndexOf('["b"') - 1);
    for (let at = 0; at < last; at += 7) {
      const flipped = Buffer.from(whole);
      flipped[at] = flipped[at]! ^ 1;
      await writeFile(path, flipped);
      const line = whole.subarray(0, at).toString().split('\n').length;
      await expect(read(dir)).rejects.toThrow(new RegExp(`JOURNAL_CORRUPT.*line ${line} of`));
    }
  });

  it('with a line taken out, or a segment, is refused', async () => {
    const dir = await directory();
    await written(dir, 60, { segmentBytes: 1000 });
    const segments = await segmentsIn(dir);
    const text = await readFile(segments[1]!.path, 'utf8');
    await writeFile(segments[1]!.path, text.split('\n').slice(1).join('\n'));
    await expect(read(dir)).rejects.toThrow(/JOURNAL_CORRUPT.*line 1 of.*no first line/);
    await rm(segments[1]!.path);
    await expect(read(dir)).rejects.toThrow(/JOURNAL_CORRUPT/);
  });
});

describe('while the disk fails', () => {
  const failing = (code: string) => {
    const error = () => Object.assign(new Error(code), { code });
    const sync = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw error();
    });
    const async = vi
      .spyOn(fs, 'write')
      .mockImplementation(((...args: unknown[]) => (args.at(-1) as (e: Error) => void)(error())) as never);
    return () => {
      sync.mockRestore();
      async.mockRestore();
    };
  };

  it.each([
    ['ENOSPC', 'everyEvent'],
    ['EIO', 'interval'],
    ['EACCES', 'os'],
  ] as const)('with %s, events wait and are written once it works again (%s)', async (code, durability) => {
    const dir = await directory();
    const trouble: unknown[] = [];
    const journal = open(dir, { durability, onTrouble: (error) => trouble.push(error) });
    journal.append(event(1), []);
    await journal.flush();
    const mend = failing(code);
    for (let i = 2; i <= 10; i += 1) journal.append(event(i), []);
    await expect(journal.flush()).rejects.toThrow(code);
    expect(trouble.length).toBeGreaterThan(0);
    expect(journal.settled).toBe(false);
    mend();
    journal.append(event(11), []);
    await journal.close();
    expect((await read(dir)).seqs).toEqual(Array.from({ length: 11 }, (_, i) => i + 1));
  });

  it('in the middle of a write, no half line stays', async () => {
    const dir = await directory();
    const journal = open(dir);
    journal.append(event(1), []);
    const real = fs.writeSync;
    vi.spyOn(fs, 'writeSync').mockImplementation(((
      fd: number,
      data: Buffer,
      offset: number,
      _length: number,
      position: number,
    ) => real(fd, data, offset, 20, position)) as never);
    journal.append(event(2), []);
    vi.restoreAllMocks();
    journal.append(event(3), []);
    await journal.close();
    expect((await read(dir)).seqs).toEqual([1, 2, 3]);
  });

  it('beside a write that succeeds, what that wrote is not cut off for good', async () => {
    const dir = await directory();
    const lost: LostEvent[] = [];
    const journal = open(dir, { durability: 'interval', onLoss: (what) => lost.push(what) });
    journal.append(event(1), []);
    vi.spyOn(fs, 'write').mockImplementationOnce(((...args: Parameters<typeof fs.writeSync>) => {
      const written = fs.writeSync(...args);
      setImmediate(args.at(-1) as unknown as (error: null, written: number) => void, null, written);
    }) as never);
    const running = journal.flush();
    const full = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw new Error('ENOSPC');
    });
    journal.writeNow();
    full.mockRestore();
    await running.catch(() => undefined);
    journal.append(event(2), []);
    await journal.close();
    expect((await read(dir)).lines.map((line) => line.event.type)).toEqual(['equity', 'equity']);
    expect(lost).toEqual([]);
  });

  it('for too long, the oldest events are given up, and the journal says which', async () => {
    const dir = await directory();
    const lost: LostEvent[] = [];
    const journal = open(dir, { maxWaiting: 5, onLoss: (what) => lost.push(what) });
    journal.append(event(1), []);
    const mend = failing('ENOSPC');
    for (let i = 2; i <= 20; i += 1) journal.append(event(i), []);
    mend();
    journal.append(event(21), []);
    await journal.close();
    const { lines, end } = await read(dir);
    // The second was on its way when the disk failed, and goes out with the rest.
    expect(lost).toEqual([{ type: 'lost', from: 3, to: 17 }]);
    expect(lines.filter((line) => line.event.type === 'lost')).toMatchObject([
      { seq: 17, event: { from: 3, to: 17 } },
    ]);
    expect(end.seq).toBe(21);
  });

  it('after its bytes arrived but were not confirmed, nothing is written twice', async () => {
    const dir = await directory();
    const journal = open(dir);
    journal.append(event(1), []);
    vi.spyOn(fs, 'fdatasyncSync').mockImplementationOnce(() => {
      throw new Error('EIO');
    });
    vi.spyOn(fs, 'ftruncateSync').mockImplementationOnce(() => {
      throw new Error('EIO');
    });
    journal.append(event(2), []);
    vi.spyOn(fs, 'statSync').mockImplementationOnce(() => {
      throw new Error('EACCES');
    });
    await journal.close();
    expect((await read(dir)).seqs).toEqual([1, 2]);
  });

  it('is told once for each outage, and so is its end', async () => {
    const told: string[] = [];
    const journal = open(await directory(), {
      onTrouble: () => told.push('trouble'),
      onRecovered: () => told.push('recovered'),
    });
    for (let outage = 0; outage < 2; outage += 1) {
      const mend = failing('ENOSPC');
      for (let i = 0; i < 3; i += 1) journal.append(event(i), []);
      await journal.flush().catch(() => undefined);
      mend();
      await journal.flush();
    }
    expect(told).toEqual(['trouble', 'recovered', 'trouble', 'recovered']);
    await journal.close();
  });

  it('or an event cannot be written down, the chain holds and a snapshot is asked for', async () => {
    const dir = await directory();
    const lost: LostEvent[] = [];
    const journal = open(dir, { onLoss: (what) => lost.push(what) });
    journal.append(event(1), []);
    journal.append({ type: 'config', time: START, authorship: AUTHOR, options: { note: 10n } } as never, []);
    journal.append(event(3), []);
    await journal.close();
    expect(lost).toEqual([{ type: 'lost', from: 2, to: 2 }]);
    expect((await read(dir)).seqs).toEqual([1, 2, 3]);
  });

  it('and its directory vanishes, it is made anew and the loss is told', async () => {
    const dir = await directory();
    const lost: LostEvent[] = [];
    const journal = open(dir, { onLoss: (what) => lost.push(what) });
    journal.append(event(1), []);
    journal.append(event(2), []);
    await rm(dir, { recursive: true });
    journal.append(event(3), []);
    await journal.close();
    expect(lost).toEqual([{ type: 'lost', from: 1, to: 2 }]);
    expect(await readdir(dir)).toEqual(['journal-000000000003-1.jsonl']);
    expect((await read(dir, 2)).seqs).toEqual([3]);
    await expect(read(dir)).rejects.toThrow(/starts at event 3, the state ends at 0/);
  });
});
