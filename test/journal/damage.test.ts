import fs from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { InputEvent } from '../../src/index.ts';
import type { JournalLine, LostEvent } from '../../src/journal/codec/line.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { segmentsIn } from '../../src/journal/segment.ts';
import { Journal, type JournalOptions } from '../../src/journal/writer.ts';
import { START } from '../fixtures.ts';

const directory = async () => join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'journal');

/** An exit signal: its strategy is a name, so that what a hole takes of those shows. */
const event = (i: number): InputEvent => ({
  type: 'exit',
  time: START + i,
  strategy: `s${i % 7}`,
  symbol: 'BTC/USDT',
});

const open = (dir: string, options: Partial<JournalOptions> = {}) =>
  new Journal({ directory: dir, durability: 'interval', after: { seq: 0, hash: '' }, ...options });

/** Writes events in batches of so many, as seconds of a bot's life. */
async function lived(journal: Journal, batches: number, each: number): Promise<void> {
  for (let i = 0; i < batches; i += 1) {
    for (let k = 0; k < each; k += 1) journal.append(event(journal.seq + 1), []);
    await journal.flush();
  }
}

async function read(dir: string, after = 0) {
  const lines: JournalLine[] = [];
  const end = await readJournal(dir, after, (line) => lines.push(line));
  const lost = lines.flatMap((line) => (line.event.type === 'lost' ? [line.event] : []));
  const events = lines.filter((line) => line.event.type !== 'lost');
  return { end, lines, lost, seqs: events.map(({ seq }) => seq), events };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Where each line begins, with its letter. */
function linesIn(bytes: Buffer): { at: number; letter: string }[] {
  const found: { at: number; letter: string }[] = [];
  for (let at = 0; at < bytes.length; at = bytes.indexOf(10, at) + 1)
    found.push({ at, letter: String.fromCharCode(bytes[at + 2]!) });
  return found;
}

describe('after a power cut', () => {
  /** A journal whose process was cut off: four batches, of which the last was not known to be on disk. */
  async function cutOff() {
    const dir = await directory();
    const journal = open(dir);
    await lived(journal, 4, 10);
    const { path } = (await segmentsIn(dir))[0]!;
    const bytes = await readFile(path);
    const ends = linesIn(bytes).filter(({ letter }) => letter === 'b');
    await journal.close();
    return { dir, path, bytes, ends };
  }

  it('a zeroed hole in the last batch loses what it held, and what another process wrote after it is read', async () => {
    const { dir, path, bytes, ends } = await cutOff();
    const zeroed = Buffer.from(bytes);
    const within = linesIn(bytes).filter(({ at, letter }) => letter === 'x' && at > ends[2]!.at);
    zeroed.fill(0, within[2]!.at, within[5]!.at - 1);
    await writeFile(path, zeroed);
    const { lost, seqs, end } = await read(dir);
    expect(lost).toEqual([{ type: 'lost', from: 33, to: 35 }]);
    expect(seqs).toEqual([...range(1, 32), ...range(36, 40)]);
    const next = open(dir, { after: end });
    await lived(next, 3, 5);
    await next.close();
    const again = await read(dir);
    expect(again.lost).toEqual(lost);
    expect(again.seqs.slice(-16)).toEqual([40, ...range(41, 55)]);
    // A snapshot of after the hole has it: nothing is said of it any more.
    expect((await read(dir, 38)).lost).toEqual([]);
  });

  it('a hole in what was known to be on disk is corruption, whoever wrote on', async () => {
    const { dir, path, bytes, ends } = await cutOff();
    const zeroed = Buffer.from(bytes);
    zeroed.fill(0, ends[0]!.at + 60, ends[0]!.at + 120);
    await writeFile(path, zeroed);
    await expect(read(dir)).rejects.toThrow(/JOURNAL_CORRUPT.*line \d+ of/);
  });

  it('a file that ends too early, or is empty, has lost what it lacks, also where a process went on from it', async () => {
    const { dir, path, bytes, ends } = await cutOff();
    const { end } = await read(dir);
    const next = open(dir, { after: end });
    await lived(next, 2, 5);
    await next.close();
    await truncate(path, ends[2]!.at + 60);
    const { lost, seqs } = await read(dir);
    expect(lost).toEqual([{ type: 'lost', from: 31, to: 40 }]);
    expect(seqs).toEqual([...range(1, 30), ...range(41, 50)]);
    await writeFile(path, bytes);
    const [, second] = await segmentsIn(dir);
    await truncate(second!.path, 0);
    expect((await read(dir)).seqs).toEqual(range(1, 40));
  });

  it('wherever the hole is, an event is read as it was or said to be lost, or the journal is refused', async () => {
    const { dir, path, bytes } = await cutOff();
    const whole = (await read(dir)).events;
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 600 }), async (from, length) => {
        const zeroed = Buffer.from(bytes);
        zeroed.fill(0, from, Math.min(bytes.length, from + length));
        await writeFile(path, zeroed);
        const seen = await read(dir).catch((error: Error) => error);
        if (seen instanceof Error) {
          expect(seen.message).toMatch(/JOURNAL_CORRUPT/);
          return;
        }
        const told = new Set([...seen.seqs, ...seen.lost.flatMap(({ from: a, to: b }) => range(a, b))]);
        expect([...told].sort((a, b) => a - b)).toEqual(range(1, seen.end.seq));
        for (const line of seen.events) expect(line).toEqual(whole[line.seq - 1]);
      }),
    );
  });
});

describe('while the bot runs', () => {
  it.each([
    ['cut off', (path: string) => truncate(path, 100)],
    ['emptied', (path: string) => truncate(path, 0)],
    [
      'replaced',
      async (path: string) => {
        await cp(path, `${path}.copy`);
        await rename(`${path}.copy`, path);
      },
    ],
    ['taken away', (path: string) => rm(path)],
  ])(
    'its file being %s is noticed, a snapshot is asked for, and nothing more is lost',
    async (_how, harm) => {
      const dir = await directory();
      const lost: LostEvent[] = [];
      const journal = open(dir, { onLoss: (what) => lost.push(what), segmentBytes: 300 });
      await lived(journal, 3, 10);
      await lived(journal, 1, 1);
      const { path, first } = (await segmentsIn(dir)).at(-1)!;
      const before = journal.seq;
      await harm(path);
      await journal.flush();
      expect(lost).toEqual([{ type: 'lost', from: first, to: before }]);
      await lived(journal, 2, 5);
      await journal.close();
      const { seqs, end } = await read(dir, before);
      expect(seqs).toEqual(range(before + 1, before + 10));
      expect(end.seq).toBe(before + 10);
      // The whole of it says what is missing, if anything is.
      const whole = await read(dir);
      const told = [...whole.seqs, ...whole.lost.flatMap(({ from, to }) => range(from, to))];
      expect([...new Set(told)].sort((a, b) => a - b)).toEqual(range(1, before + 10));
    },
  );

  it('what others keep in its folder is never written to', async () => {
    const dir = await directory();
    await lived(open(dir), 1, 5);
    const { end } = await read(dir);
    const foreign = {
      'zzz.jsonl': '{"mine":1}\n',
      'journal-000000000009.jsonl.bak': 'x',
      'journal-copy.jsonl': 'y',
      'journal-000000000001-1.jsonl.idx.old': '',
    };
    for (const [name, text] of Object.entries(foreign)) await writeFile(join(dir, name), text);
    await fs.promises.mkdir(join(dir, 'journal-000000000004-9.jsonl'));
    const journal = open(dir, { after: end });
    await lived(journal, 1, 30);
    await journal.close();
    for (const [name, text] of Object.entries(foreign))
      expect(await readFile(join(dir, name), 'utf8')).toBe(text);
    expect((await read(dir)).seqs).toEqual(range(1, 35));
  });

  it('a burst is no disk failure: nothing is lost, and little waits', async () => {
    const dir = await directory();
    const journal = open(dir, { maxWaiting: 1000 });
    const [symbols, candles] = [100, 1200];
    for (let i = 0; i < candles; i += 1) {
      for (let k = 0; k < symbols; k += 1) {
        const candle = { time: START + i, open: 1, high: 1, low: 1, close: 1, volume: 1 };
        journal.append(
          { type: 'candle', time: START + i, symbol: `S${k}/USDT`, timeframe: '1h', candle },
          [],
        );
      }
    }
    // What is not written yet is less than a batch.
    let written = 0;
    for (const { bytes } of await segmentsIn(dir)) written += bytes;
    expect(written).toBeGreaterThan(symbols * candles * 30);
    await journal.close();
    const { end, lost } = await read(dir);
    expect(lost).toEqual([]);
    expect(end.seq).toBe(symbols * candles);
  });
});

describe('a process that another one has replaced', () => {
  it('writes nothing any more, says so once, and keeps no memory of what it still hears', async () => {
    const dir = await directory();
    let held = true;
    const told: string[] = [];
    const journal = open(dir, {
      fence: { epoch: 5, isHeld: () => held },
      onFenced: () => told.push('fenced'),
    });
    await lived(journal, 1, 5);
    held = false;
    for (let i = 0; i < 3; i += 1) {
      journal.append(event(9), []);
      await expect(journal.flush()).rejects.toThrow(/LEASE_LOST.*taken over/);
      journal.writeNow();
      journal.flushNow();
    }
    held = true;
    expect(told).toEqual(['fenced']);
    expect(journal.settled).toBe(true);
    expect(journal.seq).toBe(8);
    expect((await segmentsIn(dir)).map(({ epoch }) => epoch)).toEqual([5]);
    expect((await read(dir)).seqs).toEqual(range(1, 5));
  });

  it('hears of it at a flush even where nothing waits, so that it saves no snapshot over that of the other', async () => {
    let held = true;
    const journal = open(await directory(), { fence: { epoch: 1, isHeld: () => held } });
    await lived(journal, 1, 5);
    await journal.flush();
    held = false;
    await expect(journal.flush()).rejects.toThrow(/LEASE_LOST/);
    expect(journal.isFenced).toBe(true);
  });

  it('and wrote all the same, is dropped from where the newer one began, and that is said', async () => {
    const dir = await directory();
    const old = open(dir, { fence: { epoch: 1, isHeld: () => true }, segmentBytes: 400 });
    await lived(old, 2, 5);
    old.append(event(11), []);
    old.writeNow();
    const { end } = await read(dir);
    const newer = open(dir, { after: end, fence: { epoch: 2, isHeld: () => true } });
    await lived(newer, 1, 5);
    await lived(old, 3, 5);
    await lived(newer, 2, 5);
    await old.close();
    await newer.close();
    const seen = await read(dir);
    expect(seen.seqs).toEqual(range(1, 26));
    expect(seen.end).toMatchObject({ seq: 26, dropped: [{ epoch: 1, from: 12, to: 26 }] });
    const third = open(dir, { after: seen.end });
    await lived(third, 1, 2);
    await third.close();
    expect((await segmentsIn(dir)).at(-1)).toMatchObject({ epoch: 3, first: 27 });
    expect((await read(dir)).seqs).toEqual(range(1, 28));
  });
});

describe('a folder of both versions', () => {
  const fixture = fileURLToPath(
    new URL('./fixtures/v5/journal/journal-000000000001.jsonl.gz', import.meta.url),
  );

  it('is read in order, the old segment whole and linked to the new one, also where its last line was cut', async () => {
    const text = gunzipSync(await readFile(fixture)).toString();
    const count = text.trimEnd().split('\n').length;
    for (const cut of [0, 5]) {
      const dir = await directory();
      await fs.promises.mkdir(dirname(dir), { recursive: true });
      await fs.promises.mkdir(dir);
      const path = join(dir, 'journal-000000000001.jsonl');
      await writeFile(path, text.slice(0, text.length - cut));
      const { end } = await read(dir);
      expect(end.seq).toBe(cut > 0 ? count - 1 : count);
      expect(end.torn === null).toBe(cut === 0);
      const journal = open(dir, { after: end });
      await lived(journal, 2, 5);
      await journal.close();
      const { seqs, end: later } = await read(dir);
      expect(seqs).toEqual(range(1, end.seq + 10));
      expect(later.torn).toBeNull();
      expect(await readFile(path, 'utf8')).toBe(text.slice(0, text.length - cut));
      await writeFile(path, text.slice(0, text.length - cut).replace('"time":1', '"time":2'));
      await expect(read(dir)).rejects.toThrow(/JOURNAL_CORRUPT.*line 1 of/);
    }
  });
});

describe('a segment', () => {
  it('that cannot be made leaves nothing behind, and is made once the disk works', async () => {
    const dir = await directory();
    const journal = open(dir);
    journal.append(event(1), []);
    const full = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    });
    await expect(journal.flush()).rejects.toThrow('ENOSPC');
    expect(await readdir(dir)).toEqual([]);
    full.mockRestore();
    await journal.close();
    expect((await read(dir)).seqs).toEqual([1]);
  });
});
