import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { EdgekeeperError, show } from '../model/errors.ts';
import { z } from '../model/z.ts';
import { syncDirectory } from './atomic-file.ts';
import { makeDirectory, unwritable } from './directory.ts';
import { recover } from './recovery.ts';
import { JOURNAL_DIR } from './segment.ts';
import { LowdbStateStore, STATE_FILE } from './state-store.ts';

/** What a backup holds, and where its state ends. */
export interface BackupSummary {
  readonly files: number;
  readonly bytes: number;
  /** Its last event. */
  readonly seq: number;
}

const FORMAT = 'edgekeeper-backup';
/** What belongs to a process, or is no part of what was learned. */
const LEFT_OUT = /^(lease|logs|inbox|trial)(\/|$)|\.(tmp|idx)$|-broken-/;
/** Names that a backup may unpack to: below the directory, and nowhere else. */
const NAME = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

const lineSchema = z.union([
  z.strictObject({ format: z.literal(FORMAT), version: z.literal(1) }),
  z.strictObject({ file: z.string().regex(NAME), sha256: z.string(), content: z.string() }),
  z.strictObject({ end: z.number() }),
]);

const sumOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/**
 * Puts a state directory into one file, also while a bot writes to it: the snapshot first and the journal last, so that
 * the journal has all that the rest refers to; a line that is being written is left out. It is a line of JSON a file, packed
 * by gzip. What was put in it is opened once, and a state that cannot be is refused. Throws what opening it does, and
 * `STATE_UNWRITABLE`.
 */
export async function backUp(stateDir: string, target: string): Promise<BackupSummary> {
  const temporary = `${target}.${process.pid}.tmp`;
  let [files, bytes] = [0, 0];
  async function* lines() {
    yield `${JSON.stringify({ format: FORMAT, version: 1 })}\n`;
    for (const name of await namesIn(stateDir)) {
      const content = whole(name, await fs.readFile(join(stateDir, name)));
      files += 1;
      bytes += content.length;
      // Byte for byte: latin1 has a character for each.
      yield `${JSON.stringify({ file: name, sha256: sumOf(content), content: content.toString('latin1') })}\n`;
    }
    yield `${JSON.stringify({ end: files })}\n`;
  }
  try {
    await pipeline(Readable.from(lines()), createGzip(), createWriteStream(temporary, { mode: 0o600 }));
    const probe = `${temporary}.probe`;
    try {
      await unpack(temporary, probe);
      const { seq } = await opened(probe);
      await fs.rename(temporary, target);
      await syncDirectory(dirname(target));
      return { files, bytes, seq };
    } finally {
      await fs.rm(probe, { recursive: true, force: true });
    }
  } catch (cause) {
    await fs.rm(temporary, { force: true });
    throw cause instanceof EdgekeeperError ? cause : unwritable(target, cause);
  }
}

/**
 * Makes a state directory from a backup. There must be none: what was learned since is never written over. It is opened
 * once before it gets its place. Throws `STATE_OCCUPIED`, `BACKUP_INVALID`, and what opening it does; nothing is left of it
 * then.
 */
export async function restoreBackup(source: string, stateDir: string): Promise<BackupSummary> {
  const there = await fs.readdir(stateDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw unwritable(stateDir, error);
  });
  if (there.length > 0) {
    throw new EdgekeeperError('STATE_OCCUPIED', {
      found: `${there.length} files in ${stateDir}, such as ${show(there[0])}`,
      expected: 'a directory that is empty or not there',
      hint: 'Move it away first, or name another with --state-dir; nothing was changed.',
    });
  }
  const staged = `${stateDir}.${process.pid}.restoring`;
  try {
    const { files, bytes } = await unpack(source, staged);
    const { seq } = await opened(staged);
    await fs.rm(stateDir, { recursive: true, force: true });
    await fs.rename(staged, stateDir);
    await syncDirectory(dirname(stateDir));
    return { files, bytes, seq };
  } finally {
    await fs.rm(staged, { recursive: true, force: true });
  }
}

/** Files of a state directory, the journal's after all others, each by its path below the directory. */
async function namesIn(stateDir: string): Promise<string[]> {
  const entries = await fs.readdir(stateDir, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(stateDir, '/').length))
    .filter((name) => NAME.test(name) && !LEFT_OUT.test(name))
    .sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
}

const rankOf = (name: string): number =>
  name === STATE_FILE ? 0 : name.startsWith(`${JOURNAL_DIR}/`) ? 2 : 1;

/** A file of lines up to its last whole one. */
const whole = (name: string, content: Buffer): Buffer =>
  name.startsWith(`${JOURNAL_DIR}/`) ? content.subarray(0, content.lastIndexOf(10) + 1) : content;

async function unpack(source: string, directory: string): Promise<{ files: number; bytes: number }> {
  let [files, bytes, isBegun, end] = [0, 0, false, -1];
  try {
    const packed = createReadStream(source);
    const text = packed.pipe(createGunzip());
    packed.on('error', (error) => text.destroy(error));
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      const parsed = lineSchema.parse(JSON.parse(line));
      if ('format' in parsed) isBegun = true;
      else if ('end' in parsed) end = parsed.end;
      else if (!isBegun || end >= 0) throw new Error('its lines are not in order');
      else {
        const content = Buffer.from(parsed.content, 'latin1');
        if (sumOf(content) !== parsed.sha256) throw new Error(`${parsed.file} is not as it was written`);
        const path = join(directory, parsed.file);
        makeDirectory(dirname(path));
        await fs.writeFile(path, content, { mode: 0o600 });
        files += 1;
        bytes += content.length;
      }
    }
    if (end !== files) throw new Error('it is cut off');
    return { files, bytes };
  } catch (cause) {
    await fs.rm(directory, { recursive: true, force: true });
    throw new EdgekeeperError(
      'BACKUP_INVALID',
      {
        found: `${source}: ${(cause as Error).message.slice(0, 300)}`,
        expected: 'a file that `edgekeeper backup` wrote, as it wrote it',
        hint: 'Take another; nothing was changed.',
      },
      { cause },
    );
  }
}

/** Opens a state once. */
const opened = (directory: string) => recover(new LowdbStateStore(directory), join(directory, JOURNAL_DIR));
