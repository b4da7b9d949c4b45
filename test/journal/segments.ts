import { rm } from 'node:fs/promises';
import type { InputEvent } from '../../src/index.ts';
import type { JournalLine } from '../../src/journal/codec/line.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { Journal } from '../../src/journal/writer.ts';

/** Writes a journal again in segments of so many bytes. */
export async function inSegments(directory: string, segmentBytes: number): Promise<void> {
  const lines: JournalLine[] = [];
  await readJournal(directory, 0, (line) => lines.push(line));
  await rm(directory, { recursive: true });
  const after = { seq: 0, hash: '' };
  const journal = new Journal({ directory, durability: 'os', after, segmentBytes });
  for (const [i, { event, effects = [], remembered = false }] of lines.entries()) {
    if (event.type !== 'lost') journal.append(event as InputEvent, effects, remembered);
    if (i % 20 === 0) await journal.flush();
  }
  await journal.close();
}
