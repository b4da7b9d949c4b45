import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { backUp, restoreBackup } from '../journal/backup.ts';
import { takeLease } from '../journal/lease.ts';
import { recordEvents } from '../journal/recorder.ts';
import { type Salvaged, salvage, setJournalAside } from '../journal/recovery.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { Journal } from '../journal/writer.ts';
import { jsonOption, type StateFlags, stateDirOption } from './options.ts';
import { minute } from './render/table.ts';
import { demandState } from './saved.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

/** How long it is waited for a bot that may have been killed just now, in ms: its lease is nobody's after four seconds. */
const PATIENCE = 5000;

/** Adds the commands that keep, bring back and mend a state. */
export function addBackupCommands(cli: Command, world: CliWorld): void {
  cli
    .command('backup <file>')
    .description(SUMMARIES.backup.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async (file: string, { stateDir, json }: StateFlags) => {
      await demandState(stateDir);
      const summary = await backUp(stateDir, file);
      world.out(
        json
          ? `${JSON.stringify({ file, ...summary })}\n`
          : `${summary.files} files up to event ${summary.seq} are in ${file}; it was opened once, and is whole.\n`,
      );
    });

  cli
    .command('restore <file>')
    .description(SUMMARIES.restore.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async (file: string, { stateDir, json }: StateFlags) => {
      const summary = await restoreBackup(file, stateDir);
      world.out(
        json
          ? `${JSON.stringify({ stateDir, ...summary })}\n`
          : `${stateDir} is as it was at event ${summary.seq}. What was traded since is not in it.\n`,
      );
    });

  cli
    .command('recover')
    .description(SUMMARIES.recover.does)
    .option('--yes', 'do it; without it is only said what would be done')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json, yes }: StateFlags & { yes?: boolean }) => {
      await demandState(stateDir);
      const store = new LowdbStateStore(stateDir);
      const journalDir = join(stateDir, JOURNAL_DIR);
      const found = await salvage(store, journalDir);
      const damage = [found.stateFault, found.journalFault].flatMap((fault) => fault?.found ?? []);
      const { engine, seq } = found;
      const isMended = damage.length > 0 && yes === true;
      if (isMended) await mend(stateDir, found, world.clock.now());
      if (json) {
        world.out(
          `${JSON.stringify({ damage, missing: found.missing, readable: { seq, time: engine.time }, isMended })}\n`,
        );
        return;
      }
      if (damage.length === 0) {
        world.out(
          found.missing.length === 0
            ? `Nothing is damaged: all ${seq} events can be read.\n`
            : `missing:  ${found.missing.join('; ')}\nAll others of ${seq} can be read, and a start goes on from them.\n`,
        );
        return;
      }
      const readable = `event ${seq} at ${minute(engine.time)} UTC`;
      for (const each of damage) world.out(`damaged:  ${each}\n`);
      if (found.missing.length > 0) world.out(`missing:  ${found.missing.join('; ')}\n`);
      world.out(
        isMended
          ? `mended:   the state is that of ${readable}; what was damaged is beside it, and nothing was deleted.\n`
          : `readable: everything ${found.missing.length > 0 ? 'else ' : ''}up to ${readable}.\nnext:     edgekeeper recover --yes goes on from there, and sets what is damaged aside; or restore a backup.\n`,
      );
    });
}

/** Sets what is damaged aside, and writes the state as far as it could be read. Throws `STATE_LOCKED` where a bot runs. */
async function mend(stateDir: string, found: Salvaged, now: number): Promise<void> {
  const { engine, origin, seq, stateFault, journalFault, journal: end } = found;
  const store = new LowdbStateStore(stateDir);
  const journalDir = join(stateDir, JOURNAL_DIR);
  const lease = await takeLease(stateDir, { patience: PATIENCE });
  try {
    if (stateFault !== null) await rename(store.file, `${store.file}-broken-${now}`);
    if (journalFault !== null) await setJournalAside(journalDir, now);
    const journal = new Journal({
      directory: journalDir,
      durability: 'everyEvent',
      after: end,
      fence: lease,
    });
    journal.skipTo(seq);
    recordEvents(engine, journal);
    const damage = [stateFault, journalFault].flatMap((fault) => fault?.found ?? []).join('; ');
    engine.reconfigure(engine.options, {
      time: Math.max(engine.time, 0),
      actor: 'edgekeeper recover',
      reason: `what came after event ${seq} is set aside: ${damage}`.slice(0, 200),
    });
    await journal.close();
    lease.mustHold();
    await store.save(() => ({ origin, options: engine.options, seq: journal.seq, walk: engine.walk() }));
  } finally {
    await lease.release();
  }
}
