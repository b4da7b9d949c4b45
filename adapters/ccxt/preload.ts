/**
 * Puts the overlay on a ccxt bot that nobody wants to edit:
 *
 *   node --import edgekeeper/ccxt/preload bot.mjs
 *
 * Reads the file that EDGEKEEPER_CONFIG names, else `edgekeeper.json` in the working directory: the options of the
 * overlay under `edgekeeper`, those of the attachment under `ccxt`. Every exchange that the bot makes is attached to.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { EdgekeeperError } from '../../src/index.ts';
import { createLog, openOverlay } from '../../src/node/index.ts';
import { attach } from './attach.ts';
import type { CcxtExchange } from './market.ts';
import { SIZINGS } from './sizing.ts';

const FILE = 'edgekeeper.json';
/** How often it is looked whether an update is due, in ms. */
const UPDATE_EVERY = 60_000;

const ccxtSchema = z.strictObject({
  strategy: z.string().min(1).max(100).default('bot'),
  sizing: z.enum(SIZINGS).default('veto-only'),
  tagOrders: z.boolean().default(false),
  stateDir: z.string().default('.edgekeeper'),
});

interface CcxtModule {
  readonly Exchange?: { readonly prototype: { afterConstruct(): void } };
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
  const required = require('ccxt') as CcxtModule;
  return [imported.default ?? imported, required];
}

async function options(): Promise<z.output<typeof ccxtSchema> & { readonly file: string | null }> {
  const file = process.env.EDGEKEEPER_CONFIG ?? FILE;
  if (!existsSync(file)) {
    if (process.env.EDGEKEEPER_CONFIG === undefined) return { ...ccxtSchema.parse({}), file: null };
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: `no file ${file}`,
      expected: 'the configuration that EDGEKEEPER_CONFIG names',
      hint: `Create it, or unset EDGEKEEPER_CONFIG to use ${FILE} or the defaults.`,
    });
  }
  const parsed = ccxtSchema.safeParse(
    (JSON.parse(await readFile(file, 'utf8')) as { ccxt?: unknown }).ccxt ?? {},
  );
  if (parsed.success) return { ...parsed.data, file };
  const [issue] = parsed.error.issues;
  throw new EdgekeeperError('CONFIG_INVALID', {
    found: `${file}: ccxt.${issue!.path.join('.')}: ${issue!.message}`,
    expected: 'strategy, sizing, tagOrders and stateDir',
    hint: 'See the README of the ccxt adapter.',
  });
}

const { file, stateDir, strategy, sizing, tagOrders } = await options();
const overlay = await openOverlay({
  config: file === null ? {} : file,
  stateDir,
  log: createLog({ directory: join(stateDir, 'logs') }),
});
const attached = new WeakSet<object>();
for (const { Exchange } of await builds()) {
  if (!Exchange) continue;
  const { prototype } = Exchange;
  const original = prototype.afterConstruct;
  prototype.afterConstruct = function afterConstruct(this: object) {
    original.call(this);
    if (attached.has(this)) return;
    attached.add(this);
    attach(this as CcxtExchange, { engine: overlay.engine, strategy, sizing, tagOrders });
  };
}
await overlay.updates.runIfDue();
// A bot that is done must be able to end: nothing of the overlay keeps the process alive.
setInterval(() => void overlay.updates.runIfDue(), UPDATE_EVERY).unref();
process.once('beforeExit', () => void overlay.close());
