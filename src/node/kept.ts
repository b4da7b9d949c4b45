import { readFileSync, renameSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { Clock, Log } from '../model/ports.ts';
import { writeAtomically } from './atomic-file.ts';

/** Folder of what adapters keep in a state directory. */
const KEPT_DIR = 'kept';
const NAME = /^[a-z0-9][a-z0-9_-]{0,99}$/i;

/** One value that an adapter keeps over restarts, such as its open lots. */
export interface Kept {
  /** What was saved last, or null. Reads a file the first time; one that is corrupt is set aside. */
  load(): unknown;
  /** Keeps a JSON value as it is now. Never throws or waits: of those that wait only the latest is written. */
  save(value: unknown): void;
}

export interface KeeperOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of everything that could not be kept. */
  readonly onFault: (error: unknown) => void;
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
      file = new KeptFile(name, this.#options, () => this.#closed);
      this.#files.set(name, file);
    }
    return file;
  }

  /** Resolves when everything that was saved is on disk. Rejects while the disk fails; what waits is not lost by that. */
  async flush(): Promise<void> {
    const flushed = await Promise.allSettled([...this.#files.values()].map((file) => file.flush()));
    for (const each of flushed) if (each.status === 'rejected') throw each.reason;
  }

  /** Flushes, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }
}

class KeptFile implements Kept {
  readonly #options: KeeperOptions;
  readonly #directory: string;
  readonly #path: string;
  readonly #isClosed: () => boolean;
  /** The value as text, once it is known; null where there is none. */
  #text: string | null | undefined;
  /** How often it was saved, and which of those is on disk. */
  #saved = 0;
  #written = 0;
  #writing: Promise<void> | null = null;

  constructor(name: string, options: KeeperOptions, isClosed: () => boolean) {
    this.#options = options;
    this.#directory = join(options.stateDir, KEPT_DIR);
    this.#path = join(this.#directory, `${name}.json`);
    this.#isClosed = isClosed;
  }

  load(): unknown {
    if (this.#text === undefined) this.#text = this.#read();
    return this.#text === null ? null : JSON.parse(this.#text);
  }

  save(value: unknown): void {
    try {
      if (this.#isClosed()) throw new Error(`${this.#path} cannot be written: the overlay is closed`);
      const text: string | undefined = JSON.stringify(value);
      if (text === undefined) throw new Error(`${show(value)} is no JSON value`);
      this.#text = text;
      this.#saved += 1;
    } catch (error) {
      this.#options.onFault(error);
      return;
    }
    this.#start();
  }

  /** Resolves when what is saved now, or later, is on disk; what comes meanwhile does not hold it up. */
  async flush(): Promise<void> {
    const wanted = this.#saved;
    while (this.#written < wanted) await this.#next();
  }

  /** What fails is counted where it fails, and waits for the next save or flush. */
  #start(): void {
    void this.#next().catch(() => undefined);
  }

  /** The one write that runs. */
  #next(): Promise<void> {
    this.#writing ??= this.#write().then(
      () => {
        this.#writing = null;
        if (this.#written < this.#saved) this.#start();
      },
      (error) => {
        this.#writing = null;
        throw error;
      },
    );
    return this.#writing;
  }

  async #write(): Promise<void> {
    const [text, saved] = [this.#text!, this.#saved];
    try {
      await fs.mkdir(this.#directory, { recursive: true });
      await writeAtomically(this.#path, text);
      this.#written = saved;
    } catch (error) {
      this.#options.onFault(error);
      throw error;
    }
  }

  #read(): string | null {
    try {
      const text = readFileSync(this.#path, 'utf8');
      JSON.parse(text);
      return text;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      this.#setAside(error as Error);
      return null;
    }
  }

  #setAside({ message }: Error): void {
    const { clock, log, onFault } = this.#options;
    const aside = `${this.#path}.broken-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`;
    try {
      renameSync(this.#path, aside);
      log.error(`${this.#path} is not what was kept and is set aside: ${message}`, { aside });
    } catch (error) {
      onFault(error);
      log.error(`${this.#path} is not what was kept: ${message}`);
    }
  }
}
