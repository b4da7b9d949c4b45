import type { EffectEvent } from '../engine/events.ts';
import { chained, sealedEnd } from './codec/checksum.ts';
import { decodeEffects } from './codec/effect-line.ts';
import { decodeEvent, EFFECT_LETTERS, LETTERS } from './codec/event-line.ts';
import { type JournalLine, VERSION } from './codec/line.ts';
import { KnownNames } from './codec/names.ts';
import { type Course, corrupt, type Fault, type Leg, TURN_BYTES, type Turn } from './course.ts';

const codesOf = (letters: Readonly<Record<string, string>>) =>
  new Set(Object.values(letters).map((letter) => letter.charCodeAt(0)));
const EVENTS = codesOf(LETTERS);
const EFFECTS = codesOf(EFFECT_LETTERS);
const [HEADER, NAMES, BATCH, LOST] = ['h', 'n', 'b', 'l'].map((letter) => letter.charCodeAt(0));
/** A line is `["d",...`: its letter is the third byte. */
const LETTER = 2;

/** The fields of a whole line. */
export type Values = readonly unknown[];

/** Where a segment can be read on from, behind a whole batch, with what its lines said so far. */
export interface ScanMark {
  /** Bytes and lines before it. */
  readonly at: number;
  readonly number: number;
  readonly names: KnownNames;
  /** Last event before it, the process that wrote it, and the hash of the batch. */
  readonly seq: number;
  readonly epoch: number;
  readonly hash: string;
}

/**
 * Reads a segment line by line. What is broken is passed over up to the next batch, whose end says where one is.
 * @param from where `bytes` begin; by default at the first line
 * @returns where it can be read on from; null where no batch is whole
 */
export async function scanSegment(
  leg: Leg,
  bytes: Buffer,
  course: Course,
  turn: Turn,
  from: ScanMark | null = null,
): Promise<ScanMark | null> {
  const scan = new Scan(leg, bytes, course, from);
  let turned = 0;
  for (let at = 0; at < bytes.length; ) {
    if (at - turned > TURN_BYTES) {
      await turn(at);
      turned = at;
    }
    const end = bytes.indexOf(10, at);
    scan.line(at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 1;
  }
  scan.end();
  return scan.mark;
}

class Scan {
  readonly #leg: Leg;
  readonly #bytes: Buffer;
  readonly #course: Course;
  readonly #names: KnownNames;
  readonly #offset: number;
  #number: number;
  #mark: ScanMark | null;
  /** Where the lines begin that no batch has closed so far, and where the last of them ends that counts. */
  #begins = 0;
  #counts = 0;
  #effects: Values[] = [];
  /** Whole lines after something broken, event by event: which ones they are is known at the end of their batch. */
  #since: Values[][] = [];
  /** The next event that is passed over, once a later segment has what follows; null before. */
  #dropping: number | null = null;

  constructor(leg: Leg, bytes: Buffer, course: Course, from: ScanMark | null) {
    this.#leg = leg;
    this.#bytes = bytes;
    this.#course = course;
    this.#mark = from;
    this.#names = from?.names ?? new KnownNames();
    this.#offset = from?.at ?? 0;
    this.#number = from?.number ?? 0;
    if (leg.segment.first >= leg.until) this.#dropping = leg.segment.first;
  }

  get mark(): ScanMark | null {
    return this.#mark;
  }

  /** Takes the next line. */
  line(start: number, end: number): void {
    this.#number += 1;
    const stop = sealedEnd(this.#bytes, start, end);
    if (stop < 0) {
      this.#break('its checksum does not fit its content');
      return;
    }
    const letter = this.#bytes[start + LETTER]!;
    if (this.#dropping !== null) {
      if (EVENTS.has(letter)) this.#drop();
      return;
    }
    const isEvent = EVENTS.has(letter);
    const course = this.#course;
    if ((isEvent || EFFECTS.has(letter)) && course.damage === null && !this.#wants(letter, isEvent)) {
      if (isEvent && this.#isOurs()) {
        course.pass(letter);
        this.#counts = end + 1;
      }
      return;
    }
    const values: Values = JSON.parse(this.#bytes.toString('utf8', start, stop));
    if (isEvent) this.#event(values, end);
    else if (EFFECTS.has(letter)) this.#effects.push(values);
    else if (letter === BATCH) this.#batch(values, start, end);
    else if (letter === NAMES) this.#names.declare(values[1] as number, values[2] as string[]);
    else if (letter === LOST) this.#lost(values, end);
    else if (letter === HEADER) this.#header(values, end);
    else this.#break('nobody knows what it says');
  }

  /** Whether a line need be read. An event is read for what followed from it, too. */
  #wants(letter: number, isEvent: boolean): boolean {
    const course = this.#course;
    if (!course.wants(course.seq + 1)) return false;
    return course.wantsLetter(letter) || (isEvent && this.#effects.length > 0);
  }

  /** What stands at the end, and no batch has closed, counts as far as it is whole. */
  end(): void {
    if (this.#dropping !== null) return;
    const course = this.#course;
    this.#close();
    if (!this.#leg.isLast || (course.damage === null && this.#effects.length === 0)) return;
    const keep = Math.max(this.#counts, this.#begins);
    course.torn = { path: this.#leg.segment.path, keep, lost: this.#bytes.length - keep };
    course.damage = null;
  }

  /** Links what no batch has closed as if one had. */
  #close(): void {
    const { hash } = this.#course;
    if (hash !== null && this.#counts > this.#begins)
      this.#course.hash = chained(hash, this.#bytes.subarray(this.#begins, this.#counts));
  }

  #fault(what: string): Fault {
    return { path: this.#leg.segment.path, line: this.#number, what };
  }

  #break(what: string): void {
    this.#course.damage ??= this.#fault(what);
    [this.#effects, this.#since] = [[], []];
  }

  /** Whether the next event is the one that stands here: a later segment may have another in its place. */
  #isOurs(): boolean {
    if (this.#course.seq + 1 < this.#leg.until) return true;
    this.#close();
    this.#dropping = this.#course.seq + 1;
    this.#drop();
    return false;
  }

  #drop(): void {
    const seq = this.#dropping!;
    if (seq >= this.#leg.takenOver) this.#course.drop(seq, seq, this.#leg.segment.epoch);
    this.#dropping = seq + 1;
  }

  #header([, version, epoch, first, follows]: Values, end: number): void {
    const { segment } = this.#leg;
    const course = this.#course;
    if (version !== VERSION) throw corrupt(this.#fault(`version ${version} is unknown here`));
    if (epoch !== segment.epoch || first !== segment.first || this.#number !== 1)
      throw corrupt(this.#fault('it is the first line of another file'));
    this.#begins = end + 1;
    const fault = this.#fault('it does not follow from the line before it');
    const isLinked = course.hash === null || course.hash === follows;
    const isMissed = segment.first > course.seq + 1 || (!isLinked && course.damage !== null);
    if (isMissed) course.miss(segment.first - 1, course.epoch, fault);
    else if (!isLinked || segment.first <= course.seq) throw corrupt(fault);
    course.damage = null;
    course.hash = follows as string;
    course.epoch = segment.epoch;
  }

  #event(values: Values, end: number): void {
    const lines = [...this.#effects, values];
    this.#effects = [];
    if (this.#number === 1) this.#break('it is no first line of a segment');
    if (this.#course.damage !== null) this.#since.push(lines);
    else if (this.#isOurs()) {
      const fault = this.#tell(lines);
      if (fault === null) this.#counts = end + 1;
      else this.#break(fault);
    }
  }

  /** Tells an event with what followed from it; returns why where it cannot be read. */
  #tell(lines: readonly Values[]): string | null {
    const course = this.#course;
    const seq = course.seq + 1;
    if (!course.wants(seq)) {
      course.pass();
      return null;
    }
    let line: JournalLine;
    try {
      line = decoded(seq, lines, this.#names);
    } catch (error) {
      return (error as Error).message;
    }
    course.tell(line);
    return null;
  }

  #lost([, from, to]: Values, end: number): void {
    const course = this.#course;
    const lost = { type: 'lost', from: from as number, to: to as number } as const;
    if (lost.to >= this.#leg.until) return;
    const { epoch } = this.#leg.segment;
    if (course.damage !== null || lost.from > course.seq + 1) {
      course.miss(lost.from - 1, epoch, this.#fault('events before it are missed'));
      // Where the batch began is not known any more, so that its hash says nothing.
      [course.damage, course.hash] = [null, null];
      this.#since = [];
    }
    course.acknowledge(lost);
    this.#counts = end + 1;
  }

  #batch([, seq, durable, hash]: Values, start: number, end: number): void {
    const course = this.#course;
    const { epoch } = this.#leg.segment;
    if (course.damage !== null) {
      this.#mend(seq as number);
    } else {
      if (course.hash !== null && chained(course.hash, this.#bytes.subarray(this.#begins, start)) !== hash)
        throw corrupt(this.#fault('it does not follow from the lines before it'));
      if (seq !== course.seq) throw corrupt(this.#fault(`it ends at event ${seq}, not ${course.seq}`));
    }
    course.hash = hash as string;
    this.#begins = end + 1;
    this.#counts = end + 1;
    this.#mark = {
      at: this.#offset + end + 1,
      number: this.#number,
      names: this.#names,
      seq: course.seq,
      epoch,
      hash: course.hash,
    };
    course.claim(durable as number, epoch);
  }

  /** At the end of a broken batch it is known which events the whole lines in it are. */
  #mend(seq: number): void {
    const course = this.#course;
    const fault = course.damage!;
    const { epoch } = this.#leg.segment;
    const missed = seq - this.#since.length;
    if (missed < course.seq) throw corrupt(fault);
    course.miss(missed, epoch, fault);
    course.damage = null;
    const since = this.#since;
    this.#since = [];
    for (const lines of since) {
      if (!this.#isOurs()) return;
      // One that needs a name which is lost is lost with it.
      if (this.#tell(lines) !== null) course.miss(course.seq + 1, epoch, fault);
    }
  }
}

/** An event and what followed from it, by the fields of their lines. Throws where one does not say what it should. */
export function decoded(seq: number, lines: readonly Values[], names: KnownNames): JournalLine {
  const { event, remembered } = decodeEvent(lines.at(-1)!, names);
  const effects: EffectEvent[] = [];
  for (let i = 0; i < lines.length - 1; i += 1) effects.push(...decodeEffects(lines[i]!, names));
  const line: JournalLine = { seq, time: event.time, event };
  if (effects.length === 0) return remembered ? { ...line, remembered } : line;
  return remembered ? { ...line, effects, remembered } : { ...line, effects };
}
