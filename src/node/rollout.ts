import fs from 'node:fs/promises';
import { join } from 'node:path';
import { type Options, parseConfig } from '../config/schema.ts';
import { writeAtomically } from '../journal/atomic-file.ts';
import { EdgekeeperError } from '../model/errors.ts';

const FILE = 'rollout.json';

/** The options that a fleet has rolled out to a bot, kept beside its state; none where nothing is. Throws `CONFIG_INVALID`. */
export async function rolledOut(stateDir: string): Promise<Options> {
  const path = join(stateDir, FILE);
  const text = await fs.readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return {};
  try {
    const options = JSON.parse(text) as Options;
    parseConfig(options);
    return options;
  } catch (cause) {
    throw new EdgekeeperError(
      'CONFIG_INVALID',
      {
        found: `${path}: ${(cause as Error).message}`,
        expected: 'options as a fleet rolled them out',
        hint: 'Delete the file: the bot goes on by its own configuration.',
      },
      { cause },
    );
  }
}

/** Keeps what is rolled out; null takes it back. */
export async function keepRollout(stateDir: string, options: Options | null): Promise<void> {
  const path = join(stateDir, FILE);
  if (options === null) await fs.rm(path, { force: true });
  else await writeAtomically(path, JSON.stringify(options));
}
