import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EdgekeeperError } from '../model/errors.ts';

/**
 * Makes a directory and those above it that are missing. One at a time: node's own recursive way tries for ever where
 * a system has the parent and yet says that it has not, as /proc does.
 */
export function makeDirectory(path: string): void {
  const missing: string[] = [];
  for (let each = resolve(path); !existsSync(each); each = dirname(each)) missing.unshift(each);
  for (const each of missing) {
    try {
      mkdirSync(each);
    } catch (error) {
      // Somebody made it meanwhile, or it is there and may not be seen: what comes next will show.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  if (statSync(path).isDirectory()) return;
  throw Object.assign(new Error(`ENOTDIR: ${path} is no directory`), { code: 'ENOTDIR' });
}

/** Makes a file durable, or the names in a directory: a new file survives a power cut only when its directory does. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The error of a state directory that cannot be written. */
export function unwritable(directory: string, cause: unknown): EdgekeeperError {
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

/** The error of a file that is there and cannot be read, which says nothing of what is in it; others as they are. */
export function unreadable(path: string, cause: unknown): unknown {
  const { code, syscall, message } = cause as NodeJS.ErrnoException;
  if (syscall === undefined || code === 'ENOENT') return cause;
  return new EdgekeeperError(
    'STATE_UNREADABLE',
    {
      found: `${path}, which cannot be read: ${message}`,
      expected: 'a file that this user may read, on a disk that works',
      hint: 'Run it as the user of the bot, or give that user the files; nothing was changed.',
    },
    { cause },
  );
}

/** The error of a directory without a state. */
export const missing = (directory: string): EdgekeeperError =>
  new EdgekeeperError('STATE_MISSING', {
    found: `no state in ${directory}`,
    expected: 'the state of a bot that ran with Edgekeeper',
    hint: 'Run `edgekeeper paper` first, or name the directory with --state-dir.',
  });
