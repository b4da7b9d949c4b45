import { type Command, InvalidArgumentError } from 'commander';
import { Watch } from '../server/watch.ts';
import { stateDirOption } from './options.ts';
import { renderOverview } from './render/overview.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

interface WatchFlags {
  readonly stateDir: string;
  readonly every: number;
  readonly once?: boolean;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.5 && value <= 3600)) throw new InvalidArgumentError('Write seconds such as 2.');
  return value;
}

/** Adds the command that shows the overlay in a terminal as it goes. */
export function addWatchCommand(cli: Command, world: CliWorld): void {
  cli
    .command('watch')
    .description(SUMMARIES.watch.does)
    .addOption(stateDirOption())
    .option('--every <seconds>', 'how often it is drawn', seconds, 2)
    .option('--once', 'draw it once, and end')
    .action(async ({ stateDir, every, once: isOnce }: WatchFlags) => {
      const watch = new Watch(stateDir);
      await watch.start();
      const isScreen = world.clear !== undefined && !isOnce;
      do {
        const text = `${renderOverview(watch.name, watch.overview(), watch.engine, watch.now)}\n`;
        if (isScreen) world.clear?.();
        world.out(text);
        if (isOnce || world.signal.aborted) break;
        await world.clock.sleep(every * 1000, world.signal).catch(() => undefined);
      } while (!world.signal.aborted);
      await watch.close();
    });
}
