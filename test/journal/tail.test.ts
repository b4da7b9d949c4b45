import { appendFile, mkdtemp, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJournal } from '../../src/journal/reader.ts';
import { segmentsIn } from '../../src/journal/segment.ts';
import { JournalTail } from '../../src/journal/tail.ts';
import { Journal } from '../../src/journal/writer.ts';

const equity = (i: number) => ({ type: 'equity', time: i, report: { time: i, equity: 1000 + i } }) as const;
const exit = (i: number) =>
  ({ type: 'exit', time: i, strategy: `s${i % 7}`, symbol: `C${i % 3}/USDT` }) as const;

describe('the tail of a journal', () => {
  it('tells every event once and in order, whenever somebody looks, over segments, processes and half-written lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom('flush', 'look', 'restart', 'half')),
          {
            maxLength: 25,
          },
        ),
        fc.integer({ min: 0, max: 10 }),
        async (steps, after) => {
          const directory = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
          const open = (at: { seq: number; hash: string }) =>
            new Journal({ directory, durability: 'os', after: at, segmentBytes: 3000 });
          let journal = open({ seq: 0, hash: '' });
          const tail = new JournalTail(directory, after);
          const told: number[] = [];
          const look = () => tail.poll(({ seq }) => told.push(seq));
          for (const [count, then] of steps) {
            for (let i = 0; i < count; i += 1) journal.append((i % 2 ? equity : exit)(journal.seq + 1), []);
            await journal.flush();
            if (then === 'look') await look();
            if (then === 'restart') {
              await journal.close();
              const end = await readJournal(directory, 0, () => undefined);
              journal = open(end);
            }
            const last = (await segmentsIn(directory)).at(-1);
            if (then !== 'half' || last === undefined) continue;
            // A look in the middle of a write sees half of it.
            await appendFile(last.path, '["e",5');
            await look();
            await truncate(last.path, last.bytes);
          }
          await journal.close();
          await look();
          const all: number[] = [];
          await readJournal(directory, 0, ({ seq }) => all.push(seq));
          expect(told).toEqual(all.filter((seq) => seq > after));
          expect(tail.end).toBe(all.at(-1) ?? 0);
          expect(await look()).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('reads no more of a segment than what was added, and waits for whoever is told', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const journal = new Journal({ directory, durability: 'os', after: { seq: 0, hash: '' } });
    const tail = new JournalTail(directory, 0);
    const reads: number[] = [];
    const look = () =>
      tail.poll(
        () => undefined,
        async (bytes) => void reads.push(bytes),
      );
    for (let i = 1; i <= 2000; i += 1) journal.append(equity(i), []);
    await journal.flush();
    await look();
    journal.append(equity(2001), []);
    await journal.flush();
    await look();
    expect(reads[0]).toBeGreaterThan(40_000);
    expect(reads.at(-1)).toBeLessThan(500);
    await journal.close();
  });
});
