import { SingleBar } from 'cli-progress';
import { EdgekeeperError } from '../model/errors.ts';
import { printable } from '../model/printable.ts';
import type { PaperReport } from '../paper/report.ts';
import { runTrial } from '../trial/run-trial.ts';
import { keepReport } from './paper.ts';
import { minute } from './render/table.ts';
import type { CliWorld } from './world.ts';

export interface PaperOwnOptions {
  readonly exchange?: string;
  readonly symbols?: readonly string[];
  readonly timeframe: string;
  readonly candles?: string;
  readonly from?: number;
  readonly to?: number;
  readonly seed?: number;
  readonly stateDir: string;
  readonly overlay: boolean;
  readonly balance: number | Readonly<Record<string, number>>;
  readonly quote: string;
  readonly slippage: number;
  readonly config?: string;
}

/**
 * Runs somebody's own bot on paper, with the overlay and beside itself without: on recorded or generated candles, or on
 * the live prices of its own exchange until it is stopped. Leaves the state and the report in the state directory.
 */
export async function paperOwn(
  command: readonly [string, ...string[]],
  options: PaperOwnOptions,
  { terminal, signal, err }: CliWorld,
): Promise<PaperReport> {
  const { exchange, symbols, timeframe, candles, from, to, seed, config } = options;
  if (exchange !== undefined || config !== undefined)
    throw new EdgekeeperError('OPTION_INVALID', {
      found: `${exchange === undefined ? '--config' : '--exchange'} with a bot of your own`,
      expected: 'a bot that names its exchange itself, and edgekeeper.json beside it or EDGEKEEPER_CONFIG',
      hint: 'Leave it out: `edgekeeper paper -- node bot.mjs`.',
    });
  const isReplay = candles !== undefined || seed !== undefined;
  const recorded = {
    timeframe,
    seed: seed ?? 0,
    ...(symbols === undefined ? {} : { symbols }),
    ...(candles === undefined ? {} : { candles }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const bar =
    isReplay && terminal.isTTY
      ? new SingleBar({
          stream: terminal,
          format: '{bar} {percentage}% | {value}/{total} candles | {eta} s left',
          hideCursor: true,
        })
      : null;
  try {
    const { stateDir, balance, quote, slippage, overlay } = options;
    const { report, brokenDown, endedEarly, refused } = await runTrial({
      command,
      trial: { stateDir, balance, quote, slippageBps: slippage, recorded: isReplay ? recorded : null },
      overlay,
      signal,
      onProgress(done, total) {
        if (bar?.isActive === false) bar.start(total, done);
        bar?.update(done);
      },
    });
    await keepReport(stateDir, report);
    if (isReplay)
      for (const { name, at } of endedEarly)
        err(
          `The bot ${name} ended by itself at ${minute(at)} UTC of its candles: nothing was left that it waited for.\n`,
        );
    for (const what of refused)
      err(
        `Kept from leaving: ${printable(what)}. It came from another process or thread, another copy of ccxt, or not from ccxt: nothing of that is on paper.\n`,
      );
    for (const name of brokenDown)
      err(
        `The bot ${name} broke down on the way: its account is as it was then. See ${stateDir}/trial/${name}.log.\n`,
      );
    return report;
  } finally {
    bar?.stop();
  }
}
