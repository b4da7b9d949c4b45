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
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { EdgekeeperError } from '../../src/index.ts';
import { z } from '../../src/model/z.ts';
import { loadConfigFile } from '../../src/node/index.ts';
import { type CcxtModule, ccxtCopies } from './copies.ts';
import { type BotOverlay, openBotOverlay } from './edgekeeper.ts';
import type { Identify } from './intent.ts';
import { isLauncher } from './launchers.ts';
import type { CcxtExchange } from './market.ts';
import { say } from './say.ts';
import { SIZINGS } from './sizing.ts';
import { ownThreads, sayOfThread } from './threads.ts';

const FILE = 'edgekeeper.json';
/** Says to the processes that a bot starts that the overlay is its own already. */
const OWNER = 'EDGEKEEPER_OWNER';
/** When a bot that has made no exchange yet is told so, in ms; else at its end. */
const UNUSED_AFTER = 300_000;
/** How long the bot's own module may take to load, in ms. */
const LOADED_WITHIN = 5000;

const ccxtSchema = z.strictObject({
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
type Settings = z.output<typeof ccxtSchema> & {
  readonly file: string | null;
  /** Whether the overlay is on at all. */
  readonly enabled: boolean;
};

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
  if (!isMainThread) {
    sayOfThread(program());
    return false;
  }
  const script = program();
  if (isLauncher(script)) return without(script, 'it only starts another program, which gets it');
  const owner = Number(process.env[OWNER]);
  if (!(owner > 0) || owner === process.pid || !isAlive(owner)) return true;
  return without('this process', `it belongs to process ${owner} that started it`);
}

/** Nothing stays without the overlay unheard. */
function without(what: string, why: string): false {
  say(`${what} runs without the overlay: ${why}.`);
  return false;
}

async function settings(): Promise<Settings> {
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
  const { enabled = true } = await loadConfigFile(file);
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  const parsed = ccxtSchema.safeParse((JSON.parse(text) as { ccxt?: unknown }).ccxt ?? {});
  if (parsed.success) return { ...parsed.data, file, enabled };
  const [issue] = parsed.error.issues;
  throw new EdgekeeperError('CONFIG_INVALID', {
    found: `${file}: ccxt.${issue!.path.join('.')}: ${issue!.message}`,
    expected: Object.keys(ccxtSchema.shape).join(', '),
    hint: 'See adapters/README.md.',
  });
}

const settingsOf = ({ file: _file, enabled: _enabled, ...attachment }: Settings) => attachment;

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
async function identifying(
  strategies: Readonly<Record<string, string>>,
  path: string | undefined,
  file: string | null,
): Promise<{ identify?: Identify }> {
  const ofSymbol = (symbol: string) =>
    Object.hasOwn(strategies, symbol) ? { strategy: strategies[symbol]! } : {};
  if (path === undefined)
    return Object.keys(strategies).length === 0 ? {} : { identify: ({ symbol }) => ofSymbol(symbol) };
  const { default: own } = await inTime<{ readonly default: unknown }>(
    path,
    import(pathToFileURL(resolve(dirname(file!), path)).href),
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

/** Attaches to every exchange that is made from now on. Returns how many the bot has made. */
function attachToAll(modules: readonly CcxtModule[], bot: BotOverlay): () => number {
  const attached = new WeakSet<object>();
  let exchanges = 0;
  for (const { Exchange } of modules) {
    const prototype = Exchange!.prototype;
    const original = prototype.afterConstruct!;
    prototype.afterConstruct = function afterConstruct(this: CcxtExchange) {
      original.call(this);
      if (attached.has(this)) return;
      attached.add(this);
      exchanges += 1;
      try {
        bot.put(this);
      } catch (error) {
        without(`an exchange (${this.id})`, `it failed to attach: ${(error as Error).message}`);
        bot.engine.countError('ATTACH_FAILED', error);
      }
    };
  }
  return () => exchanges;
}

/** Says once, after a while or at its end, that a bot has made no exchange that the overlay could see. */
function sayIfUnused(exchanges: () => number, folders: readonly string[]): void {
  let isSaid = false;
  const sayOnce = () => {
    if (isSaid || exchanges() > 0) return;
    isSaid = true;
    say(
      `the bot has made no exchange of ${folders.join(' or ')}, so nothing of it has the overlay. Does it load another copy of ccxt?`,
    );
  };
  setTimeout(sayOnce, UNUSED_AFTER).unref();
  process.once('exit', sayOnce);
}

async function start(): Promise<void> {
  const options = await settings();
  const { file, enabled } = options;
  if (!enabled) {
    say(
      `the overlay is off, as ${file} says by "enabled": false. Start the bot anew after a change of that.`,
    );
    return;
  }
  const { modules, folders } = await ccxtCopies(program());
  const { strategies, identify, ...attachment } = settingsOf(options);
  const known = await identifying(strategies, identify, file);
  const bot = await openBotOverlay({ config: file ?? {}, ...attachment, ...known });
  process.env[OWNER] = String(process.pid);
  ownThreads();
  sayIfUnused(attachToAll(modules, bot), folders);
}
if (process.env.EDGEKEEPER_DISABLED !== '1' && isTheBot()) {
  try {
    await start();
  } catch (error) {
    say(`the overlay stays OFF, and the bot trades as without it. ${(error as Error).message}`);
  }
}
