import { mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { syncDirectory } from '../journal/atomic-file.ts';
import { show } from '../model/errors.ts';
import type { KeeperOptions, Kept } from './kept.ts';

/** Share of the time that may go into writing what a process that dies at any moment must not take with it. */
const SHARE = 0.05;

/**
 * A value in a file. Each one is written at the next turn under a name of its own, which outlives the process, and is
 * then made durable and takes the file's name, which outlives a power cut.
 */
export class KeptFile implements Kept {
  readonly #options: KeeperOptions;
  readonly #path: string;
  readonly #isClosed: () => boolean;
  /** The value as text, once it is known; null where there is none. */
  #text: string | null | undefined;
  /** How often it was saved; which of those is written; which is durable. */
  #saved = 0;
  #written = 0;
  #durable = 0;
  #settling: Promise<void> | null = null;
  /** The one that is being made durable. */
  #underWay: number | null = null;
  /** Where the value was read. */
  #source: string;
  #planned = false;
  /** When the next write may be, on the process's clock, in ms. */
  #free = 0;

  constructor(path: string, options: KeeperOptions, isClosed: () => boolean) {
    this.#options = options;
    this.#path = path;
    this.#source = path;
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
      if (this.#text === undefined) this.#text = this.#read();
      this.#text = text;
      this.#saved += 1;
    } catch (error) {
      this.#options.onFault(error);
      return;
    }
    this.#plan();
  }

  /** Says that what was kept cannot be used: it is put beside, and the next start begins without it. */
  setAside(reason: string): void {
    const { clock, log, onFault } = this.#options;
    const aside = `${this.#path}.broken-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`;
    this.#text = null;
    try {
      renameSync(this.#source, aside);
      log.error(`${this.#path} is not what was kept and is set aside: ${reason}`, { aside });
    } catch (error) {
      onFault(error);
      log.error(`${this.#path} is not what was kept: ${reason}`);
    }
  }

  /** Writes what was saved last, and waits for it; what dies with the process does not take it along. */
  writeNow(): void {
    if (this.#written === this.#saved) return;
    const began = performance.now();
    const number = this.#saved;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#versionPath(number), this.#text!, { mode: 0o600 });
    this.#written = number;
    this.#dropOlder(number);
    const now = performance.now();
    this.#free = now + (now - began) / SHARE;
  }

  /** Resolves when what is saved now, or later, is durable; what comes meanwhile does not hold it up. */
  async flush(): Promise<void> {
    const wanted = this.#saved;
    while (this.#durable < wanted) await this.#settle();
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    const write = () => {
      this.#planned = false;
      // What fails is counted where it fails, and waits for the next save or flush.
      void this.#settle().catch(() => undefined);
    };
    const wait = this.#free - performance.now();
    if (wait <= 0) setImmediate(write);
    else setTimeout(write, wait).unref();
  }

  /** The one value that is being made durable. */
  #settle(): Promise<void> {
    try {
      this.#options.before();
      this.writeNow();
    } catch (error) {
      this.#options.onFault(error);
      return Promise.reject(error);
    }
    this.#settling ??= this.#makeDurable().finally(() => {
      this.#settling = null;
    });
    return this.#settling;
  }

  async #makeDurable(): Promise<void> {
    const number = this.#written;
    if (number === this.#durable) return;
    this.#underWay = number;
    try {
      const file = await fs.open(this.#versionPath(number), 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      this.#options.before();
      // Whatever has a number is newer than what has the file's name.
      this.#dropOlder(number);
      await fs.rename(this.#versionPath(number), this.#path);
      await syncDirectory(dirname(this.#path));
      this.#durable = number;
    } catch (error) {
      this.#options.onFault(error);
      throw error;
    } finally {
      this.#underWay = null;
    }
    if (this.#durable < this.#saved) this.#plan();
  }

  #dropOlder(number: number): void {
    for (const older of this.#versions())
      if (older < number && older !== this.#underWay) unlinkSync(this.#versionPath(older));
  }

  #versionPath(number: number): string {
    return `${this.#path}.${number}`;
  }

  /** Numbers of the values that were written and are not durable, the latest first. */
  #versions(): number[] {
    const name = `${basename(this.#path)}.`;
    return readdirSync(dirname(this.#path))
      .filter((each) => each.startsWith(name) && /^\d+$/.test(each.slice(name.length)))
      .map((each) => Number(each.slice(name.length)))
      .sort((a, b) => b - a);
  }

  /** The latest value that is whole: one that was just written may be cut off, the durable one never is. */
  #read(): string | null {
    const versions = this.#readable(() => this.#versions()) ?? [];
    this.#saved = this.#written = this.#durable = versions[0] ?? 0;
    for (const number of versions) {
      const path = this.#versionPath(number);
      const text = this.#readable(() => wholeJson(readFileSync(path, 'utf8')));
      if (text === null) continue;
      this.#source = path;
      return text;
    }
    try {
      return wholeJson(readFileSync(this.#path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      this.setAside((error as Error).message);
      return null;
    }
  }

  #readable<T>(read: () => T): T | null {
    try {
      return read();
    } catch {
      return null;
    }
  }
}

const wholeJson = (text: string): string => {
  JSON.parse(text);
  return text;
};
