import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EdgekeeperError } from '../../src/index.ts';
import { say } from './say.ts';

/** The part of ccxt that the preload touches. */
export interface CcxtModule {
  readonly Exchange?: { readonly prototype: { afterConstruct?(): void } };
}

export interface Copies {
  readonly modules: readonly CcxtModule[];
  /** Folders of the packages. */
  readonly folders: readonly string[];
}

/** The end of what `require.resolve('ccxt')` says of ccxt 4. */
const COMMON_JS = /[\\/]dist[\\/]ccxt\.cjs$/;

/** Main file of the ccxt that is seen from a place, or null where none is. */
function mainSeenFrom(place: string): string | null {
  try {
    return createRequire(place).resolve('ccxt');
  } catch {
    return null;
  }
}

/** One copy by import and by require: two builds with classes of their own. Null where it is no ccxt 4. */
async function buildsOf(main: string): Promise<CcxtModule[] | null> {
  try {
    const imported = await import(pathToFileURL(main.replace(COMMON_JS, join('/', 'js', 'ccxt.js'))).href);
    const builds = [imported.default ?? imported, createRequire(main)(main)] as CcxtModule[];
    const isMade = builds.every(({ Exchange }) => typeof Exchange?.prototype.afterConstruct === 'function');
    return isMade ? builds : null;
  } catch {
    return null;
  }
}

/**
 * Every copy of ccxt that a bot may load: as seen from its program, and from the folder that it was started in. Throws
 * `PACKAGE_MISSING` where there is none that can be attached to.
 */
export async function ccxtCopies(program: string): Promise<Copies> {
  const places = [...(program === '' ? [] : [program]), join(process.cwd(), 'noop.js')];
  const mains = new Set(places.map(mainSeenFrom).filter((main) => main !== null));
  const modules: CcxtModule[] = [];
  const folders: string[] = [];
  const strange: string[] = [];
  for (const main of mains) {
    const builds = await buildsOf(main);
    if (builds === null) strange.push(main);
    else {
      modules.push(...builds);
      folders.push(main.replace(COMMON_JS, ''));
    }
  }
  if (modules.length > 0) {
    if (strange.length > 0) say(`${strange.join(', ')} is no ccxt 4, and stays without the overlay.`);
    return { modules, folders };
  }
  if (strange.length > 0) {
    throw new EdgekeeperError('PACKAGE_MISSING', {
      found: `${strange.join(', ')}, whose Exchange is not made as that of ccxt 4`,
      expected: 'ccxt 4',
      hint: 'Install ccxt@4, or attach to the exchange yourself: see adapters/README.md.',
    });
  }
  throw new EdgekeeperError('PACKAGE_MISSING', {
    found: `no package ccxt for ${program || 'a bot'}, nor in ${process.cwd()}`,
    expected: 'ccxt 4 beside the bot',
    hint: 'Start the bot from its own folder, or leave the preload out.',
  });
}
