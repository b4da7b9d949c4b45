import { EdgekeeperError } from '../model/errors.ts';
import type { JournalLine, LostEvent } from './codec/line.ts';
import type { Segment } from './segment.ts';

/** Where something was found to be wrong. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

/** Events that are missed, and nobody said so. */
interface Hole {
  readonly epoch: number;
  /** The first of them; where none is, as when only the end of a batch is broken, the event before. */
  readonly at: number;
  readonly fault: Fault;
}

/** Events that a process wrote after another one had taken its place: sequence numbers [from, to]. */
export interface Dropped {
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
}

/** A last line that was cut off in the middle of being written. */
export interface TornTail {
  readonly path: string;
  /** Bytes before it, which are whole. */
  readonly keep: number;
  readonly lost: number;
}

/** How far a reader has come through the events of a journal, and what it missed on the way. */
export class Course {
  readonly #after: number;
  /** Letters of the lines that are told; null: all. */
  readonly #only: ReadonlySet<number> | null;
  readonly #onLine: (line: JournalLine) => void;
  /** Last event that is accounted for, and the process that wrote it. */
  seq = 0;
  epoch = 0;
  /** Hash of what was read last; null where that is not known, and so nothing can be checked against it. */
  hash: string | null = null;
  lines = 0;
  torn: TornTail | null = null;
  /** What is wrong since the last whole batch; null where nothing is. */
  damage: Fault | null = null;
  readonly dropped: Dropped[] = [];
  readonly #passed = new Map<number, number>();
  #gapFrom: number | null = null;
  #holes: Hole[] = [];

  /**
   * @param after the last event that is known already: only those beyond it are told
   * @param only letters of lines: events of others are told only where such a line comes with them; null: all are told
   */
  constructor(after: number, onLine: (line: JournalLine) => void, only: readonly string[] | null = null) {
    this.#after = after;
    this.#only = only && new Set(only.map((letter) => letter.charCodeAt(0)));
    this.#onLine = onLine;
  }

  /** Whether an event is one that is told. */
  wants(seq: number): boolean {
    return seq > this.#after;
  }

  /** Whether lines of a letter are told. */
  wantsLetter(letter: number): boolean {
    return this.#only === null || this.#only.has(letter);
  }

  tell(line: JournalLine): void {
    this.tellGap();
    this.seq = line.seq;
    this.lines += 1;
    if (line.seq > this.#after) this.#onLine(line);
  }

  /** An event that is known already, or of which nothing is wanted. @param letter of its line, where it was looked at */
  pass(letter?: number): void {
    this.tellGap();
    this.seq += 1;
    this.lines += 1;
    if (letter !== undefined) this.#passed.set(letter, this.seq);
  }

  /** The latest event that was passed over and whose line has this letter; null without one. */
  latestPassed(letter: string): number | null {
    return this.#passed.get(letter.charCodeAt(0)) ?? null;
  }

  /** Events of a process are missed up to here. Where a later line says that they were on disk, the journal is corrupt. */
  miss(to: number, epoch: number, fault: Fault): void {
    const from = this.seq + 1;
    this.#holes.push({ epoch, at: from <= to ? from : this.seq, fault: this.damage ?? fault });
    if (from <= to) this.#gapFrom ??= from;
    this.seq = Math.max(this.seq, to);
  }

  /** The writer itself says what is lost. */
  acknowledge({ from, to }: LostEvent): void {
    this.#holes = this.#holes.filter(({ at }) => at < from || at > to);
    const begins = this.#gapFrom ?? Math.max(from, this.seq + 1);
    this.#gapFrom = null;
    this.seq = Math.max(this.seq, to);
    if (begins <= this.seq) this.#lose(begins);
  }

  /** A batch says how far its process knew everything to be on disk. Throws `JOURNAL_CORRUPT` where it is not. */
  claim(durable: number, epoch: number): void {
    const hole = this.#holes.find((each) => each.epoch === epoch && each.at <= durable);
    if (hole) throw corrupt(hole.fault);
  }

  tellGap(): void {
    if (this.#gapFrom === null) return;
    const from = this.#gapFrom;
    this.#gapFrom = null;
    this.#lose(from);
  }

  drop(from: number, to: number, epoch: number): void {
    const last = this.dropped.at(-1);
    if (last?.epoch === epoch && last.to + 1 === from) this.dropped.splice(-1, 1, { ...last, to });
    else this.dropped.push({ epoch, from, to });
  }

  #lose(from: number): void {
    const to = this.seq;
    if (to <= this.#after) return;
    const event = { type: 'lost', from: Math.max(from, this.#after + 1), to } as const;
    this.#onLine({ seq: to, time: 0, event });
  }
}

export const corrupt = ({ path, line, what }: Fault): EdgekeeperError =>
  new EdgekeeperError('JOURNAL_CORRUPT', {
    found: `line ${line} of ${path}: ${what}`,
    expected: 'the journal as Edgekeeper wrote it',
    hint: 'See what can be read with `edgekeeper recover`, and go on from there with --yes; restore a backup; or start with --recover-from-snapshot.',
  });

/** A segment on the course of a reader. */
export interface Leg {
  readonly segment: Segment;
  /** Events from this one on stand in a later segment: those of a file that its writer could not rely on any more. */
  readonly until: number;
  /** Events from this one on are a newer process's: what stands here of them is dropped. */
  readonly takenOver: number;
  /** Whether no segment comes after it, and none of the same process. */
  readonly isLast: boolean;
  readonly endsEpoch: boolean;
}

/** The segments of a journal as they are read. */
export function legsOf(segments: readonly Segment[]): Leg[] {
  const legs: Leg[] = [];
  let [until, takenOver] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [i, segment] of [...segments.entries()].reverse()) {
    const next = segments[i + 1];
    const endsEpoch = next === undefined || next.epoch > segment.epoch;
    if (endsEpoch) takenOver = until;
    legs.unshift({ segment, until, takenOver, isLast: next === undefined, endsEpoch });
    until = Math.min(until, segment.first);
  }
  return legs;
}

/** Gives others a turn, for a long journal must not hold them up. @param read bytes of the segment so far */
export type Turn = (read: number) => Promise<void>;
/** Bytes that are read between two turns. */
export const TURN_BYTES = 1 << 20;
