import fs from 'node:fs';
import { join } from 'node:path';
import type { EffectEvent, InputEvent } from '../engine/events.ts';
import { makeDirectory } from './directory.ts';
import { type LostEvent, lineBody, linkLine } from './line.ts';
import { segmentName } from './reader.ts';

export const DURABILITIES = ['everyEvent', 'interval', 'os'] as const;
/**
 * When an event is safe. `everyEvent`: on disk before the call that made it returns; `interval`: on disk
 * within a second; `os`: with the operating system within a second, on disk when that sees fit.
 */
export type Durability = (typeof DURABILITIES)[number];

export interface JournalOptions {
  readonly directory: string;
  readonly durability: Durability;
  /** Where the journal ends now. */
  readonly after: { readonly seq: number; readonly hash: string };
  /** A segment larger than this is followed by another. */
  readonly segmentBytes?: number;
  /** Lines that may wait while the disk fails; the oldest beyond that are lost, and it is said which. */
  readonly maxWaiting?: number;
  /** Told when writing begins to fail, and when it works again. */
  readonly onTrouble?: (error: unknown) => void;
  readonly onRecovered?: () => void;
  /** Told after lines were lost or the directory vanished: only a snapshot makes the record whole again. */
  readonly onLoss?: (lost: LostEvent) => void;
}

interface Waiting {
  readonly seq: number;
  readonly body: string;
  readonly lost: LostEvent | null;
}

/** An open segment, and how far it is known to be good. */
interface OpenFile {
  readonly fd: number;
  readonly path: string;
  readonly inode: number;
  size: number;
}

const SEGMENT_BYTES = 16 << 20;
const MAX_WAITING = 100_000;
/** Lines written at one go: a long backlog must not hold up the bot when it is written at last. */
const BATCH = 1000;
const FLUSH_EVERY = 1000;
/** How long a process that ends may take over its last lines, in ms. */
const LAST_LINES = 2000;

/**
 * The append-only record of events. Appending never throws and, but for `everyEvent`, never waits for the
 * disk. What cannot be written waits in memory, in order, and is written once the disk works again.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #timer: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  /** How often lines were written: a write that another one overtook has nothing to add. */
  #writes = 0;
  #seq: number;
  #hash: string;
  #file: OpenFile | null = null;
  /** The segment that was let go last: what lies beyond its good end was never confirmed. */
  #last: Omit<OpenFile, 'fd'> | null = null;
  #failing = false;
  #flushing: Promise<void> | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#seq = options.after.seq;
    this.#hash = options.after.hash;
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), FLUSH_EVERY);
    this.#timer.unref();
  }

  /** Sequence number of the latest event. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether everything is written that was appended. */
  get settled(): boolean {
    return this.#waiting.length === 0;
  }

  /** Appends one event with what followed from it, and returns its sequence number. */
  append(event: InputEvent, effects: readonly EffectEvent[]): number {
    const seq = this.#seq + 1;
    let body: string;
    try {
      body = lineBody(seq, event.time, event, effects);
    } catch (error) {
      // An event that cannot be written down is in the state all the same: only a snapshot can keep it.
      this.#options.onTrouble?.(error);
      this.skipTo(seq);
      return seq;
    }
    this.#seq = seq;
    this.#waiting.push({ seq, body, lost: null });
    const { maxWaiting = MAX_WAITING } = this.#options;
    if (this.#waiting.length > maxWaiting + this.#inFlight)
      this.#giveUp(this.#waiting.length - maxWaiting - this.#inFlight);
    // A disk that failed is tried again by the timer, not by every order that wants to go out.
    if (this.#options.durability === 'everyEvent' && !this.#failing) this.#attempt(() => this.#writeSync());
    return seq;
  }

  /** Goes on at a later sequence number: the events up to it are known from a snapshot, but not written here. */
  skipTo(seq: number): void {
    if (seq <= this.#seq) return;
    this.#waiting.push(lostLine(this.#seq + 1, seq));
    this.#seq = seq;
  }

  /**
   * Hands what waits to the operating system, so that it outlives the process: it counts as written only once it is
   * flushed, which writes the same again. A write that runs meanwhile puts the same bytes in the same place. Never
   * throws.
   */
  writeNow(): void {
    if (this.settled || this.#failing) return;
    try {
      const file = this.#open();
      const { data } = this.#linked();
      fs.writeSync(file.fd, data, 0, data.length, file.size);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Resolves when all that was appended is safe, as far as the durability promises. Rejects while the disk fails. */
  async flush(): Promise<void> {
    while (this.#flushing) await this.#flushing.catch(() => undefined);
    if (this.settled) return;
    this.#flushing = this.#writeAll();
    try {
      await this.#flushing;
    } finally {
      this.#flushing = null;
    }
  }

  /**
   * Writes what waits before it returns, for a process that ends now: nothing that takes a turn runs any more. Never
   * throws, and stops after `patience` ms. A write that runs meanwhile puts the same bytes in the same place.
   */
  flushNow(patience = LAST_LINES): void {
    const end = performance.now() + patience;
    try {
      while (!this.settled && performance.now() < end) this.#writeSync();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Writes what waits and lets the file go. Rejects when it could not be written. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.flush();
    } finally {
      this.#letGo();
    }
  }

  async #writeAll(): Promise<void> {
    while (!this.settled) {
      try {
        if (this.#options.durability === 'everyEvent') this.#writeSync();
        else await this.#write();
      } catch (error) {
        this.#failed(error);
        throw error;
      }
    }
  }

  #attempt(write: () => void): void {
    try {
      while (!this.settled) write();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #write(): Promise<void> {
    const file = this.#open();
    const { data, hash, count } = this.#linked();
    const writes = this.#writes;
    this.#inFlight = count;
    try {
      await new Promise<void>((resolve, reject) => {
        fs.write(file.fd, data, 0, data.length, file.size, (error, written) => {
          if (error) reject(error);
          else if (written < data.length) reject(shortWrite(written, data.length));
          else resolve();
        });
      });
      if (this.#options.durability !== 'os') {
        await new Promise<void>((resolve, reject) =>
          fs.fdatasync(file.fd, (error) => (error ? reject(error) : resolve())),
        );
      }
    } catch (error) {
      if (writes === this.#writes) throw error;
    } finally {
      this.#inFlight = 0;
    }
    if (writes === this.#writes) this.#written(count, data.length, hash);
  }

  #writeSync(): void {
    const file = this.#open();
    const { data, hash, count } = this.#linked();
    const written = fs.writeSync(file.fd, data, 0, data.length, file.size);
    if (written < data.length) throw shortWrite(written, data.length);
    fs.fdatasyncSync(file.fd);
    this.#written(count, data.length, hash);
  }

  /** The oldest waiting lines as bytes, linked to each other and to what is written already. */
  #linked(): { readonly data: Buffer; readonly hash: string; readonly count: number } {
    const batch = this.#waiting.slice(0, BATCH);
    const lines: string[] = [];
    let hash = this.#hash;
    for (const { body } of batch) {
      const line = linkLine(body, hash);
      lines.push(line.text, '\n');
      hash = line.hash;
    }
    return { data: Buffer.from(lines.join('')), hash, count: batch.length };
  }

  #written(count: number, bytes: number, hash: string): void {
    this.#writes += 1;
    const done = this.#waiting.splice(0, count);
    this.#hash = hash;
    this.#file!.size += bytes;
    if (this.#failing) this.#options.onRecovered?.();
    this.#failing = false;
    for (const { lost } of done) if (lost) this.#options.onLoss?.(lost);
    const isFull = this.#file!.size >= (this.#options.segmentBytes ?? SEGMENT_BYTES);
    // A write that still runs has the file.
    if (isFull && this.#inFlight === 0) this.#letGo();
  }

  /** A failed write is repeated at the same place, so that half a line never stays in the middle. */
  #failed(error: unknown): void {
    if (!this.#failing) this.#options.onTrouble?.(error);
    this.#failing = true;
    try {
      if (this.#file) fs.ftruncateSync(this.#file.fd, this.#file.size);
    } catch {
      // The next write goes over it, and a start cuts it off.
    }
  }

  /** The file to write to. One that vanished is replaced; what it held is only in the snapshot from then on. */
  #open(): OpenFile {
    const { directory, segmentBytes = SEGMENT_BYTES } = this.#options;
    if (this.#file && !isThere(this.#file)) {
      this.#letGo();
      const gone = !fs.existsSync(this.#last!.path);
      const first = this.#waiting[0]?.seq ?? this.#seq + 1;
      if (gone) this.#options.onLoss?.({ type: 'lost', from: 1, to: first - 1 });
    }
    if (this.#file) return this.#file;
    makeDirectory(directory);
    const first = this.#waiting[0]?.seq ?? this.#seq + 1;
    const names = fs.readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
    const last = names.sort().at(-1);
    const lastPath = last === undefined ? null : join(directory, last);
    const goesOn = lastPath !== null && fs.statSync(lastPath).size < segmentBytes;
    const path = goesOn ? lastPath : join(directory, segmentName(first));
    const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    const { ino, size } = fs.fstatSync(fd);
    const known = this.#last?.path === path && this.#last.inode === ino ? this.#last.size : size;
    this.#file = { fd, path, inode: ino, size: known };
    if (known < size) fs.ftruncateSync(fd, known);
    syncDirectory(directory);
    return this.#file;
  }

  /** Gives up the oldest lines that are not being written, and keeps a line that says so in their place. */
  #giveUp(count: number): void {
    const gone = this.#waiting.splice(this.#inFlight, count + 1);
    const [first] = gone;
    this.#waiting.splice(this.#inFlight, 0, lostLine(first!.lost?.from ?? first!.seq, gone.at(-1)!.seq));
  }

  #letGo(): void {
    const file = this.#file;
    if (!file) return;
    this.#file = null;
    this.#last = { path: file.path, inode: file.inode, size: file.size };
    try {
      fs.closeSync(file.fd);
    } catch (error) {
      // Some file systems report a failed write only here; the lines that count were synchronised before.
      this.#options.onTrouble?.(error);
    }
  }
}

const lostLine = (from: number, to: number): Waiting => {
  const lost: LostEvent = { type: 'lost', from, to };
  return { seq: to, body: lineBody(to, 0, lost, []), lost };
};

const shortWrite = (written: number, wanted: number): Error =>
  new Error(`only ${written} of ${wanted} bytes were written`);

function isThere({ inode, path }: OpenFile): boolean {
  try {
    return fs.statSync(path).ino === inode;
  } catch {
    // Whatever keeps us from seeing it, the file cannot be relied on.
    return false;
  }
}

/** A new file survives a power cut only when its directory does. */
function syncDirectory(path: string): void {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
