import fs from 'node:fs/promises';
import { misspelling } from '../config/faults.ts';
import { type Configuration, type Rooms, roomsOf } from '../config/rooms.ts';
import { type Options, optionsSchema, parseConfig } from '../config/schema.ts';
import { EdgekeeperError, show } from '../model/errors.ts';

/** Section of the options of the overlay. */
const OWN = 'edgekeeper';
/** Section of an adapter: a file that has it holds no bare options. */
const ADAPTER = 'ccxt';
/** Largest file, in bytes. One that is larger is no configuration, and would hold up the bot while it is read. */
const MAX_BYTES = 1 << 20;

/** Reads options from a JSON file, as `optionsIn` finds them. Throws `CONFIG_INVALID`. */
export const loadConfigFile = async (path: string): Promise<Options> =>
  optionsIn(path, await readConfigText(path));

/** Reads the text of a configuration. Throws `CONFIG_INVALID`, with a cause where the file cannot be read. */
export async function readConfigText(path: string): Promise<string> {
  try {
    const file = await fs.open(path);
    try {
      const stat = await file.stat();
      // A pipe has no size.
      const bytes = Buffer.alloc((stat.isFile() ? Math.min(stat.size, MAX_BYTES) : MAX_BYTES) + 1);
      let size = 0;
      for (let read = -1; read !== 0 && size < bytes.length; size += read)
        read = (await file.read(bytes, size, bytes.length - size)).bytesRead;
      if (size > MAX_BYTES) return refuse(`${path} of more than ${MAX_BYTES} bytes`, 'a smaller file', SEE);
      // Editors on Windows begin a file with a mark that is no JSON.
      return bytes.toString('utf8', 0, size).replace(/^\uFEFF/, '');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof EdgekeeperError) throw cause;
    const found = `${path}, which cannot be read: ${(cause as Error).message}`;
    return refuse(found, 'a JSON file', 'Check the path.', cause);
  }
}

/**
 * The options in the text of a file: the file itself, or its key `edgekeeper` where it is the bot's own configuration or
 * that of an adapter as well. Throws `CONFIG_INVALID` for what is not JSON or does not fit.
 */
export const optionsIn = (path: string, text: string): Options => roomsIn(path, text).options;

/** The same with the rooms beside the engine. */
export function roomsIn(path: string, text: string): Rooms {
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
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return refuse(`${show(value)} in ${path}`, 'an object with options by name', SEE);
  for (const section of [OWN, ADAPTER]) {
    const misspelt = Object.keys(value).find((key) => isMisspelt(key, section));
    // A section that nobody reads would be options that nobody applies.
    if (misspelt !== undefined && !(section in value))
      return refuse(
        `a section ${misspelt} in ${path}`,
        `the section ${section}, if that is meant`,
        `Did you mean ${section}? Else give it a name that is not so near.`,
      );
  }
  const bare = OWN in value ? [] : Object.keys(value).filter((key) => key in optionsSchema.shape);
  if (ADAPTER in value && bare.length > 0) {
    return refuse(
      `${bare.join(', ')} beside the section ${ADAPTER} in ${path}`,
      `the options of the overlay in a section \`${OWN}\``,
      `Move them there; an empty section \`${OWN}\` says that they are the bot's own.`,
    );
  }
  const own = (OWN in value ? value[OWN] : ADAPTER in value ? {} : value) as Configuration;
  if (own === null || typeof own !== 'object' || Array.isArray(own)) parseConfig(own);
  const rooms = roomsOf(own);
  parseConfig(rooms.options);
  return rooms;
}

const SEE = 'See `edgekeeper config print`.';

/** A quarter of the letters, and case, are soon typed wrong. */
const isMisspelt = (key: string, section: string): boolean =>
  key !== section && misspelling(key.toLowerCase(), section) <= section.length / 4;

function refuse(found: string, expected: string, hint: string, cause?: unknown): never {
  throw new EdgekeeperError('CONFIG_INVALID', { found, expected, hint }, { cause });
}
