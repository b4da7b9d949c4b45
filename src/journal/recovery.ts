import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type EngineHooks, OptimizationEngine } from '../engine/engine.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { LostEvent } from './line.ts';
import { type JournalEnd, readJournal } from './reader.ts';
import { learnPast } from './record.ts';
import type { LowdbStateStore, Origin } from './state-store.ts';

/** First version of a snapshot that holds what the posterior learned. */
const WITH_POSTERIOR = 5;

/** An engine as it was when the last process ended, and what the way back was like. */
export interface Recovered {
  readonly engine: OptimizationEngine;
  /** What made the state; null for a fresh one. */
  readonly origin: Origin | null;
  /** Last event that the state contains, and the end of the journal that is on disk. */
  readonly seq: number;
  readonly journal: JournalEnd;
  /** Events replayed on top of the snapshot. */
  readonly replayed: number;
  /** Events that were never written and are in no snapshot. */
  readonly lost: readonly LostEvent[];
}

/**
 * The one way to start: the snapshot, if there is one, and the journal's tail on top of it. Reads only.
 * Throws `STATE_CORRUPT`, `JOURNAL_CORRUPT` or `JOURNAL_REPLAY_FAILED`, and never guesses.
 * @param brokenDir where a broken journal was set aside: what a snapshot of before has not learned is learned from it, as
 *   far as it goes
 */
export async function recover(
  store: LowdbStateStore,
  journalDir: string,
  hooks: EngineHooks = {},
  brokenDir: string | null = null,
): Promise<Recovered> {
  const saved = await store.read();
  // What says on no evidence was written before there was a choice: it ran on guarded evidence.
  const engine = new OptimizationEngine({ evidence: 'guarded', ...saved?.options }, hooks);
  if (saved) engine.restore(saved.snapshot);
  if (saved && (saved.version ?? 0) < WITH_POSTERIOR) {
    const learned = learnPast(engine, dirname(journalDir), saved.seq, brokenDir ?? journalDir);
    await (brokenDir === null ? learned : learned.catch(untilBroken));
  }
  const after = saved?.seq ?? 0;
  const lost: LostEvent[] = [];
  let replayed = 0;
  const journal = await readJournal(journalDir, after, ({ seq, event }) => {
    if (event.type === 'lost') {
      lost.push({ ...event, from: Math.max(event.from, after + 1) });
      return;
    }
    try {
      engine.apply(event);
      replayed += 1;
    } catch (cause) {
      throw new EdgekeeperError(
        'JOURNAL_REPLAY_FAILED',
        {
          found: `event ${seq} (${event.type}) that cannot be applied: ${(cause as Error).message}`,
          expected: 'an event as this version of Edgekeeper makes them',
          hint: 'Start with the version that wrote it, or with --recover-from-snapshot.',
        },
        { cause },
      );
    }
  });
  return {
    // One that nothing was ever written of is none of before there was a choice.
    engine: saved === null && journal.seq === 0 ? new OptimizationEngine({}, hooks) : engine,
    origin: saved?.origin ?? null,
    seq: Math.max(after, journal.seq),
    journal,
    replayed,
    lost,
  };
}

function untilBroken(error: unknown): void {
  if (!(error instanceof EdgekeeperError && error.code === 'JOURNAL_CORRUPT')) throw error;
}

/** Repairs the end of a journal, so that it can be appended to: cuts off half a line, or ends a whole one. */
export async function mendTail(
  { torn, unfinished }: JournalEnd,
  journalDir: string,
  lastSegment: string | null,
): Promise<void> {
  if (torn) {
    const file = await open(torn.path, 'r+');
    await file.truncate(torn.keep);
    await file.sync();
    await file.close();
  } else if (unfinished && lastSegment !== null) {
    const file = await open(join(journalDir, lastSegment), 'a');
    await file.writeFile('\n');
    await file.sync();
    await file.close();
  }
}

/** Puts a broken journal aside, so that the snapshot alone is gone on from. Returns where it is now. */
export async function setJournalAside(journalDir: string, now: number): Promise<string> {
  const aside = `${journalDir}-broken-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`;
  await rename(journalDir, aside);
  return aside;
}
