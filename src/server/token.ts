import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerSettings } from '../config/rooms.ts';
import { makeDirectory, unwritable } from '../journal/directory.ts';
import { EdgekeeperError } from '../model/errors.ts';

/** File of the token in a state directory, where none is named. */
export const TOKEN_FILE = 'token';
/** A token that is guessed sooner is none. */
const SHORTEST = 16;

/** The secret that writes need. It is kept as a hash: nothing that prints this object can tell it. */
export class Token {
  readonly #hash: Buffer;
  /** Where people find it. */
  readonly place: string;

  constructor(secret: string, place: string) {
    this.#hash = hashOf(secret);
    this.place = place;
  }

  /** Takes as long for a wrong one as for the right one. */
  is(given: string): boolean {
    return timingSafeEqual(hashOf(given), this.#hash);
  }
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The token of the environment, of the file that is named, or of the state directory, which gets one at the first start. */
export async function tokenOf(
  stateDir: string,
  { tokenFile }: Pick<ServerSettings, 'tokenFile'>,
): Promise<Token> {
  const { EDGEKEEPER_TOKEN: given } = process.env;
  if (given !== undefined && given !== '')
    return new Token(sound(given, 'EDGEKEEPER_TOKEN'), 'EDGEKEEPER_TOKEN');
  const path = tokenFile ?? join(stateDir, TOKEN_FILE);
  const found = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && tokenFile === undefined) return null;
    throw new EdgekeeperError(
      'OPTION_INVALID',
      {
        found: `a token file ${path} that cannot be read: ${cause.message}`,
        expected: 'a file with the token',
        hint: 'Check tokenFile, or leave it out: then a token is made in the state directory.',
      },
      { cause },
    );
  });
  if (found !== null) return new Token(sound(found.trim(), path), path);
  // A dashboard may be there before its bot.
  makeDirectory(stateDir);
  const made = randomBytes(24).toString('base64url');
  await writeFile(path, `${made}\n`, { mode: 0o600, flag: 'wx' }).catch((cause) => {
    throw unwritable(stateDir, cause);
  });
  return new Token(made, path);
}

function sound(token: string, place: string): string {
  if (token.length >= SHORTEST && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new EdgekeeperError('OPTION_INVALID', {
    found: `a token of ${token.length} characters in ${place}`,
    expected: `at least ${SHORTEST} characters that can be printed, without spaces`,
    hint: 'Make one, for example with `openssl rand -base64 24`.',
  });
}
