import type { EffectEvent, InputEvent } from '../engine/events.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { Backlog, waitingEvent, waitingLoss } from './backlog.ts';
import { BatchWriter } from './batch-writer.ts';
import { type LostEvent, linesOf } from './codec/line.ts';
import { highestEpoch } from './segment-file.ts';

export const DURABILITIES = ['everyEvent', 'interval', 'os'] as const;
/**
 * When an event is safe. `everyEvent`: on disk before the call that made it returns; `interval`: on disk
 * within a second; `os`: with the operating system within a second, on disk when that sees fit.
 */
export type Durability = (typeof DURABILITIES)[number];

/** What says whether this process may write, or another has taken its place. */
export interface Fence {
  /** Higher than that of every process that wrote before. */
  readonly epoch: number;
  isHeld(): boolean;
}

export interface JournalOptions {
  readonly directory: string;
  readonly durability: Durability;
  /** Where the journal ends now. */
  readonly after: { readonly seq: number; readonly hash: string };
  /** Asked before every write. Without it nobody else is there, and the epoch is one above the highest in the folder. */
  readonly fence?: Fence;
  /** A segment larger than this is followed by another. */
  readonly segmentBytes?: number;
  /** Events that may wait while the disk fails; the oldest beyond that are lost, and it is said which. */
  readonly maxWaiting?: number;
  /** Told when writing begins to fail, and when it works again. */
  readonly onTrouble?: (error: unknown) => void;
  readonly onRecovered?: () => void;
  /** Told after events were lost, or a file was taken away, replaced or cut: only a snapshot makes the record whole. */
  readonly onLoss?: (lost: LostEvent) => void;
  /** Told once, when another process has taken over: nothing is written any more. */
  readonly onFenced?: () => void;
}

/** Whoever looks for something late in the journal reads its last segment. */
const SEGMENT_BYTES = 2 << 20;
const MAX_WAITING = 100_000;
/** What waits beyond so many characters is written at once: a burst must neither fill memory nor lose anything. */
const BURST = 256 << 10;
const FLUSH_EVERY = 1000;
/** How long a process that ends may take over its last lines, in ms. */
const LAST_LINES = 2000;

/**
 * The append-only record of events. Appending never throws and, but for `everyEvent` and in a burst, never waits for
 * the disk. What cannot be written waits in memory, in order, and is written once the disk works again. Each process
 * writes to files of its own.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #backlog = new Backlog();
  readonly #disk: BatchWriter;
  #fence: Fence | null;
  #seq: number;
  #failing = false;
  #fenced = false;
  #flushing: Promise<void> | null = null;

  constructor(options: JournalOptions) {
    const { directory, after, durability, segmentBytes = SEGMENT_BYTES, fence = null } = options;
    const onLoss = (lost: LostEvent) => options.onLoss?.(lost);
    this.#options = options;
    this.#disk = new BatchWriter(this.#backlog, {
      directory,
      after,
      syncs: durability !== 'os',
      segmentBytes,
      onLoss,
    });
    this.#fence = fence;
    this.#seq = after.seq;
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), FLUSH_EVERY);
    this.#timer.unref();
  }

  /** Sequence number of the latest event. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether everything is written that was appended, as safely as the durability promises. */
  get settled(): boolean {
    return this.#backlog.count === 0 && this.#disk.isIdle;
  }

  /** Events that are not written yet. */
  get lag(): number {
    return this.#backlog.count;
  }

  /** Whether another process has taken over: nothing is written any more. */
  get isFenced(): boolean {
    return this.#fenced;
  }

  /**
   * Appends one event with what followed from it, and returns its sequence number.
   * @param remembered for a trade: whether the engine still knows its decision, just as the trade has it
   */
  append(event: InputEvent, effects: readonly EffectEvent[], remembered = false): number {
    const seq = this.#seq + 1;
    if (this.#fenced) {
      this.#seq = seq;
      return seq;
    }
    let lines: string[];
    try {
      lines = linesOf(event, effects, remembered, this.#disk.names);
    } catch (error) {
      // An event that cannot be written down is in the state all the same: only a snapshot can keep it.
      this.#options.onTrouble?.(error);
      this.skipTo(seq);
      return seq;
    }
    this.#seq = seq;
    this.#backlog.add(waitingEvent(seq, lines));
    // A disk that failed is tried again by the timer, not by every order that wants to go out.
    if (this.#failing) this.#backlog.keepLatest(this.#options.maxWaiting ?? MAX_WAITING);
    else if (this.#options.durability === 'everyEvent') this.#trying((epoch) => this.#writeAndSync(epoch));
    else if (this.#backlog.size > BURST) this.#trying((epoch) => this.#disk.writeThrough(epoch));
    return seq;
  }

  /** Goes on at a later sequence number: the events up to it are known from a snapshot, but not written here. */
  skipTo(seq: number): void {
    if (seq <= this.#seq) return;
    if (!this.#fenced) this.#backlog.add(waitingLoss(this.#seq + 1, seq));
    this.#seq = seq;
  }

  /** Hands what waits to the operating system, so that it outlives the process. Never throws. */
  writeNow(): void {
    if (!this.#failing) this.#trying((epoch) => this.#disk.writeThrough(epoch));
  }

  /**
   * Resolves when all that was appended so far is safe, as far as the durability promises; what comes meanwhile does not
   * hold it up. Rejects while the disk fails, and with `LEASE_LOST` once another process has taken over.
   */
  async flush(): Promise<void> {
    const wanted = this.#seq;
    while (this.#flushing) await this.#flushing.catch(() => undefined);
    this.#disk.check();
    if (this.settled && !this.#fenced && this.#fence?.isHeld() !== false) return;
    this.#flushing = this.#writeUpTo(wanted);
    try {
      await this.#flushing;
    } finally {
      this.#flushing = null;
    }
  }

  /**
   * Writes what waits before it returns, for a process that ends now: nothing that takes a turn runs any more. Never
   * throws, and stops after `patience` ms.
   */
  flushNow(patience = LAST_LINES): void {
    const end = performance.now() + patience;
    const isLate = () => performance.now() >= end;
    this.#trying((epoch) => {
      this.#disk.writeThrough(epoch, isLate);
      if (!isLate()) this.#disk.sync();
    });
  }

  /** Writes what waits and lets the file go. Rejects when it could not be written. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    try {
      do await this.flush();
      while (!this.settled);
      this.#trying((epoch) => this.#disk.claim(epoch));
    } finally {
      this.#disk.release();
    }
  }

  async #writeUpTo(seq: number): Promise<void> {
    do {
      try {
        const epoch = this.#epoch();
        if (epoch === null) throw takenOver(this.#options.directory);
        if (this.#options.durability === 'everyEvent') this.#writeAndSync(epoch);
        else await this.#disk.writeLater(epoch);
        this.#worked();
      } catch (error) {
        if (!this.#fenced) this.#failed(error);
        throw error;
      }
    } while (this.#fenced || !(this.settled || this.#disk.safe >= seq));
  }

  #writeAndSync(epoch: number): void {
    this.#disk.writeThrough(epoch);
    this.#disk.sync();
  }

  #trying(write: (epoch: number) => void): void {
    try {
      const epoch = this.#epoch();
      if (epoch === null) return;
      write(epoch);
      this.#worked();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The epoch to write in; null once another process has taken over, and from then on. */
  #epoch(): number | null {
    if (this.#fenced) return null;
    this.#fence ??= { epoch: highestEpoch(this.#options.directory) + 1, isHeld: () => true };
    if (this.#fence.isHeld()) return this.#fence.epoch;
    this.#fenced = true;
    clearInterval(this.#timer);
    this.#backlog.clear();
    this.#disk.release();
    this.#options.onFenced?.();
    return null;
  }

  #worked(): void {
    if (this.#failing) this.#options.onRecovered?.();
    this.#failing = false;
  }

  #failed(error: unknown): void {
    if (!this.#failing) this.#options.onTrouble?.(error);
    this.#failing = true;
    this.#disk.failed();
  }
}

const takenOver = (directory: string): EdgekeeperError =>
  new EdgekeeperError('LEASE_LOST', {
    found: `${directory}, which another process has taken over`,
    expected: 'one process for each state directory',
    hint: 'Stop one of them; this one writes nothing any more.',
  });
