import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { legsOf } from '../journal/course.ts';
import { Missing } from '../journal/missing.ts';
import { readWhole } from '../journal/reader.ts';
import { keepOutcomes } from '../journal/record.ts';
import { JOURNAL_DIR, segmentsIn } from '../journal/segment.ts';
import { indexOf, indexPath } from '../journal/segment-index.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { jsonOption, type StateFlags, stateDirOption } from './options.ts';
import { withProgress } from './progress.ts';
import { demandState } from './saved.ts';
import type { CliWorld } from './world.ts';

/** Adds the commands that look at, export and compact the journal. */
export function addJournalCommands(journal: Command, world: CliWorld): void {
  journal
    .command('verify')
    .description('check the whole chain; names the first bad line')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json }: StateFlags) => {
      await demandState(stateDir);
      const missing = new Missing();
      const end = await withProgress(world.terminal, json === true, (onProgress) =>
        readWhole(join(stateDir, JOURNAL_DIR), (line) => missing.take(line), onProgress),
      );
      missing.end(end);
      world.out(
        json
          ? `${JSON.stringify({ lines: end.lines, seq: end.seq, missing: missing.text.trim().split('\n').filter(Boolean) })}\n`
          : `${end.lines} lines, every one as it was written.\n${missing.text}`,
      );
    });

  journal
    .command('export')
    .description('stream the journal as JSON lines')
    .addOption(stateDirOption())
    .option('--type <type>', 'only events of this type, such as trade or decision')
    .action(async ({ stateDir, type }: StateFlags & { type?: string }) => {
      await demandState(stateDir);
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
    .addOption(jsonOption())
    .action(async ({ stateDir, json, keepDays }: StateFlags & { keepDays: number }) => {
      if (!(keepDays >= 0)) {
        throw new EdgekeeperError('OPTION_INVALID', {
          found: `--keep-days ${keepDays}`,
          expected: 'a number of days',
          hint: 'Write such as --keep-days 90.',
        });
      }
      const dropped = await compact(stateDir, world.clock.now() - keepDays * 86_400_000);
      world.out(json ? `${JSON.stringify({ dropped })}\n` : `${dropped} segments dropped.\n`);
    });
}

/** Removes segments whose events are all in the snapshot and older than `before`; the latest always stays. */
async function compact(stateDir: string, before: number): Promise<number> {
  const saved = await new LowdbStateStore(stateDir).read();
  const journalDir = join(stateDir, JOURNAL_DIR);
  const segments = await segmentsIn(journalDir);
  let dropped = 0;
  for (const leg of legsOf(segments).slice(0, -1)) {
    const last = segments[dropped + 1]!.first - 1;
    if (last > (saved?.seq ?? 0) || ((await indexOf(leg)).times?.[1] ?? 0) >= before) break;
    dropped += 1;
  }
  // What the overlay statement rests on stays: its looks count outcomes from the first.
  if (dropped > 0) await keepOutcomes(stateDir, segments[dropped]!.first);
  for (const { path } of segments.slice(0, dropped)) {
    await rm(path);
    await rm(indexPath(path), { force: true });
  }
  return dropped;
}
