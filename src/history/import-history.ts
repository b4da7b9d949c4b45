import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Options } from '../config/schema.ts';
import { OptimizationEngine } from '../engine/engine.ts';
import { syncDirectory } from '../journal/atomic-file.ts';
import { takeLease } from '../journal/lease.ts';
import { recordEvents } from '../journal/recorder.ts';
import { JOURNAL_DIR, segmentsIn } from '../journal/segment.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { Journal } from '../journal/writer.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { allowOn } from '../node/panic.ts';
import { possibleTrades, tradeInput } from './check-history.ts';
import type { TradeHistory } from './trade-history.ts';

export interface ImportOptions {
  readonly config: Options;
  /** Where the trades come from, for the record. */
  readonly file: string;
  /** Wall clock in ms. */
  readonly now: number;
  readonly stateDir: string;
}

/** What the id of an imported trade begins with, wherever it is shown. */
const IMPORTED = 'imported-';

/**
 * Starts the state of a bot from its past trades: the engine learns from them, and the record says of each, and of all,
 * that they were imported. None of them counts for what the overlay did. Returns how many there are. Throws
 * `STATE_OCCUPIED` where there is a state already.
 */
export async function importHistory(history: TradeHistory, options: ImportOptions): Promise<number> {
  const { config, file, now, stateDir } = options;
  const trades = possibleTrades(history, now);
  const store = new LowdbStateStore(stateDir);
  await store.prepare();
  const directory = join(stateDir, JOURNAL_DIR);
  const lease = await takeLease(stateDir);
  try {
    if ((await store.read()) !== null || (await segmentsIn(directory)).length > 0) {
      throw new EdgekeeperError('STATE_OCCUPIED', {
        found: `a state in ${stateDir}`,
        expected: 'a directory without one: what a bot has learned is not mixed with what is imported',
        hint: 'Name another with --state-dir, and the same for the bot; nothing was changed.',
      });
    }
    // Whatever ends this halfway leaves no state that looks whole.
    const aside = join(stateDir, 'importing');
    await rm(aside, { recursive: true, force: true });
    const written = new LowdbStateStore(aside);
    await written.prepare();
    const engine = new OptimizationEngine(config);
    const journal = new Journal({
      directory: join(aside, JOURNAL_DIR),
      durability: 'interval',
      after: { seq: 0, hash: '' },
      fence: lease,
    });
    recordEvents(engine, journal);
    const start = trades[0]!.entryTime;
    const reason = `${trades.length} trades imported from ${file} (${history.format})`;
    engine.reconfigure(config, {
      time: start,
      actor: 'edgekeeper check --import',
      reason: reason.slice(0, 200),
    });
    const every = engine.config.updateIntervalHours * 3_600_000;
    let updated = -1;
    for (const [i, trade] of trades.entries()) {
      const due = Math.floor(trade.exitTime / every);
      if (due > updated) engine.updateOptimization(trade.exitTime);
      updated = due;
      engine.recordTrade({ ...tradeInput(trade), id: `${IMPORTED}${i + 1}` });
      if (i % 1000 === 0) await journal.flush();
    }
    lease.mustHold();
    await journal.close();
    await written.save(() => ({
      origin: 'live',
      options: engine.options,
      seq: journal.seq,
      walk: engine.walk(),
    }));
    // A journal without its snapshot is made good by the next start.
    await rename(join(aside, JOURNAL_DIR), directory);
    await rename(written.file, store.file);
    await syncDirectory(stateDir);
    await rm(aside, { recursive: true, force: true });
    allowOn(stateDir);
    return trades.length;
  } finally {
    await lease.release();
  }
}
