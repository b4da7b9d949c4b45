import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { configNotes } from '../config/notes.ts';
import { configJsonSchema, type Options, parseConfig } from '../config/schema.ts';
import { calibrationReport } from '../effect/calibration.ts';
import { effectStatement } from '../effect/statement.ts';
import { readLedger } from '../journal/record.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { DURABILITIES, type Durability } from '../journal/writer.ts';
import { timeframeMs } from '../model/candle.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { printable, printableLines } from '../model/printable.ts';
import { jsonText } from '../monitor/json.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';
import { overlayReport, statementOptions } from '../monitor/report.ts';
import { loadCcxt } from '../node/ccxt.ts';
import { loadConfigFile } from '../node/config-file.ts';
import { waitingCommands } from '../node/inbox.ts';
import { createLog } from '../node/log.ts';
import type { PaperReport } from '../paper/report.ts';
import { addEvidenceCommands } from './evidence.ts';
import { jsonOption, moment, stateDirOption } from './options.ts';
import { paperCommand, REPORT_FILE } from './paper.ts';
import { renderEffect } from './render/evidence.ts';
import { renderOverlay, renderPaper, renderStatus } from './render/paper.ts';
import { addStateCommands, savedEngine } from './state.ts';
import type { CliWorld } from './world.ts';

interface PaperFlags {
  exchange?: string;
  symbols?: string[];
  timeframe?: string;
  candles?: string;
  from?: number;
  to?: number;
  seed: number;
  config?: string;
  stateDir: string;
  overlay: boolean;
  json?: boolean;
  balance: number;
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

/** Runs one command line. Resolves with the exit code: 0, 1 for a coded error, 2 for a wrong use. */
export async function runCli(args: readonly string[], outer: CliWorld): Promise<number> {
  // Whatever is printed, a terminal shows it and obeys none of it.
  const world: CliWorld = {
    ...outer,
    out: (text) => outer.out(printableLines(text)),
    err: (text) => outer.err(printableLines(text)),
  };
  try {
    await program(world).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      world.err(
        coded(
          new EdgekeeperError('OPTION_INVALID', {
            found: error.message.replace(/^error: /, ''),
            expected: 'a command line as --help explains it',
            hint: 'Add --help for the options.',
          }),
        ),
      );
      return 2;
    }
    if (error instanceof EdgekeeperError) {
      world.err(coded(error));
      return 1;
    }
    throw error;
  }
}

const coded = ({ code, found, expected, hint }: EdgekeeperError): string =>
  `${code}\n  found:    ${found}\n  expected: ${expected}\n  next:     ${hint || 'see edgekeeper --help'}\n`;

function program(world: CliWorld): Command {
  const cli = new Command('edgekeeper')
    .description(
      'A strategy overlay for trading bots: filters signals, scales sizes, benches what stopped working.',
    )
    .exitOverride()
    .configureOutput({ writeOut: world.out, writeErr: () => undefined })
    .addHelpText(
      'after',
      '\nFirst steps:\n  edgekeeper paper          a year of a generated market, offline\n  edgekeeper status         what the overlay knows now\n  edgekeeper effect         does it help? the answer with its interval\n  edgekeeper why --last     why the latest decision is what it is\n  edgekeeper config print   every option with its value',
    );

  cli
    .command('paper')
    .description(
      'paper-trade three demo strategies through the overlay: on a generated market, on candle files, or live',
    )
    .option('--exchange <id>', 'live: poll this ccxt exchange, such as binance; no key is needed')
    .option('--symbols <list>', 'symbols, separated by commas', list)
    .option('--timeframe <tf>', 'candles to trade on, such as 5m or 1h (default: as configured, else 1h)')
    .option('--candles <dir>', 'replay: a directory with files such as BTC_USDT-1h.csv or .csv.gz')
    .option('--from <day>', 'replay from this day (UTC)', moment)
    .option('--to <day>', 'replay up to, and without, this day (UTC)', moment)
    .option('--seed <n>', 'seed of the generated market', inRange(0, 2 ** 31 - 1, true), 7)
    .option('--config <file>', 'JSON file with options, alone or under the key "edgekeeper"')
    .addOption(stateDirOption())
    .option('--balance <amount>', 'money at the start, in quote currency', inRange(1, 1e12), 10_000)
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
    .addOption(jsonOption())
    .action(async (flags: PaperFlags) => {
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
      const log = createLog({
        directory: join(flags.stateDir, 'logs'),
        terminal: world.logLevel ?? (flags.exchange === undefined ? 'error' : 'info'),
      });
      try {
        const { exchange, symbols, candles, from, to, seed, stateDir, overlay, balance, slippage } = flags;
        const report = await paperCommand(
          {
            timeframe,
            seed,
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
        world.out(flags.json ? json(report) : `${renderPaper(report)}\n`);
        if (!flags.json) world.out(nextSteps(flags));
      } finally {
        await log.close();
      }
    });

  cli
    .command('status')
    .description('what the overlay knows now: switches, weights, statuses, alerts')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json: asJson }: { stateDir: string; json?: boolean }) => {
      const engine = await savedEngine(stateDir);
      const data = new OptimizationMonitor(engine).getDashboardData();
      const waiting = (await waitingCommands(stateDir)).length;
      world.out(asJson ? json({ ...data, waitingCommands: waiting }) : `${renderStatus(data)}\n`);
      if (!asJson && waiting > 0) world.out(`\nCommands that wait for the bot's next start: ${waiting}\n`);
    });

  cli
    .command('report')
    .description('the report of the saved state, and of the paper run that made it')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json: asJson }: { stateDir: string; json?: boolean }) => {
      const saved = await readFile(join(stateDir, REPORT_FILE), 'utf8').catch(() => null);
      if (saved !== null) {
        const report = parseReport(saved, join(stateDir, REPORT_FILE));
        world.out(asJson ? json(report) : `${renderPaper(report)}\n`);
        return;
      }
      const engine = await savedEngine(stateDir);
      const ledger = await readLedger(stateDir);
      const effect = effectStatement(ledger, statementOptions(engine));
      const calibration = calibrationReport(ledger.outcomes);
      const report = overlayReport(engine);
      world.out(
        asJson
          ? json({ ...report, effect, calibration })
          : `${renderOverlay(report)}\n\n${renderEffect(effect, calibration)}\n`,
      );
    });

  const config = cli.command('config').description('check, complete and describe configurations');
  config
    .command('check <file>')
    .description('check a configuration file')
    .action(async (file: string) => {
      const options = await loadConfigFile(file);
      parseConfig(options);
      world.out(`${printable(file)} is a valid configuration.\n`);
      for (const note of configNotes(options)) world.out(`  ${printable(note)}\n`);
    });
  config
    .command('print [file]')
    .description('every option with its value: the defaults, or what a file makes of them')
    .action(async (file?: string) =>
      world.out(json(parseConfig(file === undefined ? {} : await loadConfigFile(file)))),
    );
  config
    .command('schema')
    .description('the JSON schema of a configuration')
    .action(() => world.out(json(configJsonSchema())));

  addEvidenceCommands(cli, world);
  addStateCommands(cli, world);
  return cli;
}

function parseReport(text: string, file: string): PaperReport {
  try {
    return JSON.parse(text) as PaperReport;
  } catch (cause) {
    throw new EdgekeeperError(
      'STATE_CORRUPT',
      {
        found: `${file} that is not a report: ${(cause as Error).message}`,
        expected: 'the file as Edgekeeper wrote it',
        hint: 'Remove it, or run `edgekeeper paper` again.',
      },
      { cause },
    );
  }
}

const json = (value: unknown): string => `${jsonText(value)}\n`;

function nextSteps({ exchange, ...flags }: PaperFlags): string {
  const stateDir = printable(flags.stateDir);
  const dir = stateDir === '.edgekeeper' ? '' : ` --state-dir ${stateDir}`;
  return [
    '',
    `The state is in ${stateDir}. Next:`,
    `  npx edgekeeper status${dir}`,
    '  npx edgekeeper config print',
    exchange === undefined
      ? '  npx edgekeeper paper --exchange binance --symbols BTC/USDT,ETH/USDT'
      : `  npx edgekeeper report${dir}`,
    '',
  ].join('\n');
}
