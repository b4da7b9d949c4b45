import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Options } from '../config/schema.ts';
import { OptimizationEngine } from '../engine/engine.ts';
import { takeLease } from '../journal/lease.ts';
import { recordEvents } from '../journal/recorder.ts';
import { JOURNAL_DIR, segmentsIn } from '../journal/segment.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { Journal } from '../journal/writer.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Log } from '../model/ports.ts';
import { logEngine } from './log.ts';
import { allowOn } from './panic.ts';

export interface ReplayStateOptions {
  readonly stateDir: string;
  readonly config: Options;
  /** Switches the overlay off, as the environment says. */
  readonly isKilled: boolean;
  /** Without, the directory is cleared and stays empty. */
  readonly overlay: boolean;
  readonly log: Log;
}

/** The state of a replay, which starts afresh each time. */
export interface ReplayState {
  /** Null for a run without the overlay. */
  readonly engine: OptimizationEngine | null;
  /** Writes what waits: a replay leaves the machine no idle moment in which the journal could do so by itself. */
  flush(): Promise<void>;
  /** Saves what was learned, for whoever looks at it afterwards. */
  save(): Promise<void>;
  /** Gives the directory free. */
  release(): Promise<void>;
}

/** Clears a state directory for a replay. Throws `STATE_OCCUPIED` for one that a live run has written. */
export async function openReplayState(options: ReplayStateOptions): Promise<ReplayState> {
  const { stateDir, config, isKilled, log } = options;
  const engine = options.overlay ? new OptimizationEngine(config, { killed: () => isKilled }) : null;
  const store = new LowdbStateStore(stateDir);
  const journalDir = join(stateDir, JOURNAL_DIR);
  const lease = await takeLease(stateDir, {
    onWait: (holder) => log.warn(`${stateDir} is ${holder}: waiting for it`),
    onLost: (error) => log.error(error.message),
  });
  try {
    const saved = await store.read();
    if (saved?.origin === 'live' || (saved === null && (await segmentsIn(journalDir)).length > 0)) {
      throw new EdgekeeperError('STATE_OCCUPIED', {
        found: `the state of a live run in ${stateDir}`,
        expected: 'a directory of its own for a replay',
        hint: 'Name another with --state-dir; nothing was changed.',
      });
    }
    await rm(store.file, { force: true });
    await rm(journalDir, { recursive: true, force: true });
    allowOn(stateDir);
  } catch (error) {
    await lease.release();
    throw error;
  }
  const journal = engine
    ? new Journal({ directory: journalDir, durability: 'os', after: { seq: 0, hash: '' }, fence: lease })
    : null;
  if (engine && journal) {
    logEngine(engine, log);
    recordEvents(engine, journal);
    engine.reconfigure(config, { time: 0, actor: 'edgekeeper paper', reason: 'a replay starts afresh' });
    // However it ends, the next one knows that a replay may be cleared.
    const start = { origin: 'replay', options: engine.options, seq: journal.seq } as const;
    await store.save(() => ({ ...start, walk: engine.walk() }));
  }
  return {
    engine,
    flush: async () => journal?.flush(),
    async save() {
      lease.mustHold();
      await journal?.close();
      if (engine && journal)
        await store.save(() => ({
          origin: 'replay',
          options: engine.options,
          seq: journal.seq,
          walk: engine.walk(),
        }));
    },
    release: () => lease.release(),
  };
}
