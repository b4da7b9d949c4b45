import { crc32 } from 'node:zlib';
import type { Options } from '../config/schema.ts';
import {
  listIn,
  type Piece,
  parsePiece,
  parseSnapshot,
  SNAPSHOT_VERSION,
  type Snapshot,
} from '../engine/snapshot.ts';
import type { SnapshotWalk } from '../engine/snapshot-walk.ts';
import { show } from '../model/errors.ts';
import { z } from '../model/z.ts';

const FORMAT = 'edgekeeper-state';

/** What made a state: a live run, whose state is precious, or a replay, whose state can be made again. */
export const ORIGINS = ['live', 'replay'] as const;
export type Origin = (typeof ORIGINS)[number];

/** A state as it was saved. */
export interface SavedState {
  readonly origin: Origin;
  /** The configuration in force, as it was written. */
  readonly options: Options;
  /** Sequence number of the last journaled event that the snapshot contains. */
  readonly seq: number;
  /** The snapshot, or its head where pieces follow. */
  readonly snapshot: Snapshot;
  /** What of its sections is not in it, in order; to be read once. */
  readonly pieces: AsyncIterable<Piece>;
  /** Version of the snapshot as it was on disk. */
  readonly version: number;
}

/** A state that is to be saved as it is now. */
export interface PresentState extends Pick<SavedState, 'origin' | 'options' | 'seq'> {
  readonly walk: SnapshotWalk;
}

/** The first line of a file. */
const envelopeSchema = z.object({
  format: z.literal(FORMAT),
  origin: z.enum(ORIGINS),
  // Older files say neither: they were written before there was a journal.
  options: z.record(z.string(), z.unknown()).default({}),
  seq: z.number().int().min(0).default(0),
  snapshot: z.unknown(),
  // Whether pieces of the snapshot follow, a line each, and a line that says how many. Older files are of one line.
  split: z.boolean().default(false),
});

const pieceSchema = z.object({ section: z.string(), items: z.unknown() });
/** Half a file misses it, and in a file that was scribbled on it does not fit. Older files have no checksum. */
const endSchema = z.strictObject({ pieces: z.number(), sum: z.number().optional() });

/** The lines of a file with this state. @param settled awaited before the last one */
export async function* linesOf(
  { origin, options, seq, walk }: PresentState,
  settled: () => Promise<void>,
): AsyncGenerator<string> {
  const envelope = JSON.stringify({ format: FORMAT, origin, options, seq, split: true });
  const first = `${envelope.slice(0, -1)},"snapshot":${walk.head}}`;
  yield first;
  let [pieces, sum] = [0, crc32(first)];
  for (let piece = walk.next(); piece !== null; piece = walk.next()) {
    const line = `{"section":"${piece.section}","items":${piece.items}}`;
    pieces += 1;
    sum = crc32(line, sum);
    yield line;
  }
  if (walk.isBroken) throw new Error('the state changed all at once while it was written');
  await settled();
  yield JSON.stringify({ pieces, sum });
}

/** The state in the lines of a file. Throws what is wrong with them. */
export async function stateIn(lines: Iterator<string> | AsyncIterator<string>): Promise<SavedState> {
  const first: string = (await lines.next()).value ?? '';
  const value: unknown = JSON.parse(first);
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success)
    throw new Error(`format ${show((value as { format?: unknown } | null)?.format)}`, {
      cause: envelope.error,
    });
  const { origin, options, seq, snapshot: head, split } = envelope.data;
  const version = (head as { version?: number } | null)?.version ?? 1;
  if (!split && !(await lines.next()).done) throw new Error('it goes on where it should end');
  const rest = split ? piecesIn(lines, crc32(first)) : none();
  // What brings an older snapshot up to date wants the whole of it.
  const isOld = version < SNAPSHOT_VERSION;
  const snapshot = parseSnapshot(isOld ? await assembled(head, rest) : head);
  return {
    origin,
    options: options as Options,
    seq,
    snapshot,
    pieces: isOld ? none() : parsed(rest),
    version,
  };
}

interface RawPiece {
  readonly section: string;
  readonly items?: unknown;
}

/** @param sum checksum of the lines before */
async function* piecesIn(
  lines: Iterator<string> | AsyncIterator<string>,
  sum: number,
): AsyncGenerator<RawPiece> {
  for (let count = 0; ; count += 1) {
    const { value: line, done } = await lines.next();
    if (done) throw new Error(`it is cut off after ${count} pieces`);
    const value: unknown = JSON.parse(line);
    const end = endSchema.safeParse(value);
    if (end.success) {
      if (end.data.pieces !== count) throw new Error(`it has ${count} pieces of ${end.data.pieces}`);
      if (end.data.sum !== undefined && end.data.sum !== sum)
        throw new Error('its checksum does not fit its content');
      return;
    }
    sum = crc32(line, sum);
    yield pieceSchema.parse(value);
  }
}

async function* parsed(pieces: AsyncIterable<RawPiece>): AsyncGenerator<Piece> {
  for await (const { section, items } of pieces) yield parsePiece(section, items);
}

async function assembled(head: unknown, pieces: AsyncIterable<RawPiece>): Promise<unknown> {
  for await (const { section, items } of pieces)
    for (const item of items as unknown[]) listIn(head, section).push(item);
  return head;
}

async function* none(): AsyncGenerator<never> {}
