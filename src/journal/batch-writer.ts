import { type Backlog, waitingLoss } from './backlog.ts';
import { type Batch, makeBatch } from './batch.ts';
import type { LostEvent } from './codec/line.ts';
import { NameTable } from './codec/names.ts';
import { highestEpoch, SegmentFile, syncSegments } from './segment-file.ts';

/** Lines and characters of a batch: what is written at one go must not hold up the bot. */
const BATCH_LINES = 4000;
const BATCH_SIZE = 256 << 10;
/** Bytes that are kept until they are known to be durable, to be written again where that fails. */
const MAX_UNSAFE = 8 << 20;

export interface BatchWriterOptions {
  readonly directory: string;
  /** Where the journal ends now. */
  readonly after: { readonly seq: number; readonly hash: string };
  /** Whether the disk is asked if it really has what was written. */
  readonly syncs: boolean;
  readonly segmentBytes: number;
  readonly onLoss: (lost: LostEvent) => void;
}

/** Writes what waits, in batches, to segments of this process. What fails stays, and is written again by the next call. */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  readonly #backlog: Backlog;
  readonly names = new NameTable();
  /** Names whose declaration in this segment is known to be safe. */
  #safeNames = 0;
  /** Batches on their way to the disk, in order: they stay until it says that it has them. */
  #unsafe: Batch[] = [];
  #unsafeSize = 0;
  /** Last event and hash of the latest batch that was made. */
  #seq: number;
  #hash: string;
  /** Last event that is known to be on disk, and what the latest batch says of that; 0 where none of this process is. */
  #durable = 0;
  #claimed = 0;
  #safe = 0;
  #file: SegmentFile | null = null;
  /** The file that a write runs on; that write closes it where it was let go meanwhile. */
  #running: SegmentFile | null = null;

  constructor(backlog: Backlog, options: BatchWriterOptions) {
    this.#options = options;
    this.#backlog = backlog;
    this.#seq = options.after.seq;
    this.#hash = options.after.hash;
  }

  /** Whether nothing is on its way. */
  get isIdle(): boolean {
    return this.#unsafe.length === 0;
  }

  /** Last event that is as safe as the durability promises; 0 where none of this process is. */
  get safe(): number {
    return this.#safe;
  }

  /** Writes one batch, and whatever is not known to be on disk, without holding anything up. */
  async writeLater(epoch: number): Promise<void> {
    const file = this.#open(epoch);
    if (this.#unsafe.length === 0) this.#makeBatch(file);
    const batches = [...this.#unsafe];
    this.#running = file;
    try {
      for (const batch of batches) {
        if (!batch.isWritten) await file.writeLater(batch.data, batch.at);
        batch.isWritten = true;
      }
      if (this.#options.syncs) await file.syncLater();
    } catch (error) {
      // A write that another one overtook has nothing to add.
      if (this.#isOpen(batches, file)) throw error;
    } finally {
      this.#running = null;
      if (file !== this.#file) file.close();
    }
    if (this.#isOpen(batches, file)) this.#confirm(batches.length);
  }

  /**
   * Writes what waits before it returns, but asks the disk for it only once much has gathered.
   * @param isLate says when to stop
   */
  writeThrough(epoch: number, isLate: () => boolean = () => false): void {
    while (this.#backlog.count > 0 || this.#unsafe.some(({ isWritten }) => !isWritten)) {
      if (isLate()) return;
      const file = this.#open(epoch);
      if (this.#backlog.count > 0) this.#makeBatch(file);
      for (const batch of this.#unsafe) {
        // A write that runs meanwhile puts the same bytes in the same place.
        if (!batch.isWritten) file.write(batch.data, batch.at);
        batch.isWritten = true;
      }
      if (!this.#options.syncs || this.#unsafeSize >= MAX_UNSAFE || this.#isFull(file)) this.sync();
    }
  }

  /** Makes sure of what was written through. */
  sync(): void {
    if (this.#unsafe.length === 0) return;
    if (this.#options.syncs) this.#file!.sync();
    this.#confirm(this.#unsafe.length);
  }

  /**
   * After a failure: nobody knows what the disk has. It is written again at the same place, so that half a line never
   * stays in the middle. A write that still runs says nothing of it any more: what it wrote may be cut off.
   */
  failed(): void {
    this.#unsafe = this.#unsafe.map((batch) => ({ ...batch, isWritten: false }));
    this.#file?.cutTo(this.#safeEnd(this.#file));
  }

  /** Notices a file that was taken away, replaced or cut: what it held is only in the state from then on. */
  check(): void {
    const file = this.#file;
    if (file === null || file.isIntact(this.#safeEnd(file))) return;
    this.#letGo();
    const [batch] = this.#unsafe;
    if (batch) [this.#seq, this.#hash] = [batch.waiting[0]!.from - 1, batch.follows];
    this.#backlog.addFirst(this.#unsafe.flatMap(({ waiting }) => waiting));
    [this.#unsafe, this.#unsafeSize] = [[], 0];
    if (this.#seq >= file.first) this.#backlog.addFirst([waitingLoss(file.first, this.#seq)]);
  }

  /** Says in a last batch that everything is on disk: then nothing of it can pass for lost in a power cut. */
  claim(epoch: number): void {
    if (this.#file === null || this.#claimed >= this.#durable) return;
    this.#makeBatch(this.#open(epoch));
    this.writeThrough(epoch);
    this.sync();
  }

  /** Lets the file go, and with it what is on its way. */
  release(): void {
    [this.#unsafe, this.#unsafeSize] = [[], 0];
    this.#letGo();
  }

  #open(epoch: number): SegmentFile {
    this.check();
    if (this.#file !== null) return this.#file;
    const { directory, syncs } = this.#options;
    // What an earlier process wrote, and this one read and goes on from, must be as safe as what follows.
    if (syncs && this.#durable === 0) syncSegments(directory, highestEpoch(directory));
    const next = this.#backlog.first;
    const first = next === null ? this.#seq + 1 : next.lost === null ? next.seq : next.seq + 1;
    this.#file = SegmentFile.create(directory, { epoch, first, follows: this.#hash });
    this.#safeNames = 0;
    return this.#file;
  }

  #makeBatch(file: SegmentFile): void {
    const batch = makeBatch(this.#backlog.take(BATCH_LINES, BATCH_SIZE), {
      names: this.names,
      safeNames: this.#safeNames,
      follows: this.#hash,
      seq: this.#seq,
      durable: this.#durable,
      at: file.end,
    });
    [this.#seq, this.#hash, this.#claimed] = [batch.seq, batch.hash, this.#durable];
    this.#unsafe.push(batch);
    this.#unsafeSize += batch.data.length;
    file.end += batch.data.length;
  }

  /** The disk has so many batches, the oldest ones. */
  #confirm(count: number): void {
    const batches = this.#unsafe.splice(0, count);
    for (const { data, seq, named } of batches) {
      this.#unsafeSize -= data.length;
      if (this.#options.syncs) this.#durable = seq;
      this.#safe = seq;
      this.#safeNames = named;
    }
    if (this.#unsafe.length === 0 && this.#isFull(this.#file!)) this.#letGo();
    for (const { waiting } of batches)
      for (const { lost } of waiting) if (lost !== null) this.#options.onLoss(lost);
  }

  #isOpen(batches: readonly Batch[], file: SegmentFile): boolean {
    return file === this.#file && batches[0] === this.#unsafe[0];
  }

  #isFull(file: SegmentFile): boolean {
    return file.end >= this.#options.segmentBytes;
  }

  /** Up to where the file must have what was written. */
  #safeEnd(file: SegmentFile): number {
    return this.#unsafe.find(({ isWritten }) => !isWritten)?.at ?? file.end;
  }

  #letGo(): void {
    const file = this.#file;
    this.#file = null;
    if (file !== null && file !== this.#running) file.close();
  }
}
