import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, costOf, withDirectory } from './child.ts';
import type { RunOptions } from './concepts.ts';
import { demand, type Measurement } from './row.ts';
import { median } from './timing.ts';

/** Where recorded candles of 1 h may lie; without them the market is generated. */
const CANDLES = [process.env.EDGEKEEPER_CANDLES, '../shared/data/candles/1h'];
const YEARS = ['--from', '2021-01-01', '--to', '2025-01-01'];
const SYMBOLS = ['--symbols', 'BTC/USDT,ETH/USDT,SOL/USDT'];

/** What the paper bot is run with, and on what. */
function market(): { readonly name: string; readonly args: readonly string[] } {
  const directory = CANDLES.find((path) => path && existsSync(join(path, 'BTC_USDT-1h.csv.gz')));
  return directory
    ? { name: 'real candles', args: ['--candles', directory, ...SYMBOLS, ...YEARS] }
    : { name: 'a generated market', args: [...SYMBOLS, ...YEARS] };
}

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  const { name, args } = market();
  const paper = async (stateDir: string, ...more: string[]) => {
    const { cpu, stdout } = await costOf(
      [CLI, 'paper', ...args, '--state-dir', stateDir, '--json', ...more],
      80,
    );
    const report = JSON.parse(stdout) as {
      run: { candles: number };
      overlay: { strategies: { performance: { trades: number } }[] } | null;
    };
    demand(report.run.candles > 100_000, `replay: only ${report.run.candles} candles were traded on`);
    return {
      cpu,
      trades: report.overlay?.strategies.reduce((sum, each) => sum + each.performance.trades, 0) ?? 0,
    };
  };
  return withDirectory(async (directory) => {
    const overlaid: number[] = [];
    const alone: number[] = [];
    for (let run = 0; run < (long ? 3 : 2); run += 1) {
      const bare = await paper(join(directory, `alone${run}`), '--no-overlay');
      const full = await paper(join(directory, `overlaid${run}`));
      alone.push(bare.cpu);
      overlaid.push(full.cpu);
      demand(bare.trades === 0 && full.trades > 300, `replay: ${full.trades} trades were recorded`);
    }
    // A replay runs the bot twice, with the overlay and without.
    const [run, bare] = [median(overlaid), 2 * median(alone)];
    return [
      {
        what: `replay, 4 years of 3 symbols, ${name}`,
        unit: 'ms',
        median: run,
        floor: { what: 'the bot alone, twice', value: bare },
      },
      {
        what: "replay, the overlay's share",
        unit: '%',
        median: (100 * (run - bare)) / run,
        must: [{ of: 'value', below: 20 }],
      },
    ];
  });
}
