import { open } from 'node:fs/promises';
import type { JournalLine } from './codec/line.ts';
import { Course, legsOf } from './course.ts';
import { unreadable } from './directory.ts';
import { type OnRead, readLegs, wantedLegs } from './reader.ts';
import { type ScanMark, scanSegment } from './scan.ts';
import { type Segment, segmentsIn } from './segment.ts';

/**
 * Reads a journal while it is written: each call reads what was added, and of the segment that is being written no more
 * than that. What a call fails on is met anew by the next one.
 */
export class JournalTail {
  readonly #directory: string;
  #seq: number;
  #end = 0;
  #seen = '';
  /** The segment that is being written, and where it is read on from. */
  #last: { readonly path: string; readonly mark: ScanMark } | null = null;

  /** @param after the last event that is known */
  constructor(directory: string, after: number) {
    this.#directory = directory;
    this.#seq = after;
  }

  /** The last event that was told. */
  get seq(): number {
    return this.#seq;
  }

  /** The last event that the journal has; below what was told where an earlier state was put in its place. */
  get end(): number {
    return this.#end;
  }

  /**
   * Tells the events that were added, in order. Throws `JOURNAL_CORRUPT`.
   * @param onLine told of each; where it throws, the event counts as not told
   * @param onRead awaited every so often on the way, for somebody who must not be told too much at once
   * @returns whether anything in the folder has changed
   */
  async poll(onLine: (line: JournalLine) => void, onRead?: OnRead): Promise<boolean> {
    const segments = await segmentsIn(this.#directory);
    const seen = segments.map(({ path, bytes }) => `${path} ${bytes}`).join('\n');
    if (seen === this.#seen) return false;
    this.#seen = '';
    const course = new Course(this.#seq, (line) => {
      onLine(line);
      this.#seq = line.seq;
    });
    const last = segments.at(-1);
    const from = this.#last;
    this.#last = null;
    const mark =
      from !== null && last !== undefined && from.path === last.path
        ? await readOn(segments, last, from.mark, course, onRead)
        : await readLegs(wantedLegs(segments, this.#seq), course, onRead);
    this.#end = course.seq;
    this.#last = last === undefined || mark === null ? null : { path: last.path, mark };
    this.#seen = seen;
    return true;
  }
}

/** Reads what was added to a segment. */
async function readOn(
  segments: readonly Segment[],
  { path, bytes }: Segment,
  from: ScanMark,
  course: Course,
  onRead: OnRead = () => undefined,
): Promise<ScanMark | null> {
  const added = Buffer.allocUnsafe(Math.max(0, bytes - from.at));
  const file = await open(path).catch((error) => {
    throw unreadable(path, error);
  });
  let end = 0;
  try {
    for (let read = -1; read !== 0 && end < added.length; end += read)
      read = (await file.read(added, end, added.length - end, from.at + end)).bytesRead;
  } finally {
    await file.close();
  }
  [course.seq, course.epoch, course.hash] = [from.seq, from.epoch, from.hash];
  const turn = async (read: number) => {
    await onRead(read);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const mark = await scanSegment(legsOf(segments).at(-1)!, added.subarray(0, end), course, turn, from);
  await onRead(end);
  course.tellGap();
  return mark;
}
