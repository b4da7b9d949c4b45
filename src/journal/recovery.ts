import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type EngineHooks, OptimizationEngine } from '../engine/engine.ts';
import type { RecordedEvent } from '../engine/events.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { LETTERS } from './codec/event-line.ts';
import type { JournalLine, LostEvent } from './codec/line.ts';
import { learnPast } from './learn-past.ts';
import { Missing } from './missing.ts';
import { asFarAsReadable, type JournalEnd, readJournal, readWhole } from './reader.ts';
import { segmentsIn } from './segment.ts';
import type { Origin, SavedState } from './state-lines.ts';
import { isBrokenState } from './state-store.ts';

/** What followed from an event follows from it again: lines of it need not be read. */
const EVENTS = Object.values(LETTERS);

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
  /** Of those, decisions that today's rules would have made otherwise: they stay as they were sent. */
  readonly differing: number;
  /** Events that are in no snapshot, and not in the journal either. */
  readonly lost: readonly LostEvent[];
  /** What was wrong with the snapshot, where the whole journal had to stand in for it. */
  readonly rebuilt: EdgekeeperError | null;
}

/** Where a snapshot comes from. */
export interface SavedStates {
  read(): Promise<SavedState | null>;
}

/**
 * The one way to start: the snapshot, if there is one, and the journal's tail on top of it; a snapshot that is broken
 * is made again where the journal has everything. Reads only.
 * Throws `STATE_CORRUPT`, `JOURNAL_CORRUPT` or `JOURNAL_REPLAY_FAILED`, and never guesses.
 * @param brokenDir where a broken journal was set aside: what a snapshot of before has not learned is learned from it, as
 *   far as it goes
 */
export async function recover(
  states: SavedStates,
  journalDir: string,
  hooks: EngineHooks = {},
  brokenDir: string | null = null,
): Promise<Recovered> {
  let saved: SavedState | null;
  let engine: OptimizationEngine;
  try {
    saved = await states.read();
    engine = await restored(saved, hooks);
  } catch (error) {
    return rebuilt(error, journalDir, hooks);
  }
  const recovered = await onTop(engine, saved, journalDir, brokenDir);
  // One that nothing was ever written of is none of before there was a choice.
  return recovered.seq === 0 && saved === null
    ? { ...recovered, engine: new OptimizationEngine({}, hooks) }
    : recovered;
}

async function rebuilt(error: unknown, journalDir: string, hooks: EngineHooks): Promise<Recovered> {
  const [earliest] = await segmentsIn(journalDir);
  if (!isBrokenState(error) || earliest?.first !== 1) throw error;
  const recovered = await onTop(await restored(null, hooks), null, journalDir, null).catch(() => null);
  if (recovered === null || recovered.lost.length > 0) throw error;
  return { ...recovered, rebuilt: error as EdgekeeperError };
}

async function onTop(
  engine: OptimizationEngine,
  saved: SavedState | null,
  journalDir: string,
  brokenDir: string | null,
): Promise<Recovered> {
  if (saved && saved.version < WITH_POSTERIOR) {
    const learned = learnPast(engine, dirname(journalDir), saved.seq, brokenDir ?? journalDir);
    await asFarAsReadable(learned, brokenDir === null ? undefined : () => undefined);
  }
  const after = saved?.seq ?? 0;
  const lost: LostEvent[] = [];
  let [replayed, differing] = [0, 0];
  const journal = await readJournal(
    journalDir,
    after,
    (line) => {
      const { event, seq } = line;
      if (event.type === 'lost') {
        lost.push(event);
        return;
      }
      try {
        if (!engine.apply(inFull(line, event, engine))) differing += 1;
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
    },
    EVENTS,
  );
  return {
    engine,
    origin: saved?.origin ?? null,
    seq: Math.max(after, journal.seq),
    journal,
    replayed,
    differing,
    lost,
    rebuilt: null,
  };
}

/** An engine that goes on from a saved state. A long one is taken piece by piece, between which other things happen. */
async function restored(saved: SavedState | null, hooks: EngineHooks): Promise<OptimizationEngine> {
  // What says on no evidence was written before there was a choice: it ran on guarded evidence.
  const engine = new OptimizationEngine({ evidence: 'guarded', ...saved?.options }, hooks);
  if (saved === null) return engine;
  engine.begin(saved.snapshot);
  for await (const piece of saved.pieces) {
    engine.take(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return engine;
}

/** An event with what its line left to the engine, which knows it just as it was. */
export function inFull(line: JournalLine, event: RecordedEvent, engine: OptimizationEngine): RecordedEvent {
  if (event.type !== 'trade' || !line.remembered || event.input.decision === undefined) return event;
  const decision = engine.getDecision(event.input.decision.id);
  return decision === undefined ? event : { ...event, input: { ...event.input, decision } };
}

/** What can be read of a state that is damaged. */
export interface Salvaged {
  readonly engine: OptimizationEngine;
  readonly origin: Origin;
  /** Last event that the engine knows. */
  readonly seq: number;
  /** What is wrong with the snapshot, and with the journal; null where nothing is. */
  readonly stateFault: EdgekeeperError | null;
  readonly journalFault: EdgekeeperError | null;
  /** Where the journal ends: what is written next follows it. Nothing follows a damaged one. */
  readonly journal: Pick<JournalEnd, 'seq' | 'hash'>;
  /** Events that the journal knows to be without, in words. */
  readonly missing: readonly string[];
}

/**
 * Goes as far as a damaged state can be verified: from its snapshot, or from the first event where that is damaged, up to
 * the damage in the journal. Reads only. Throws `STATE_CORRUPT` where neither the snapshot nor the first event is there.
 */
export async function salvage(
  states: SavedStates,
  journalDir: string,
  hooks: EngineHooks = {},
): Promise<Salvaged> {
  let saved: SavedState | null = null;
  let stateFault: EdgekeeperError | null = null;
  let engine: OptimizationEngine;
  try {
    saved = await states.read();
    engine = await restored(saved, hooks);
  } catch (error) {
    const [earliest] = await segmentsIn(journalDir);
    if (!isBrokenState(error) || earliest?.first !== 1) throw error;
    saved = null;
    stateFault = error as EdgekeeperError;
    engine = await restored(null, hooks);
  }
  let seq = saved?.seq ?? 0;
  const faults: EdgekeeperError[] = [];
  const onFault = (fault: EdgekeeperError) => void faults.push(fault);
  const read = readJournal(
    journalDir,
    seq,
    (line) => {
      if (line.event.type !== 'lost') applyReadable(engine, line, line.event);
      seq = line.seq;
    },
    EVENTS,
  );
  const journal = await asFarAsReadable(read, onFault);
  // What the snapshot has already is in the record all the same.
  const missing = new Missing();
  const end = await asFarAsReadable(
    readWhole(journalDir, (line) => missing.take(line)),
    onFault,
  );
  if (end !== null) missing.end(end);
  return {
    engine,
    origin: saved?.origin ?? 'live',
    seq,
    stateFault,
    journalFault: faults[0] ?? null,
    journal: journal !== null && end !== null ? journal : { seq: 0, hash: '' },
    missing: missing.texts,
  };
}

/** Behind a hole an event may make no sense any more: there ends what can be read. */
export function applyReadable(engine: OptimizationEngine, line: JournalLine, event: RecordedEvent): void {
  try {
    engine.apply(inFull(line, event, engine));
  } catch (cause) {
    throw new EdgekeeperError(
      'JOURNAL_CORRUPT',
      {
        found: `event ${line.seq} (${event.type}) that cannot be applied: ${(cause as Error).message}`,
        expected: 'an event that follows from those before it',
        hint: 'Go on from what is before it with `edgekeeper recover --yes`, or restore a backup.',
      },
      { cause },
    );
  }
}

/** Puts a broken journal aside, so that the snapshot alone is gone on from. Returns where it is now. */
export async function setJournalAside(journalDir: string, now: number): Promise<string> {
  const aside = `${journalDir}-broken-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`;
  await rename(journalDir, aside);
  return aside;
}
