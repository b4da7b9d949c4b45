import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { unwritable } from '../journal/directory.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { jsonOption } from './options.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

interface InitFlags {
  readonly dir: string;
  readonly print?: boolean;
  readonly json?: boolean;
}

interface Package {
  readonly name?: string;
  readonly main?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

type Host = 'ccxt' | 'debut' | 'other';

/** What a bot's folder says of it. */
interface FoundBot {
  readonly host: Host;
  /** The bot's program, as far as it is named. */
  readonly program: string;
  readonly strategies: readonly string[];
  readonly name: string;
}

const FILE = 'edgekeeper.json';

/** Adds the command that looks at a bot and writes a configuration to start with. */
export function addInitCommand(cli: Command, world: CliWorld): void {
  cli
    .command('init')
    .description(SUMMARIES.init.does)
    .option('--dir <folder>', 'the folder of the bot', '.')
    .option('--print', 'show it, and write nothing')
    .addOption(jsonOption())
    .action(async ({ dir, print, json }: InitFlags) => {
      const bot = await look(dir);
      const file = join(dir, FILE);
      const isThere = existsSync(file);
      const config = configFor(bot);
      const isWritten = !isThere && !print;
      if (isWritten)
        // Never over one that is there, also where another process makes it meanwhile.
        await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { flag: 'wx' }).catch((cause) => {
          throw unwritable(file, cause);
        });
      if (json) {
        world.out(`${JSON.stringify({ ...bot, file, isWritten, config })}\n`);
        return;
      }
      world.out(
        [
          `${file}: ${isWritten ? 'written; it observes, and touches nothing' : isThere ? 'there already, and left as it is' : 'would be'}`,
          ...(isWritten || isThere ? [] : [JSON.stringify(config, null, 2)]),
          '',
          ...linesFor(bot),
          ...(bot.strategies.length === 0
            ? []
            : ['', `Strategies that may be meant: ${bot.strategies.join(', ')}. Name each in its orders.`]),
          '',
          'Then:',
          '  npx edgekeeper status   what it would have done so far',
          '  npx edgekeeper doctor   what of the bot it does not see, and the line that mends it',
          '  npx edgekeeper act      let it act',
          '',
        ].join('\n'),
      );
    });
}

async function look(dir: string): Promise<FoundBot> {
  const text = await readFile(join(dir, 'package.json'), 'utf8').catch(() => null);
  const own = text === null ? {} : parsed(text, join(dir, 'package.json'));
  const used = Object.keys({ ...own.dependencies, ...own.devDependencies });
  const host: Host = used.some((name) => name.startsWith('@debut/'))
    ? 'debut'
    : used.includes('ccxt')
      ? 'ccxt'
      : 'other';
  const started = /(?:^|\s)(?:node|tsx)\s+(?:-\S+\s+)*(\S+\.[cm]?[jt]s)/.exec(own.scripts?.start ?? '')?.[1];
  const names = await readdir(dir).catch((): string[] => []);
  const likely = ['bot.mjs', 'bot.js', 'index.mjs', 'index.js', 'main.js', 'app.js'];
  const program = started ?? own.main ?? likely.find((name) => names.includes(name)) ?? 'bot.mjs';
  const folder = ['strategies', 'src/strategies', 'strategy', 'src/strategy'].find((each) =>
    existsSync(join(dir, each)),
  );
  const files = folder === undefined ? [] : await readdir(join(dir, folder)).catch((): string[] => []);
  return {
    host,
    program,
    strategies: files
      .filter((name) => /\.[cm]?[jt]s$/.test(name) && !/^index\.|\.(test|spec|d)\./.test(name))
      .map((name) => name.replace(/\.[cm]?[jt]s$/, '')),
    name: (own.name ?? basename(resolve(dir))).replace(/^@[^/]+\//, '').slice(0, 100),
  };
}

function parsed(text: string, file: string): Package {
  try {
    return JSON.parse(text) as Package;
  } catch (cause) {
    throw new EdgekeeperError(
      'CONFIG_INVALID',
      {
        found: `${file} that is not JSON: ${(cause as Error).message}`,
        expected: 'a package.json',
        hint: 'Repair it.',
      },
      { cause },
    );
  }
}

const configFor = ({ host, name }: FoundBot): object => ({
  edgekeeper: { mode: 'observe' },
  ...(host === 'ccxt' ? { ccxt: { strategy: name } } : {}),
});

function linesFor({ host, program }: FoundBot): string[] {
  switch (host) {
    case 'ccxt':
      return [
        'It trades through ccxt. Start it with the overlay, without a change:',
        `  node --import edgekeeper/ccxt/preload ${program}`,
        'or put it on by a line, once its exchange is made:',
        "  import { edgekeeper } from 'edgekeeper/ccxt';",
        `  await edgekeeper(exchange, { strategy: 'EMA_Trend', config: '${FILE}' });`,
        'Try it on paper first:',
        `  npx edgekeeper paper -- node ${program}`,
      ];
    case 'debut':
      return [
        'It is a bot on Debut. In its constructor:',
        "  import { edgekeeperPlugin } from 'edgekeeper/debut';",
        '  this.registerPlugins([edgekeeperPlugin(this.opts)]);',
        'and in its options: { "edgekeeperObserve": true, "edgekeeperLog": true }.',
        'The rest: docs/quickstart-debut.md',
      ];
    case 'other':
      return [
        'It trades neither through ccxt nor Debut. Call the overlay before an order, and with what fills:',
        "  import { createOverlay } from 'edgekeeper/middleware';",
        '  const { engine, middleware } = createOverlay(config);',
        "  const { preOrder, postFill } = middleware({ strategy: 'EMA_Trend' });",
        'The rest: docs/quickstart-middleware.md',
      ];
  }
}
