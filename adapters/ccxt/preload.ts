/**
 * Puts the overlay on a ccxt bot that nobody wants to edit:
 *
 *   node --import edgekeeper/ccxt/preload bot.mjs
 *
 * Reads the file that EDGEKEEPER_CONFIG names, else `edgekeeper.json` in the working directory: the options of the
 * overlay under `edgekeeper`, those of the attachment under `ccxt`. Every exchange that the bot makes is attached to.
 * Whatever is wrong with the overlay, the bot starts and trades as without it.
 */
import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { z } from 'zod';
import { EdgekeeperError } from '../../src/index.ts';
import { createLog, type Overlay, openOverlay } from '../../src/node/index.ts';
import { attach, type Detach } from './attach.ts';
import { accountOf } from './intent.ts';
import type { CcxtExchange } from './market.ts';
import { SIZINGS } from './sizing.ts';

const FILE = 'edgekeeper.json';
/** How often it is looked whether an update is due, in ms. */
const UPDATE_EVERY = 60_000;
/** Says to the processes that a bot starts that the overlay is its own already. */
const OWNER = 'EDGEKEEPER_OWNER';
/** Programs that only start the bot, and inherit its options, by the package that they are in. */
const LAUNCHER =
  /[\\/](npm|yarn|pnpm|corepack|tsx|nodemon|cross-env|dotenv-cli|dotenvx|concurrently|ts-node-dev)[\\/]/;
/** How long a bot that is done waits for what the exchange has not answered yet, in ms; what was open is kept. */
const LAST_LOOK = 5000;

const ccxtSchema = z.strictObject({
  strategy: z.string().min(1).max(100).default('bot'),
  sizing: z.enum(SIZINGS).default('veto-only'),
  tagOrders: z.boolean().default(false),
  veto: z.enum(['throw', 'return']).default('throw'),
  reconcile: z.boolean().default(true),
  ignore: z.array(z.string()).default([]),
  stateDir: z.string().min(1).default('.edgekeeper'),
});
type Settings = z.output<typeof ccxtSchema> & { readonly file: string | null };

interface CcxtModule {
  readonly Exchange?: { readonly prototype: { afterConstruct?(): void } };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The program that runs, or nothing where there is none, as with `node -e`. */
function program(): string {
  try {
    return realpathSync(process.argv[1] ?? '');
  } catch {
    return '';
  }
}

/** Whether this is the bot: not a thread of it, a process that it started, or the program that starts it. */
function isTheBot(): boolean {
  if (!isMainThread || LAUNCHER.test(program())) return false;
  const owner = Number(process.env[OWNER]);
  if (!(owner > 0) || owner === process.pid || !isAlive(owner)) return true;
  console.error(
    `edgekeeper: this process runs without the overlay, which belongs to process ${owner} that started it.`,
  );
  return false;
}

/** The ccxt that the bot will load, by import and by require: two builds with classes of their own. */
async function builds(): Promise<CcxtModule[]> {
  const require = createRequire(join(process.cwd(), 'noop.js'));
  let main: string;
  try {
    main = require.resolve('ccxt');
  } catch (cause) {
    throw new EdgekeeperError(
      'PACKAGE_MISSING',
      {
        found: `no package ccxt for a bot in ${process.cwd()}`,
        expected: 'ccxt 4 beside the bot',
        hint: 'Start the bot from its own folder, or leave the preload out.',
      },
      { cause },
    );
  }
  const imported = await import(
    pathToFileURL(main.replace(/dist[\\/]ccxt\.cjs$/, join('js', 'ccxt.js'))).href
  );
  const found = [imported.default ?? imported, require('ccxt')] as CcxtModule[];
  if (found.every(({ Exchange }) => typeof Exchange?.prototype.afterConstruct === 'function')) return found;
  throw new EdgekeeperError('PACKAGE_MISSING', {
    found: `${main}, whose Exchange is not made as that of ccxt 4`,
    expected: 'ccxt 4',
    hint: 'Install ccxt@4, or attach to the exchange yourself: see adapters/README.md.',
  });
}

function parsedJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EdgekeeperError(
      'CONFIG_INVALID',
      {
        found: `${file}, which is no JSON: ${(cause as Error).message}`,
        expected: 'an object in JSON',
        hint: 'See adapters/README.md.',
      },
      { cause },
    );
  }
}

async function settings(): Promise<Settings> {
  const file = process.env.EDGEKEEPER_CONFIG ?? FILE;
  if (!existsSync(file)) {
    if (process.env.EDGEKEEPER_CONFIG === undefined) return { ...ccxtSchema.parse({}), file: null };
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: `no file ${file}`,
      expected: 'the configuration that EDGEKEEPER_CONFIG names',
      hint: `Create it, or unset EDGEKEEPER_CONFIG to use ${FILE} or the defaults.`,
    });
  }
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  const parsed = ccxtSchema.safeParse((parsedJson(file, text) as { ccxt?: unknown } | null)?.ccxt ?? {});
  if (parsed.success) return { ...parsed.data, file };
  const [issue] = parsed.error.issues;
  throw new EdgekeeperError('CONFIG_INVALID', {
    found: `${file}: ccxt.${issue!.path.join('.')}: ${issue!.message}`,
    expected: Object.keys(ccxtSchema.shape).join(', '),
    hint: 'See adapters/README.md.',
  });
}

/** Attaches to every exchange that is made from now on. */
function attachToAll(modules: readonly CcxtModule[], overlay: Overlay, options: Settings): Detach[] {
  const { file: _file, stateDir: _stateDir, ...attachment } = options;
  const attached = new WeakSet<object>();
  const detaches: Detach[] = [];
  const names = new Map<string, number>();
  for (const { Exchange } of modules) {
    const prototype = Exchange!.prototype;
    const original = prototype.afterConstruct!;
    prototype.afterConstruct = function afterConstruct(this: CcxtExchange) {
      original.call(this);
      if (attached.has(this)) return;
      attached.add(this);
      try {
        const name = `ccxt-${accountOf(this)}`;
        const count = (names.get(name) ?? 0) + 1;
        names.set(name, count);
        const kept = overlay.kept(count === 1 ? name : `${name}-${count}`);
        const { engine } = overlay;
        detaches.push(attach(this, { ...attachment, engine, kept }));
      } catch (error) {
        overlay.engine.countError('ATTACH_FAILED', error);
      }
    };
  }
  return detaches;
}

async function start(): Promise<void> {
  const modules = await builds();
  const options = await settings();
  const { file, stateDir } = options;
  const log = createLog({ directory: join(stateDir, 'logs') });
  const overlay = await openOverlay({ config: file === null ? {} : file, stateDir, log });
  process.env[OWNER] = String(process.pid);
  const detaches = attachToAll(modules, overlay, options);
  const update = () =>
    overlay.updates.runIfDue().catch((error: unknown) => overlay.engine.countError('UPDATE_FAILED', error));
  await update();
  // A bot that is done must be able to end: nothing of the overlay keeps the process alive.
  setInterval(() => void update(), UPDATE_EVERY).unref();
  // However the bot ends, by a veto that it does not catch as well: nothing that takes a turn runs after this.
  process.once('exit', () => overlay.writeNow());
  process.once('beforeExit', () => {
    const settled = Promise.allSettled(detaches.map((detach) => detach.settled()));
    const late = new Promise((resolve) => {
      setTimeout(resolve, LAST_LOOK);
    });
    void Promise.race([settled, late])
      .then(() => overlay.close())
      .catch((error: unknown) => console.error(`edgekeeper: ${(error as Error).message}`));
  });
}

if (process.env.EDGEKEEPER_DISABLED !== '1' && isTheBot()) {
  try {
    await start();
  } catch (error) {
    console.error(
      `edgekeeper: the overlay stays OFF, and the bot trades as without it. ${(error as Error).message}`,
    );
  }
}
