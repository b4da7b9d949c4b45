import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Options, parseConfig } from '../config/schema.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { DURABILITIES, type Durability } from '../journal/writer.ts';
import { timeframeMs } from '../model/candle.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { printable } from '../model/printable.ts';
import { jsonText } from '../monitor/json.ts';
import { loadCcxt } from '../node/ccxt.ts';
import { loadConfigFile } from '../node/config-file.ts';
import { createLog } from '../node/log.ts';
import type { PaperReport } from '../paper/report.ts';
import { jsonOption, moment, stateDirOption } from './options.ts';
import { paperCommand } from './paper.ts';
import { paperOwn } from './paper-own.ts';
import { renderPaper } from './render/paper.ts';
import { renderStory } from './render/story.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

const SEED = 7;
/** Where a bot of one's own is put on paper, where nothing else is said. */
const PAPER_DIR = '.edgekeeper-paper';

interface PaperFlags {
  exchange?: string;
  symbols?: string[];
  timeframe?: string;
  candles?: string;
  from?: number;
  to?: number;
  seed?: number;
  quote: string;
  config?: string;
  stateDir: string;
  overlay: boolean;
  full?: boolean;
  json?: boolean;
  balance: number | Readonly<Record<string, number>>;
  slippage: number;
  durability: Durability;
  recoverFromSnapshot?: boolean;
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

function inRange(min: number, max: number, whole = false) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
      throw new InvalidArgumentError(`Write a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Money at the start, or what there is of each currency. */
function balances(text: string): number | Readonly<Record<string, number>> {
  const amount = inRange(0, 1e12);
  if (!text.includes('=')) return inRange(1, 1e12)(text);
  return Object.fromEntries(
    text.split(',').map((each) => {
      const [currency = '', units = ''] = each.split('=').map((part) => part.trim());
      if (!/^[A-Z0-9]{2,15}$/i.test(currency)) throw new InvalidArgumentError('Write USDT=10000,BTC=1.');
      return [currency.toUpperCase(), amount(units)];
    }),
  );
}

/** Adds the command that paper-trades. */
export function addPaperCommand(cli: Command, world: CliWorld): void {
  cli
    .command('paper')
    .description(SUMMARIES.paper.does)
    .argument('[command...]', 'your own bot, after --: it trades on paper, live or on recorded candles')
    .option('--exchange <id>', 'live: poll this ccxt exchange, such as binance; no key is needed')
    .option('--symbols <list>', 'symbols, separated by commas', list)
    .option('--timeframe <tf>', 'candles to trade on, such as 5m or 1h (default: as configured, else 1h)')
    .option('--candles <dir>', 'replay: a directory with files such as BTC_USDT-1h.csv or .csv.gz')
    .option('--from <day>', 'replay from this day (UTC)', moment)
    .option('--to <day>', 'replay up to, and without, this day (UTC)', moment)
    .option('--seed <n>', 'seed of the generated market (default: 7)', inRange(0, 2 ** 31 - 1, true))
    .option('--config <file>', 'JSON file with options, alone or under the key "edgekeeper"')
    .addOption(stateDirOption())
    .option('--quote <currency>', 'your own bot live: currency of its account', 'USDT')
    .option(
      '--balance <amount>',
      'money at the start, in quote currency; for a bot of your own also what it has of each: USDT=10000,BTC=1',
      balances,
      10_000,
    )
    .option('--slippage <bps>', 'slippage of a taker, in basis points', inRange(0, 1000), 2)
    .addOption(
      new Option(
        '--durability <mode>',
        'live: when an event is safe: on disk at once, within a second, or as the system likes',
      )
        .choices(DURABILITIES)
        .default('interval'),
    )
    .option(
      '--recover-from-snapshot',
      'live: go on without the part of a broken journal that is not in the snapshot',
    )
    .option('--no-overlay', 'run the bot alone')
    .option('--full', 'print every table before the summary')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  edgekeeper paper                                          three demo strategies on a generated market
  edgekeeper paper --candles ./candles -- node bot.mjs      your bot on recorded candles
  edgekeeper paper --seed 7 -- npm run bot                  your bot on a generated market
  edgekeeper paper -- node bot.mjs                          your bot on live prices, until Ctrl-C

Your bot is run twice, with the overlay and without. What it is called by the overlay, and how its sizes may be changed, is in
section "ccxt" of edgekeeper.json in its folder. What it prints goes to trial/ in the state directory.`,
    )
    .action(async (command: string[], given: PaperFlags, self: Command) => {
      // What a bot does on paper must not come among what it did live.
      const isOwn = command.length > 0 && self.getOptionValueSource('stateDir') === 'default';
      const flags = isOwn ? { ...given, stateDir: PAPER_DIR } : given;
      if (flags.exchange !== undefined && flags.candles !== undefined) {
        throw new EdgekeeperError('OPTION_INVALID', {
          found: '--exchange with --candles',
          expected: 'one of the two',
          hint: '--exchange trades live, --candles replays files.',
        });
      }
      const config: Options = flags.config === undefined ? {} : await loadConfigFile(flags.config);
      const timeframe = flags.timeframe ?? parseConfig(config).timeframe;
      timeframeMs(timeframe);
      if (flags.exchange !== undefined) (await loadCcxt()).create(flags.exchange, {});
      await new LowdbStateStore(flags.stateDir).prepare();
      const [program, ...args] = command;
      if (program !== undefined) {
        const report = await paperOwn([program, ...args], { ...flags, timeframe }, world);
        said(report, flags, world, `npx edgekeeper doctor --state-dir ${printable(flags.stateDir)}`);
        return;
      }
      const { balance } = flags;
      if (typeof balance !== 'number') {
        throw new EdgekeeperError('OPTION_INVALID', {
          found: '--balance by currency without a bot of your own',
          expected: 'an amount in quote currency',
          hint: 'The demo strategies start with money alone: --balance 10000.',
        });
      }
      const log = createLog({
        directory: join(flags.stateDir, 'logs'),
        terminal: world.logLevel ?? (flags.exchange === undefined ? 'error' : 'info'),
      });
      try {
        const { exchange, symbols, candles, from, to, seed, stateDir, overlay, slippage } = flags;
        const report = await paperCommand(
          {
            timeframe,
            seed: seed ?? SEED,
            config,
            stateDir,
            overlay,
            balance,
            slippageBps: slippage,
            durability: flags.durability,
            recoverFromSnapshot: flags.recoverFromSnapshot ?? false,
            ...(flags.config === undefined ? {} : { configFile: flags.config }),
            ...(exchange === undefined ? {} : { exchange }),
            ...(symbols === undefined ? {} : { symbols }),
            ...(candles === undefined ? {} : { candles }),
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
          },
          { ...world, log },
        );
        said(report, flags, world);
      } finally {
        await log.close();
      }
    });
}

function said(report: PaperReport, flags: PaperFlags, world: CliWorld, next?: string): void {
  if (flags.json) {
    world.out(json(report));
    return;
  }
  if (flags.full) world.out(`${renderPaper(report)}\n\n`);
  world.out(`${renderStory(report)}\n${nextSteps(flags, next)}`);
}

const json = (value: unknown): string => `${jsonText(value)}\n`;

/** @param next what to try last; by default another run */
function nextSteps({ exchange, ...flags }: PaperFlags, next?: string): string {
  const stateDir = printable(flags.stateDir);
  const dir = stateDir === '.edgekeeper' ? '' : ` --state-dir ${stateDir}`;
  return [
    '',
    `Next, on what is in ${stateDir}:`,
    `  npx edgekeeper report --html report.html${dir}   with charts, in a browser`,
    `  npx edgekeeper why --last${dir}`,
    `  ${next ?? (exchange === undefined ? 'npx edgekeeper paper --exchange binance --symbols BTC/USDT,ETH/USDT' : `npx edgekeeper status${dir}`)}`,
    '',
  ].join('\n');
}
