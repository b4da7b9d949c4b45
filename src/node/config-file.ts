import { readFile } from 'node:fs/promises';
import { type Options, parseConfig } from '../config/schema.ts';
import { EdgekeeperError, show } from '../model/errors.ts';

/**
 * Reads options from a JSON file: the file itself, or its key `edgekeeper` where it is the bot's own
 * configuration. Throws `CONFIG_INVALID` for a file that is missing, is not JSON or does not fit.
 */
export async function loadConfigFile(path: string): Promise<Options> {
  const refuse = (found: string, expected: string, hint: string, cause?: unknown): never => {
    throw new EdgekeeperError('CONFIG_INVALID', { found, expected, hint }, { cause });
  };
  const text = await readFile(path, 'utf8').catch((cause) =>
    refuse(`${path}, which cannot be read: ${cause.message}`, 'a JSON file', 'Check the path.', cause),
  );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse(
      `${path} that is not JSON: ${(cause as Error).message}`,
      'a JSON object',
      'Repair the file; comments are not allowed.',
      cause,
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return refuse(
      `${show(value)} in ${path}`,
      'an object with options by name',
      'See `edgekeeper config print`.',
    );
  }
  const options = ('edgekeeper' in value ? value.edgekeeper : value) as Options;
  parseConfig(options);
  return options;
}
