import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Adapter, Low } from 'lowdb';
import { z } from 'zod';
import type { Options } from '../config/schema.ts';
import { parseSnapshot, type Snapshot } from '../engine/snapshot.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { writeAtomically } from './atomic-file.ts';
import { makeDirectory } from './directory.ts';

const FORMAT = 'edgekeeper-state';
/** Name of the snapshot in a state directory. */
export const STATE_FILE = 'state.json';

/** What made a state: a live run, whose state is precious, or a replay, whose state can be made again. */
export const ORIGINS = ['live', 'replay'] as const;
export type Origin = (typeof ORIGINS)[number];

export interface SavedState {
  readonly format: typeof FORMAT;
  readonly origin: Origin;
  /** The configuration in force, as it was written. */
  readonly options: Options;
  /** Sequence number of the last journaled event that the snapshot contains. */
  readonly seq: number;
  readonly snapshot: Snapshot;
  /** Version of the snapshot as it was on disk. */
  readonly version?: number;
}

const envelopeSchema = z.object({
  format: z.literal(FORMAT),
  origin: z.enum(ORIGINS),
  // Older files say neither: they were written before there was a journal.
  options: z.record(z.string(), z.unknown()).default({}),
  seq: z.number().int().min(0).default(0),
  snapshot: z.unknown(),
});

/** A lowdb adapter that never leaves half a file. */
class AtomicJsonFile implements Adapter<SavedState> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<SavedState | null> {
    let text: string;
    try {
      text = await fs.readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    const value: unknown = JSON.parse(text);
    if (value === null) throw new Error('it holds null');
    return value as SavedState;
  }

  async write(data: SavedState): Promise<void> {
    await writeAtomically(this.#path, JSON.stringify(data));
  }
}

/** The snapshot of one state directory. */
export class LowdbStateStore {
  readonly #file: string;
  readonly #db: Low<SavedState | null>;
  #pending: SavedState | null = null;
  /** The write that waits, shared by all who came since the running one began; and the end of the latest. */
  #queued: Promise<void> | null = null;
  #last: Promise<void> = Promise.resolve();

  /** Throws `OPTION_INVALID` for a directory without a name. */
  constructor(directory: string) {
    if (directory === '') {
      throw new EdgekeeperError('OPTION_INVALID', {
        found: 'a state directory without a name',
        expected: 'the path of a directory, such as .edgekeeper',
        hint: 'Leave the option out to use the default.',
      });
    }
    this.#file = join(directory, STATE_FILE);
    this.#db = new Low<SavedState | null>(new AtomicJsonFile(this.#file) as Adapter<SavedState | null>, null);
  }

  get file(): string {
    return this.#file;
  }

  /** Makes the directory if need be, and checks that it can be written. Throws `STATE_UNWRITABLE`. */
  async prepare(): Promise<void> {
    const directory = dirname(this.#file);
    try {
      makeDirectory(directory);
      await fs.access(directory, constants.W_OK);
    } catch (cause) {
      throw unwritable(directory, cause);
    }
  }

  /** The saved state, or null where there is none. Throws `STATE_CORRUPT` and changes nothing for a file that is not one. */
  async read(): Promise<SavedState | null> {
    try {
      await this.#db.read();
    } catch (cause) {
      throw corrupt(this.#file, (cause as Error).message, cause);
    }
    const value: unknown = this.#db.data;
    if (value === null) return null;
    const envelope = envelopeSchema.safeParse(value);
    if (!envelope.success)
      throw corrupt(this.#file, `format ${show((value as { format?: unknown }).format)}`, envelope.error);
    try {
      const { origin, options, seq, snapshot } = envelope.data;
      const version = (snapshot as { version?: number } | null)?.version ?? 1;
      return {
        format: FORMAT,
        origin,
        options: options as Options,
        seq,
        snapshot: parseSnapshot(snapshot),
        version,
      };
    } catch (cause) {
      if (cause instanceof EdgekeeperError) throw corrupt(this.#file, cause.found, cause);
      throw cause;
    }
  }

  /**
   * Resolves when this snapshot, or a later one, is on disk. Only one write runs at a time; of those that
   * wait only the last is written. Rejects with `STATE_UNWRITABLE`.
   */
  write(state: Omit<SavedState, 'format'>): Promise<void> {
    this.#pending = { format: FORMAT, ...state };
    this.#queued ??= this.#last.then(() => {
      this.#queued = null;
      return this.#flush();
    });
    const written = this.#queued;
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #flush(): Promise<void> {
    this.#db.data = this.#pending;
    this.#pending = null;
    try {
      await this.#db.write();
    } catch (cause) {
      throw unwritable(dirname(this.#file), cause);
    }
  }
}

/** Whether a file is no state any more, cut off or scribbled on; one of a newer version is whole. */
export const isBrokenState = (error: unknown): boolean =>
  error instanceof EdgekeeperError &&
  error.code === 'STATE_CORRUPT' &&
  !/: a snapshot of version \d+$/.test(error.found);

function unwritable(directory: string, cause: unknown): EdgekeeperError {
  return new EdgekeeperError(
    'STATE_UNWRITABLE',
    {
      found: `${directory}, which cannot be written: ${(cause as Error).message}`,
      expected: 'a directory with room that this user may write',
      hint: 'Free space, fix its permissions, or name another with --state-dir.',
    },
    { cause },
  );
}

function corrupt(file: string, found: string, cause: unknown): EdgekeeperError {
  return new EdgekeeperError(
    'STATE_CORRUPT',
    {
      found: `${file} that is not a state of Edgekeeper: ${found}`,
      expected: 'the file as Edgekeeper wrote it',
      hint: 'Restore it from a backup, or move it away to start afresh; nothing was changed.',
    },
    { cause },
  );
}
