import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgekeeperError } from '../model/errors.ts';
import { type JournalLine, parseLine } from './line.ts';

/** Folder of the journal in a state directory. */
export const JOURNAL_DIR = 'journal';

export interface Segment {
  readonly path: string;
  /** Sequence number of its first line. */
  readonly first: number;
  readonly bytes: number;
}

/** A last line that was cut off in the middle of being written. */
export interface TornTail {
  readonly path: string;
  /** Bytes before it, which are whole. */
  readonly keep: number;
  readonly lost: number;
}

/** Where a journal ends. */
export interface JournalEnd {
  readonly seq: number;
  readonly hash: string;
  readonly lines: number;
  readonly torn: TornTail | null;
  /** True when the last line is whole but for its line break. */
  readonly unfinished: boolean;
}

const NAME = /^journal-(\d{12})\.jsonl$/;

export const segmentName = (first: number): string => `journal-${String(first).padStart(12, '0')}.jsonl`;

/** The segments of a journal, in order; none where there is no journal. */
export async function segmentsIn(directory: string): Promise<Segment[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const segments: Segment[] = [];
  for (const name of names.sort()) {
    const match = NAME.exec(name);
    if (!match) continue;
    const path = join(directory, name);
    segments.push({ path, first: Number(match[1]), bytes: (await stat(path)).size });
  }
  return segments;
}

/**
 * Reads every line after `after` in order, checking the whole chain on the way. A last line that was cut off
 * is reported, not an error; anything else that is wrong throws `JOURNAL_CORRUPT` with the file and line.
 */
export async function readJournal(
  directory: string,
  after: number,
  onLine: (line: JournalLine) => void,
): Promise<JournalEnd> {
  const segments = await segmentsIn(directory);
  let [seq, hash, lines] = [segments[0] ? segments[0].first - 1 : 0, '', 0];
  let torn: TornTail | null = null;
  let unfinished = false;
  if (segments[0] && segments[0].first > after + 1) {
    throw corrupt(segments[0].path, 1, `it starts at event ${segments[0].first}, the state ends at ${after}`);
  }
  // Segments that end before `after` hold nothing that is wanted: the chain is checked from the next on.
  const start = Math.max(
    0,
    segments.findLastIndex(({ first }) => first <= after + 1),
  );
  let checked = start === 0 && (segments[0]?.first ?? 1) === 1;
  for (const [i, segment] of segments.entries()) {
    if (i < start) continue;
    let number = 0;
    let offset = 0;
    const last = i === segments.length - 1;
    for await (const { text, bytes, whole } of linesOf(segment.path)) {
      number += 1;
      const line = parseLine(text);
      if ('fault' in line) {
        if (!whole && last) {
          torn = { path: segment.path, keep: offset, lost: bytes };
          break;
        }
        throw corrupt(segment.path, number, line.fault);
      }
      const expected = line.event.type === 'lost' ? line.event.to : seq + 1;
      if (!checked) {
        checked = true;
      } else {
        if (line.prev !== hash)
          throw corrupt(segment.path, number, 'it does not follow from the line before it');
        if (line.seq !== expected)
          throw corrupt(segment.path, number, `it is event ${line.seq}, not ${expected}`);
      }
      ({ seq, hash } = line);
      lines += 1;
      offset += bytes;
      unfinished = !whole;
      if (seq > after) onLine(line);
    }
  }
  return { seq, hash, lines, torn, unfinished };
}

function corrupt(path: string, line: number, fault: string): EdgekeeperError {
  return new EdgekeeperError('JOURNAL_CORRUPT', {
    found: `line ${line} of ${path}: ${fault}`,
    expected: 'the journal as Edgekeeper wrote it',
    hint: 'Look at it with `edgekeeper journal verify`; start with --recover-from-snapshot to go on without what came after the snapshot.',
  });
}

/** Lines of a file with their length in bytes; the last may lack its line break. */
async function* linesOf(path: string): AsyncIterable<{ text: string; bytes: number; whole: boolean }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    let buffer = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10)) {
      yield { text: buffer.toString('utf8', 0, end), bytes: end + 1, whole: true };
      buffer = buffer.subarray(end + 1);
    }
    rest = buffer;
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), bytes: rest.length, whole: false };
}
