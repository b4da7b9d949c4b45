import { readFile } from 'node:fs/promises';
import { EdgekeeperError } from '../model/errors.ts';
import type { JournalLine } from './codec/line.ts';
import { Course, corrupt, type Dropped, type Leg, legsOf, type TornTail } from './course.ts';
import { unreadable } from './directory.ts';
import { type ScanMark, scanSegment } from './scan.ts';
import { scanVersion1 } from './scan-version1.ts';
import { type Segment, segmentsIn } from './segment.ts';

/** Where a journal ends. */
export interface JournalEnd {
  readonly seq: number;
  /** Of what was read last: what is written next follows it. */
  readonly hash: string;
  /** Events that were read, also those before the wanted ones. */
  readonly lines: number;
  readonly torn: TornTail | null;
  /** Events of processes that went on after another one had taken over. */
  readonly dropped: readonly Dropped[];
}

/**
 * Reads every event after `after` in order, checking the whole chain on the way. A last line that was cut off, and
 * events of a process that another one had replaced, are reported and no error; a batch that never came to be on disk
 * is a lost event. Anything else that is wrong throws `JOURNAL_CORRUPT` with the file and line.
 * @param only letters of the lines that are read; null for all
 */
export async function readJournal(
  directory: string,
  after: number,
  onLine: (line: JournalLine) => void,
  only: readonly string[] | null = null,
): Promise<JournalEnd> {
  return readSegments(await segmentsIn(directory), new Course(after, onLine, only), after);
}

async function readSegments(
  segments: readonly Segment[],
  course: Course,
  after: number,
  onRead?: OnRead,
): Promise<JournalEnd> {
  await readLegs(wantedLegs(segments, after), course, onRead);
  const { seq, hash, lines, torn, dropped } = course;
  return { seq, hash: hash ?? '', lines, torn, dropped };
}

/** The segments that are read for the events after one. Throws `JOURNAL_CORRUPT` where those are gone already. */
export function wantedLegs(segments: readonly Segment[], after: number): readonly Leg[] {
  const legs = legsOf(segments);
  const [earliest] = legs;
  if (earliest === undefined) return [];
  const { path, first } = earliest.segment;
  if (first > after + 1)
    throw corrupt({ path, line: 1, what: `it starts at event ${first}, the state ends at ${after}` });
  // Segments that end before `after` hold nothing that is wanted: the chain is checked from the next on.
  const start = Math.max(
    0,
    legs.findLastIndex(({ segment }) => segment.first <= after + 1),
  );
  return legs.slice(start);
}

/** Told of the bytes that were read so far; it is waited for. */
export type OnRead = (bytes: number) => void | Promise<void>;

/**
 * Reads segments that follow each other.
 * @returns where the last of them can be read on from; null where it has no whole batch
 */
export async function readLegs(
  legs: readonly Leg[],
  course: Course,
  onRead: OnRead = () => undefined,
): Promise<ScanMark | null> {
  const [earliest] = legs;
  if (earliest === undefined) return null;
  const { first, epoch } = earliest.segment;
  course.seq = first - 1;
  course.epoch = epoch;
  if (first === 1) course.hash = '';
  let done = 0;
  let mark: ScanMark | null = null;
  for (const leg of legs) {
    const { path } = leg.segment;
    const bytes = await readFile(path).catch((error) => {
      throw unreadable(path, error);
    });
    const before = done;
    const turn = async (read: number) => {
      await onRead(before + read);
      await new Promise((resolve) => setImmediate(resolve));
    };
    if (leg.segment.epoch === 0) await scanVersion1(leg, bytes, course, turn);
    else mark = await scanSegment(leg, bytes, course, turn);
    done += bytes.length;
    await onRead(done);
  }
  course.tellGap();
  return mark;
}

/** Told where a journal is damaged, by those who go on without what cannot be read. */
export type OnFault = (fault: EdgekeeperError) => void;

/** Awaits what reads a journal. Where that is damaged it is told, if anybody listens; else `JOURNAL_CORRUPT` is thrown. */
export async function asFarAsReadable<T>(reading: Promise<T>, onFault?: OnFault): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (onFault === undefined || !isDamage(error)) throw error;
    onFault(error);
    return null;
  }
}

const isDamage = (error: unknown): error is EdgekeeperError =>
  error instanceof EdgekeeperError && error.code === 'JOURNAL_CORRUPT';

/** Told of the bytes that were read, and of all there are. */
export type Progress = (read: number, all: number) => void;

/** Reads all events that a journal still has. @param only letters of the lines that are read; null for all */
export async function readWhole(
  directory: string,
  onLine: (line: JournalLine) => void,
  onProgress: Progress = () => undefined,
  only: readonly string[] | null = null,
): Promise<JournalEnd> {
  const segments = await segmentsIn(directory);
  const all = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const after = (segments[0]?.first ?? 1) - 1;
  return readSegments(segments, new Course(after, onLine, only), after, (read) => onProgress(read, all));
}
