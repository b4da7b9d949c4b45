import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import { syncDirectory } from './atomic-file.ts';

/** Lines of a file, one after the other. */
export type Lines = Iterable<string> | AsyncIterable<string>;

const LINE_BREAK = 10;

/** A lowdb adapter that reads and writes a file line by line, and never leaves half of one. */
export class LinesFile implements Adapter<Lines | null> {
  readonly #path: string;
  readonly #confirm: () => void;

  /** @param confirm called just before what is written takes the name of the file; where it throws, nothing changes */
  constructor(path: string, confirm: () => void = () => undefined) {
    this.#path = path;
    this.#confirm = confirm;
  }

  /** Null where there is no file. */
  async read(): Promise<Lines | null> {
    try {
      return linesIn(await fs.readFile(this.#path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** What is written takes the name of the file once it is durable; where the lines fail, nothing changes. */
  async write(lines: Lines | null): Promise<void> {
    const temporary = `${this.#path}.${randomUUID()}.tmp`;
    try {
      const file = await fs.open(temporary, 'w', 0o600);
      try {
        for await (const line of lines ?? []) await file.writeFile(`${line}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      this.#confirm();
      await fs.rename(temporary, this.#path);
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      await fs.unlink(temporary).catch(() => undefined);
      throw error;
    }
  }
}

/** Each line becomes a text only when it is asked for: a long file must not hold up what else happens. */
function* linesIn(bytes: Buffer): Generator<string> {
  for (let start = 0; start < bytes.length; ) {
    const at = bytes.indexOf(LINE_BREAK, start);
    const end = at < 0 ? bytes.length : at;
    yield bytes.toString('utf8', start, end);
    start = end + 1;
  }
}
