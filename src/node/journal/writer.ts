import fs from 'node:fs';
import { join } from 'node:path';
import type { EffectEvent, InputEvent } from '../../events.ts';
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
  /** Told when writing fails, and when it works again. */
  readonly onTrouble?: (error: unknown) => void;
  /** Told after lines were lost or the directory vanished: only a snapshot makes the record whole again. */
  readonly onLoss?: (lost: LostEvent) => void;
}

interface Waiting {
  readonly seq: number;
  readonly time: number;
  readonly body: string;
}

const SEGMENT_BYTES = 16 << 20;
const MAX_WAITING = 100_000;
const FLUSH_EVERY = 1000;

/**
 * The append-only record of events. Appending never throws and, but for `everyEvent`, never waits for the
 * disk. What cannot be written waits in memory, in order, and is written once the disk works again.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #timer: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #lost: LostEvent | null = null;
  #seq: number;
  #hash: string;
  #file: { readonly fd: number; readonly path: string; size: number } | null = null;
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
    return this.#waiting.length === 0 && this.#lost === null;
  }

  /** Appends one event with what followed from it, and returns its sequence number. */
  append(event: InputEvent, effects: readonly EffectEvent[]): number {
    this.#seq += 1;
    this.#waiting.push({
      seq: this.#seq,
      time: event.time,
      body: lineBody(this.#seq, event.time, event, effects),
    });
    const { maxWaiting = MAX_WAITING } = this.#options;
    if (!this.#flushing && this.#waiting.length > maxWaiting) this.#giveUp(this.#waiting.length - maxWaiting);
    if (this.#options.durability === 'everyEvent') {
      try {
        this.#writeSync();
      } catch (error) {
        this.#options.onTrouble?.(error);
      }
    }
    return this.#seq;
  }

  /** Goes on at a later sequence number: the events up to it are known from a snapshot, but not written here. */
  skipTo(seq: number): void {
    if (seq <= this.#seq) return;
    this.#lost = { type: 'lost', from: this.#lost?.from ?? this.#seq + 1, to: seq };
    this.#seq = seq;
  }

  /** Resolves when all that was appended is safe, as far as the durability promises. Rejects while the disk fails. */
  async flush(): Promise<void> {
    while (this.#flushing) await this.#flushing.catch(() => undefined);
    if (this.settled) return;
    try {
      if (this.#options.durability === 'everyEvent') {
        this.#writeSync();
      } else {
        this.#flushing = this.#write();
        await this.#flushing;
      }
    } catch (error) {
      this.#options.onTrouble?.(error);
      throw error;
    } finally {
      this.#flushing = null;
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

  async #write(): Promise<void> {
    const file = this.#open();
    const { data, hash, count } = this.#linked();
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
    this.#written(count, data.length, hash);
  }

  #writeSync(): void {
    const file = this.#open();
    const { data, hash, count } = this.#linked();
    const written = fs.writeSync(file.fd, data, 0, data.length, file.size);
    if (written < data.length) throw shortWrite(written, data.length);
    fs.fdatasyncSync(file.fd);
    this.#written(count, data.length, hash);
  }

  /** The waiting lines as bytes, linked to each other and to what is written already. */
  #linked(): { readonly data: Buffer; readonly hash: string; readonly count: number } {
    const lines: string[] = [];
    let hash = this.#hash;
    const link = (body: string) => {
      const line = linkLine(body, hash);
      lines.push(line.text, '\n');
      hash = line.hash;
    };
    if (this.#lost) link(lineBody(this.#lost.to, this.#waiting[0]?.time ?? 0, this.#lost, []));
    for (const { body } of this.#waiting) link(body);
    return { data: Buffer.from(lines.join('')), hash, count: this.#waiting.length };
  }

  /** A failed write is repeated at the same place, so that half a line never stays in the middle. */
  #written(lines: number, bytes: number, hash: string): void {
    const lost = this.#lost;
    this.#lost = null;
    this.#waiting = this.#waiting.slice(lines);
    this.#hash = hash;
    this.#file!.size += bytes;
    if (lost) this.#options.onLoss?.(lost);
    if (this.#file!.size >= (this.#options.segmentBytes ?? SEGMENT_BYTES)) this.#letGo();
  }

  /** The file to write to. One that vanished is replaced; what it held is only in the snapshot from then on. */
  #open(): { readonly fd: number; readonly path: string; size: number } {
    const { directory } = this.#options;
    if (this.#file && !isThere(this.#file)) {
      const first = this.#waiting[0]?.seq ?? this.#seq + 1;
      this.#letGo();
      this.#options.onLoss?.({ type: 'lost', from: 1, to: first - 1 });
    }
    if (this.#file) return this.#file;
    fs.mkdirSync(directory, { recursive: true });
    const first = this.#lost?.to ?? this.#waiting[0]?.seq ?? this.#seq + 1;
    const last = fs
      .readdirSync(directory)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .at(-1);
    const lastPath = last === undefined ? null : join(directory, last);
    const goesOn =
      lastPath !== null && fs.statSync(lastPath).size < (this.#options.segmentBytes ?? SEGMENT_BYTES);
    const path = goesOn ? lastPath : join(directory, segmentName(first));
    const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    this.#file = { fd, path, size: fs.fstatSync(fd).size };
    syncDirectory(directory);
    return this.#file;
  }

  #giveUp(count: number): void {
    const gone = this.#waiting.splice(0, count);
    this.#lost = { type: 'lost', from: this.#lost?.from ?? gone[0]!.seq, to: gone.at(-1)!.seq };
  }

  #letGo(): void {
    if (this.#file) fs.closeSync(this.#file.fd);
    this.#file = null;
  }
}

const shortWrite = (written: number, wanted: number): Error =>
  new Error(`only ${written} of ${wanted} bytes were written`);

function isThere({ fd, path }: { readonly fd: number; readonly path: string }): boolean {
  try {
    return fs.statSync(path).ino === fs.fstatSync(fd).ino;
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
