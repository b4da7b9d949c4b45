import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Options } from '../config/schema.ts';
import { checkHistory } from '../history/check-history.ts';
import { FILL_ROLES, type Role, TRADE_ROLES } from '../history/columns.ts';
import { importHistory } from '../history/import-history.ts';
import { readHistory } from '../history/read-history.ts';
import { DATE_ORDERS, type DateOrder } from '../history/times.ts';
import type { TradeHistory } from '../history/trade-history.ts';
import type { Candle } from '../model/candle.ts';
import { jsonText } from '../monitor/json.ts';
import { loadConfigFile } from '../node/config-file.ts';
import { readCandles, symbolsIn } from '../paper/candle-files.ts';
import { jsonOption, stateDirOption } from './options.ts';
import { renderCheck } from './render/check.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

interface CheckFlags {
  strategy?: string;
  symbol?: string;
  columns?: Partial<Record<Role, string>>;
  dates?: DateOrder;
  utcOffset?: number;
  candles?: string;
  timeframe: string;
  config?: string;
  import?: boolean;
  stateDir: string;
  json?: boolean;
}

const ROLES: readonly string[] = [...new Set<string>([...TRADE_ROLES, ...FILL_ROLES])];

function columns(text: string): Partial<Record<Role, string>> {
  return Object.fromEntries(
    text.split(',').map((each) => {
      const [role = '', name = ''] = each.split('=').map((part) => part.trim());
      if (!ROLES.includes(role) || name === '')
        throw new InvalidArgumentError(`Write role=Column, the role one of ${ROLES.join(', ')}.`);
      return [role, name];
    }),
  );
}

function offset(text: string): number {
  const match = /^([+-])(\d{1,2}):?(\d{2})$/.exec(text);
  if (match === null || Number(match[2]) > 14) throw new InvalidArgumentError('Write +02:00 or -05:00.');
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** Adds the command that says what past trades say. */
export function addCheckCommand(cli: Command, world: CliWorld): void {
  cli
    .command('check <file>')
    .description(SUMMARIES.check.does)
    .option(
      '--strategy <name>',
      'whose the trades are, where the file does not say (default: the name of the file)',
    )
    .option('--symbol <symbol>', 'what was traded, where the file does not say')
    .option('--columns <list>', 'what columns are, over what is guessed: exitTime=Closed,pnl=Result', columns)
    .addOption(new Option('--dates <order>', 'whether the day or the month is first').choices(DATE_ORDERS))
    .option('--utc-offset <offset>', 'how far the clock of the file is ahead of UTC, such as +02:00', offset)
    .option('--candles <dir>', 'candle files such as BTC_USDT-1h.csv.gz, for regimes')
    .option('--timeframe <tf>', 'timeframe of these', '1h')
    .option('--config <file>', 'JSON file with options, alone or under the key "edgekeeper"')
    .option('--import', 'start the state of a bot from these trades')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async (file: string, flags: CheckFlags) => {
      const { strategy, symbol, dates, timeframe } = flags;
      const history = await readHistory(file, {
        ...(strategy === undefined ? {} : { strategy }),
        ...(symbol === undefined ? {} : { symbol }),
        ...(flags.columns === undefined ? {} : { columns: flags.columns }),
        ...(dates === undefined ? {} : { dates }),
        ...(flags.utcOffset === undefined ? {} : { offsetMinutes: flags.utcOffset }),
      });
      const given: Options = flags.config === undefined ? {} : await loadConfigFile(flags.config);
      const config: Options = flags.candles === undefined ? given : { ...given, timeframe };
      const candles =
        flags.candles === undefined ? new Map() : await candlesOf(history, flags.candles, timeframe);
      const now = world.clock.now();
      const bar = world.terminal.isTTY
        ? new SingleBar({ stream: world.terminal, format: '{bar} {value}/{total} trades', hideCursor: true })
        : null;
      bar?.start(history.trades.length, 0);
      const check = checkHistory(history, { config, candles, now, onProgress: (done) => bar?.update(done) });
      bar?.stop();
      world.out(flags.json ? `${jsonText(check)}\n` : `${renderCheck(check)}\n`);
      if (!flags.import) return;
      const imported = await importHistory(history, { config, file, now, stateDir: flags.stateDir });
      if (!flags.json)
        world.out(
          `\n${imported} trades are in ${flags.stateDir}, marked as imported: the bot that opens it knows them.\n`,
        );
    });
}

/** Candles of the symbols of a history, for which there are files. */
async function candlesOf(
  { trades }: TradeHistory,
  directory: string,
  timeframe: string,
): Promise<Map<string, readonly Candle[]>> {
  const traded = new Set(trades.map(({ symbol }) => symbol));
  const candles = new Map<string, readonly Candle[]>();
  for (const symbol of await symbolsIn(directory, timeframe)) {
    const names = [...traded].filter((name) => plain(name) === plain(symbol));
    if (names.length === 0) continue;
    const own = await readCandles(directory, symbol, timeframe);
    for (const name of names) candles.set(name, own);
  }
  return candles;
}

/** A symbol as all venues write it: BTC/USDT, BTC-USDT and BTCUSDT are one. */
const plain = (symbol: string): string =>
  symbol
    .split(':')[0]!
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toUpperCase();
