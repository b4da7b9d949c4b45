import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Low } from 'lowdb';
import { EdgekeeperError } from '../model/errors.ts';
import { makeDirectory, unreadable, unwritable } from './directory.ts';
import { type Lines, LinesFile } from './lines-file.ts';
import { linesOf, type PresentState, type SavedState, stateIn } from './state-lines.ts';

/** Name of the snapshot in a state directory. */
export const STATE_FILE = 'state.json';

/** Walks that may be broken by what happens while they are written; the next is finished before anything else can happen. */
const BREAKABLE = 3;

/** The snapshot of one state directory. */
export class LowdbStateStore {
  readonly #file: string;
  readonly #db: Low<Lines | null>;
  #pending: { readonly present: () => PresentState; readonly settled: () => Promise<void> } | null = null;
  /** The write that waits, shared by all who came since the running one began; and the end of the latest. */
  #queued: Promise<void> | null = null;
  #last: Promise<void> = Promise.resolve();

  /**
   * Throws `OPTION_INVALID` for a directory without a name.
   * @param confirm called just before a snapshot takes the place of another; throws where it may not
   */
  constructor(directory: string, confirm: () => void = () => undefined) {
    if (directory === '') {
      throw new EdgekeeperError('OPTION_INVALID', {
        found: 'a state directory without a name',
        expected: 'the path of a directory, such as .edgekeeper',
        hint: 'Leave the option out to use the default.',
      });
    }
    this.#file = join(directory, STATE_FILE);
    this.#db = new Low<Lines | null>(new LinesFile(this.#file, confirm), null);
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

  /**
   * The saved state, or null where there is none. Throws `STATE_CORRUPT` and changes nothing for a file that is not one;
   * so may its pieces, while they are read.
   */
  async read(): Promise<SavedState | null> {
    try {
      await this.#db.read();
      const lines = this.#db.data;
      if (lines === null) return null;
      const state = await stateIn(iteratorOf(lines));
      return { ...state, pieces: this.#sound(state.pieces) };
    } catch (cause) {
      throw this.#corrupt(cause);
    }
  }

  /**
   * Resolves when the present state, or a later one, is on disk. Only one write runs at a time; of those that wait only
   * the last is written. It is written in pieces, between which other things happen. Rejects with `STATE_UNWRITABLE`.
   * @param present called when it is written, and again where its walk is broken meanwhile
   * @param settled awaited before the file takes its name: what it refers to must be on disk
   */
  save(present: () => PresentState, settled: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    this.#pending = { present, settled };
    this.#queued ??= this.#last.then(() => {
      this.#queued = null;
      return this.#flush();
    });
    const written = this.#queued;
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #flush(): Promise<void> {
    const { present, settled } = this.#pending!;
    this.#pending = null;
    for (let walks = 1; ; walks += 1) {
      const state = present();
      if (walks > BREAKABLE) state.walk.finish();
      try {
        this.#db.data = linesOf(state, settled);
        await this.#db.write();
        return;
      } catch (cause) {
        if (state.walk.isBroken) continue;
        throw cause instanceof EdgekeeperError ? cause : unwritable(dirname(this.#file), cause);
      }
    }
  }

  async *#sound(pieces: SavedState['pieces']): SavedState['pieces'] {
    try {
      yield* pieces;
    } catch (cause) {
      throw this.#corrupt(cause);
    }
  }

  #corrupt(cause: unknown): unknown {
    const known = unreadable(this.#file, cause);
    if (known !== cause) return known;
    const found = cause instanceof EdgekeeperError ? cause.found : (cause as Error).message;
    return corrupt(this.#file, found, cause);
  }
}

const iteratorOf = (lines: Lines): Iterator<string> | AsyncIterator<string> =>
  Symbol.iterator in lines ? lines[Symbol.iterator]() : lines[Symbol.asyncIterator]();

/** Whether a file is no state any more, cut off or scribbled on; one of a newer version is whole. */
export const isBrokenState = (error: unknown): boolean =>
  error instanceof EdgekeeperError &&
  error.code === 'STATE_CORRUPT' &&
  !/: a snapshot of version \d+$/.test(error.found);

function corrupt(file: string, found: string, cause: unknown): EdgekeeperError {
  return new EdgekeeperError(
    'STATE_CORRUPT',
    {
      found: `${file} that is not a state of Edgekeeper: ${found}`,
      expected: 'the file as Edgekeeper wrote it',
      hint: 'See what can be read with `edgekeeper recover`, or restore a backup; nothing was changed.',
    },
    { cause },
  );
}
