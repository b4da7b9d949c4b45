import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readWhole } from '../journal/reader.ts';
import { keepOutcomes } from '../journal/record.ts';
import { JOURNAL_DIR, segmentsIn } from '../journal/segment.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { type StateFlags, stateDirOption } from './options.ts';
import type { CliWorld } from './world.ts';

/** Adds the commands that look at, export and compact the journal. */
export function addJournalCommands(journal: Command, world: CliWorld): void {
  journal
    .command('verify')
    .description('check the whole chain; names the first bad line')
    .addOption(stateDirOption())
    .action(async ({ stateDir }: StateFlags) => {
      let lines = 0;
      await readWhole(join(stateDir, JOURNAL_DIR), () => {
        lines += 1;
      });
      world.out(`${lines} lines, every one as it was written.\n`);
    });

  journal
    .command('export')
    .description('stream the journal as JSON lines')
    .addOption(stateDirOption())
    .option('--type <type>', 'only events of this type, such as trade or decision')
    .action(async ({ stateDir, type }: StateFlags & { type?: string }) => {
      await readWhole(join(stateDir, JOURNAL_DIR), ({ seq, time, event, effects }) => {
        if (type === undefined || event.type === type)
          world.out(`${JSON.stringify({ seq, time, event, effects })}\n`);
      });
    });

  journal
    .command('compact')
    .description('drop segments that the snapshot and the retention no longer need')
    .addOption(stateDirOption())
    .option('--keep-days <n>', 'keep events of the latest days', (text) => Number(text), 365)
    .action(async ({ stateDir, keepDays }: StateFlags & { keepDays: number }) => {
      if (!(keepDays >= 0)) {
        throw new EdgekeeperError('OPTION_INVALID', {
          found: `--keep-days ${keepDays}`,
          expected: 'a number of days',
          hint: 'Write such as --keep-days 90.',
        });
      }
      const dropped = await compact(stateDir, world.clock.now() - keepDays * 86_400_000);
      world.out(`${dropped} segments dropped.\n`);
    });
}

/** Removes segments whose events are all in the snapshot and older than `before`; the latest always stays. */
async function compact(stateDir: string, before: number): Promise<number> {
  const saved = await new LowdbStateStore(stateDir).read();
  const journalDir = join(stateDir, JOURNAL_DIR);
  const segments = await segmentsIn(journalDir);
  const times = new Map<number, number>();
  await readWhole(journalDir, ({ seq, time }) => {
    const segment = segments.findLast(({ first }) => first <= seq);
    if (segment) times.set(segment.first, Math.max(times.get(segment.first) ?? 0, time));
  });
  let dropped = 0;
  while (dropped < segments.length - 1) {
    const last = segments[dropped + 1]!.first - 1;
    if (last > (saved?.seq ?? 0) || (times.get(segments[dropped]!.first) ?? 0) >= before) break;
    dropped += 1;
  }
  // What the overlay statement rests on stays: its looks count outcomes from the first.
  if (dropped > 0) await keepOutcomes(stateDir, segments[dropped]!.first);
  for (const { path } of segments.slice(0, dropped)) await rm(path);
  return dropped;
}
