import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OptimizationEngine } from '../engine/engine.ts';
import { missing } from '../journal/directory.ts';
import type { OnFault } from '../journal/reader.ts';
import { recover, salvage } from '../journal/recovery.ts';
import { JOURNAL_DIR, segmentsIn } from '../journal/segment.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { killedByEnvironment } from '../node/overlay.ts';
import { isPanicked } from '../node/panic.ts';
import type { CliWorld } from './world.ts';

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

/**
 * The same for those who only look: of a damaged state what can be read of it, with a word of that. Throws `STATE_MISSING`.
 */
export async function readableEngine(stateDir: string, { err }: CliWorld): Promise<OptimizationEngine> {
  try {
    return await savedEngine(stateDir);
  } catch (error) {
    if (!(error instanceof EdgekeeperError && /^(STATE|JOURNAL)_CORRUPT$/.test(error.code))) throw error;
    const { engine, seq } = await salvage(new LowdbStateStore(stateDir), join(stateDir, JOURNAL_DIR));
    if (seq === 0) throw error;
    err(`${error.code}: ${error.found}. What is shown ends at event ${seq}: see \`edgekeeper recover\`.\n`);
    return engine;
  }
}

/** Says once of each damage that what follows it is not shown. */
export function tellingDamage({ err }: CliWorld): OnFault {
  const told = new Set<string>();
  return ({ code, found }) => {
    if (told.has(found)) return;
    told.add(found);
    err(`${code}: ${found}. What is shown is what can be read beside it: see \`edgekeeper recover\`.\n`);
  };
}

/** Demands that there is something to read in a state directory, without reading it. Throws `STATE_MISSING`. */
export async function demandState(stateDir: string): Promise<void> {
  if (existsSync(new LowdbStateStore(stateDir).file)) return;
  if ((await segmentsIn(join(stateDir, JOURNAL_DIR))).length === 0) throw missing(stateDir);
}
