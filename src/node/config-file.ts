import { readFile } from 'node:fs/promises';
import { type Options, optionsSchema, parseConfig } from '../config/schema.ts';
import { EdgekeeperError, show } from '../model/errors.ts';

/** Section of an adapter: a file that has it holds no bare options. */
const ADAPTER = 'ccxt';

/**
 * Reads options from a JSON file: the file itself, or its key `edgekeeper` where it is the bot's own configuration or
 * that of an adapter as well. Throws `CONFIG_INVALID` for a file that is missing, is not JSON or does not fit.
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
    // Editors on Windows begin a file with a mark that is no JSON.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
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
  const bare = 'edgekeeper' in value ? [] : Object.keys(value).filter((key) => key in optionsSchema.shape);
  if (ADAPTER in value && bare.length > 0) {
    return refuse(
      `${bare.join(', ')} beside the section ${ADAPTER} in ${path}`,
      'the options of the overlay in a section `edgekeeper`',
      "Move them there; an empty section `edgekeeper` says that they are the bot's own.",
    );
  }
  const options = optionsIn(value) as Options;
  parseConfig(options);
  return options;
}

function optionsIn(value: object): unknown {
  if ('edgekeeper' in value) return value.edgekeeper;
  return ADAPTER in value ? {} : value;
}
