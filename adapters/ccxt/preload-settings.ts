import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EdgekeeperError } from '../../src/index.ts';
import { z } from '../../src/model/z.ts';
import { loadConfigFile } from '../../src/node/index.ts';
import type { Identify } from './intent.ts';
import { SIZINGS } from './sizing.ts';

const FILE = 'edgekeeper.json';
/** How long the bot's own module may take to load, in ms. */
const LOADED_WITHIN = 5000;

/** Section `ccxt` of a configuration: how the overlay is put on a bot that nobody edits. */
export const ccxtSchema = z.strictObject({
  strategy: z.string().min(1).max(100).default('bot'),
  sizing: z.enum(SIZINGS).default('veto-only'),
  tagOrders: z.boolean().default(false),
  veto: z.enum(['throw', 'return']).default('throw'),
  reconcile: z.boolean().default(true),
  ignore: z.array(z.string()).default([]),
  stateDir: z.string().min(1).default('.edgekeeper'),
  /** Symbols whose regimes are known from the start. */
  symbols: z.array(z.string()).default([]),
  /** Strategies by symbol, for a bot that has another for each. */
  strategies: z.record(z.string(), z.string().min(1).max(100)).default({}),
  /** A module, by its path beside the file, whose default export says what the bot knows of an order. */
  identify: z.string().min(1).optional(),
});

/** How the overlay is put on a bot that nobody edits. */
export type Settings = z.output<typeof ccxtSchema> & {
  readonly file: string | null;
  /** Whether the overlay is on at all. */
  readonly enabled: boolean;
};

/**
 * Reads the file that EDGEKEEPER_CONFIG names, else `edgekeeper.json` in the working directory; without either the
 * defaults. Throws `CONFIG_INVALID`.
 */
export async function readSettings(): Promise<Settings> {
  const file = process.env.EDGEKEEPER_CONFIG ?? FILE;
  if (!existsSync(file)) {
    if (process.env.EDGEKEEPER_CONFIG === undefined)
      return { ...ccxtSchema.parse({}), file: null, enabled: true };
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: `no file ${file}`,
      expected: 'the configuration that EDGEKEEPER_CONFIG names',
      hint: `Create it, or unset EDGEKEEPER_CONFIG to use ${FILE} or the defaults.`,
    });
  }
  return settingsIn(file);
}

/** The settings in a file. Throws `CONFIG_INVALID`. */
export async function settingsIn(file: string): Promise<Settings> {
  const { enabled = true } = await loadConfigFile(file);
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  const parsed = ccxtSchema.safeParse((JSON.parse(text) as { ccxt?: unknown }).ccxt ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: `${file}: ${['ccxt', ...issue!.path].join('.')}: ${issue!.message}`,
      expected: Object.keys(ccxtSchema.shape).join(', '),
      hint: 'See adapters/README.md.',
    });
  }
  const { identify } = parsed.data;
  if (identify !== undefined && !existsSync(modulePath(file, identify))) {
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: `${file}: ccxt.identify: no file ${identify} beside it`,
      expected: 'a module with a function as its default export',
      hint: 'See adapters/README.md.',
    });
  }
  return { ...parsed.data, file, enabled };
}

const modulePath = (file: string, path: string): string => resolve(dirname(file), path);

/** A module that never ends loading must not keep the bot from starting. */
async function inTime<T>(path: string, loading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new EdgekeeperError('CONFIG_INVALID', {
          found: `${path}, not loaded within ${LOADED_WITHIN} ms`,
          expected: 'a module that exports a function and waits for nothing',
          hint: 'See adapters/README.md.',
        }),
      );
    }, LOADED_WITHIN);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How orders are known to belong to strategies: by the bot's own module, else by their symbols. */
export async function identifying({
  strategies,
  identify: path,
  file,
}: Settings): Promise<{ identify?: Identify }> {
  const ofSymbol = (symbol: string) =>
    Object.hasOwn(strategies, symbol) ? { strategy: strategies[symbol]! } : {};
  if (path === undefined)
    return Object.keys(strategies).length === 0 ? {} : { identify: ({ symbol }) => ofSymbol(symbol) };
  const { default: own } = await inTime<{ readonly default: unknown }>(
    path,
    import(pathToFileURL(modulePath(file!, path)).href),
  );
  if (typeof own !== 'function') {
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: `${path} without a function as its default export`,
      expected: 'export default (order) => ({ strategy, confidence, stop })',
      hint: 'See adapters/README.md.',
    });
  }
  return {
    identify(order) {
      const intent = (own as Identify)(order);
      return intent && { ...ofSymbol(order.symbol), ...intent };
    },
  };
}
