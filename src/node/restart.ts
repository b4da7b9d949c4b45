import fs from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineHooks } from '../engine/engine.ts';
import { droppedText, lostText } from '../journal/missing.ts';
import { type Recovered, recover, setJournalAside } from '../journal/recovery.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import type { SavedState } from '../journal/state-lines.ts';
import type { LowdbStateStore } from '../journal/state-store.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Clock, Log } from '../model/ports.ts';

export interface RestartOptions {
  readonly store: LowdbStateStore;
  readonly stateDir: string;
  readonly hooks: EngineHooks;
  readonly clock: Clock;
  readonly log: Log;
  /** Goes on without the journal's tail where it is broken. */
  readonly recoverFromSnapshot?: boolean | undefined;
}

/**
 * Goes on from what the last process left, and says what that was like. What a replay left makes way; a broken journal
 * is set aside where that is wanted and a snapshot is there to go on from. Throws what `recover` does.
 */
export async function restart(options: RestartOptions): Promise<Recovered> {
  const { stateDir, hooks, clock, log, recoverFromSnapshot = false } = options;
  const journalDir = join(stateDir, JOURNAL_DIR);
  const read = await savedState(options, journalDir);
  let recovered: Recovered;
  try {
    recovered = await recover({ read }, journalDir, hooks);
  } catch (error) {
    if (!recoverFromSnapshot || !isOfTheJournal(error) || (await read()) === null) throw error;
    const aside = await setJournalAside(journalDir, clock.now());
    log.warn('the journal is broken and set aside; what came after the snapshot is lost', { aside });
    recovered = await recover({ read }, journalDir, hooks, aside);
  }
  say(recovered, log);
  return recovered;
}

/** The snapshot, read once unless it is asked for again. What a replay left makes way for this live run. */
async function savedState(
  { store, stateDir, log }: RestartOptions,
  journalDir: string,
): Promise<() => Promise<SavedState | null>> {
  let first: Promise<SavedState | null> | null = store.read();
  const saved = await first.catch(() => null);
  if (saved?.origin === 'replay') {
    log.warn('the state of a replay is replaced by that of this live run', { directory: stateDir });
    await fs.rm(store.file, { force: true });
    await fs.rm(journalDir, { recursive: true, force: true });
    return () => Promise.resolve(null);
  }
  return () => {
    const read = first ?? store.read();
    first = null;
    return read;
  };
}

const isOfTheJournal = (error: unknown): boolean =>
  error instanceof EdgekeeperError &&
  (error.code === 'JOURNAL_CORRUPT' || error.code === 'JOURNAL_REPLAY_FAILED');

/** Says what the way back to the state was like. */
function say({ seq, journal, replayed, differing, lost, rebuilt }: Recovered, log: Log): void {
  if (rebuilt !== null)
    log.warn('the snapshot is broken: the state is made again from the journal', { error: rebuilt.message });
  if (journal.torn)
    log.warn('the last line of the journal was cut off and is dropped', { bytes: journal.torn.lost });
  for (const each of lost) log.error(`${lostText(each)}: the record of them is lost`);
  for (const each of journal.dropped) log.warn(droppedText(each));
  if (differing > 0)
    log.warn('decisions that would be made otherwise today stay as they were sent', { decisions: differing });
  if (seq > 0) log.info('state recovered', { events: seq, replayed });
}
