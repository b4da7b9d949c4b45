import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OptimizationEngine } from '../engine/engine.ts';
import { missing } from '../journal/directory.ts';
import { recover } from '../journal/recovery.ts';
import { JOURNAL_DIR, segmentsIn } from '../journal/segment.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { killedByEnvironment } from '../node/overlay.ts';
import { isPanicked } from '../node/panic.ts';

/** The engine as the state directory has it: the snapshot and the journal's tail. Throws `STATE_MISSING`. */
export async function savedEngine(stateDir: string): Promise<OptimizationEngine> {
  const panicked = (await isPanicked(stateDir)) ?? false;
  const killed = () => panicked || killedByEnvironment();
  const { engine, seq } = await recover(new LowdbStateStore(stateDir), join(stateDir, JOURNAL_DIR), {
    killed,
  });
  if (seq > 0) return engine;
  throw missing(stateDir);
}

/** Demands that there is something to read in a state directory, without reading it. Throws `STATE_MISSING`. */
export async function demandState(stateDir: string): Promise<void> {
  if (existsSync(new LowdbStateStore(stateDir).file)) return;
  if ((await segmentsIn(join(stateDir, JOURNAL_DIR))).length === 0) throw missing(stateDir);
}
