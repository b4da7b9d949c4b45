import type { Waiting } from './backlog.ts';
import { chained, SEAL, writeSealed } from './codec/checksum.ts';
import { batchLine, namesLine } from './codec/line.ts';
import type { NameTable } from './codec/names.ts';

/** Lines that go to the disk at one go, closed by a line that links them to those before. */
export interface Batch {
  readonly waiting: readonly Waiting[];
  readonly data: Buffer;
  /** Where in the file it goes. */
  readonly at: number;
  /** Hash of the batch before, and of this one. */
  readonly follows: string;
  readonly hash: string;
  /** Last event that it accounts for. */
  readonly seq: number;
  /** Names that are declared by the end of it. */
  readonly named: number;
  isWritten: boolean;
}

/** What a batch has to say of what came before. */
export interface Before {
  readonly names: NameTable;
  /** Names declared by batches that are known to be safe. */
  readonly safeNames: number;
  readonly follows: string;
  /** Last event that was written, and last one that is known to be on disk. */
  readonly seq: number;
  readonly durable: number;
  readonly at: number;
}

/** Room for the line that closes a batch. */
const END = 128;

/** Closes a batch. Names whose declaration may still be lost are declared again, so that none is missed where one is. */
export function makeBatch(waiting: readonly Waiting[], before: Before): Batch {
  const { names, safeNames, follows, durable, at } = before;
  const seq = waiting.at(-1)?.seq ?? before.seq;
  const declared =
    waiting.length > 0 && safeNames < names.size ? namesLine(safeNames, names.from(safeNames)) : null;
  let room = declared === null ? 0 : Buffer.byteLength(declared) + SEAL;
  for (const { lines } of waiting) for (const line of lines) room += Buffer.byteLength(line) + SEAL;
  const bytes = Buffer.allocUnsafe(room + END);
  let end = declared === null ? 0 : writeSealed(bytes, 0, declared);
  for (const { lines } of waiting) for (const line of lines) end = writeSealed(bytes, end, line);
  const hash = chained(follows, bytes.subarray(0, end));
  const data = bytes.subarray(0, writeSealed(bytes, end, batchLine({ seq, durable, hash })));
  return { waiting, data, at, follows, hash, seq, named: names.size, isWritten: false };
}
