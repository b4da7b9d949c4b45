import { join } from 'node:path';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { Clock, Log } from '../model/ports.ts';
import { KeptFile } from './kept-file.ts';

/** Folder of what adapters keep in a state directory. */
const KEPT_DIR = 'kept';
const NAME = /^[a-z0-9][a-z0-9_-]{0,99}$/i;

/** One value that an adapter keeps over restarts, such as its open lots. */
export interface Kept {
  /** What was saved last, or null. Reads a file the first time; one that is corrupt is set aside. */
  load(): unknown;
  /** Keeps a JSON value as it is now, from the next turn on. Never throws: of those that wait only the latest is written. */
  save(value: unknown): void;
  /** Says that what was loaded cannot be used: it is put beside, with a word in the log, and nothing is kept. */
  setAside(reason: string): void;
}

export interface KeeperOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of everything that could not be kept. */
  readonly onFault: (error: unknown) => void;
  /** Called before anything is written: what it refers to must not be behind. Throws where nothing may be written. */
  readonly before: () => void;
}

/** Everything that adapters keep in one state directory. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #files = new Map<string, KeptFile>();
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** What is kept by a name. Throws `OPTION_INVALID` for one that is no name of a file. */
  kept(name: string): Kept {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new EdgekeeperError('OPTION_INVALID', {
        found: `name ${show(name)} of something to keep`,
        expected: '1 to 100 letters, digits, - and _, such as ccxt-lots',
        hint: 'Nothing was kept.',
      });
    }
    let file = this.#files.get(name);
    if (!file) {
      const path = join(this.#options.stateDir, KEPT_DIR, `${name}.json`);
      file = new KeptFile(path, this.#options, () => this.#closed);
      this.#files.set(name, file);
    }
    return file;
  }

  /** Resolves when everything that was saved is on disk. Rejects while the disk fails; what waits is not lost by that. */
  async flush(): Promise<void> {
    const flushed = await Promise.allSettled([...this.#files.values()].map((file) => file.flush()));
    for (const each of flushed) if (each.status === 'rejected') throw each.reason;
  }

  /** Writes what waits, and waits for it: the process ends now. */
  writeNow(): void {
    for (const file of this.#files.values())
      try {
        file.writeNow();
      } catch (error) {
        this.#options.onFault(error);
      }
  }

  /** Flushes, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }
}
