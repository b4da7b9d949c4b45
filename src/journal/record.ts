import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectLedger, type LedgerEvent } from '../effect/ledger.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { z } from '../model/z.ts';
import { EFFECT_LETTERS, LETTERS } from './codec/event-line.ts';
import type { JournalLine } from './codec/line.ts';
import { jsonOrNull } from './json-or-null.ts';
import { asFarAsReadable, type OnFault, type Progress, readWhole } from './reader.ts';
import { JOURNAL_DIR } from './segment.ts';

/** Lines that say what something came to. */
const LINES = [LETTERS.trade, LETTERS.equity, EFFECT_LETTERS.shadow];

/** Outcomes of events that compaction dropped: JSON lines in the state directory. */
const KEPT_FILE = 'outcomes.jsonl';

const keptSchema = z.looseObject({ seq: z.number().int(), type: z.enum(['trade', 'shadow', 'equity']) });

/**
 * Every outcome that the record of a state directory knows, in the order in which it became known.
 * @param onFault told of damage, before which the ledger then ends; without it `JOURNAL_CORRUPT` is thrown
 */
export async function readLedger(
  stateDir: string,
  onProgress?: Progress,
  onFault?: OnFault,
): Promise<EffectLedger> {
  const ledger = new EffectLedger();
  const kept = await keptOutcomes(stateDir);
  for (const event of kept) ledger.observe(event);
  await asFarAsReadable(
    eachOutcome(stateDir, kept.at(-1)?.seq ?? 0, (event) => ledger.observe(event), onProgress),
    onFault,
  );
  return ledger;
}

/** Writes down the outcomes in the events before a sequence number, before those are dropped. */
export async function keepOutcomes(stateDir: string, before: number): Promise<void> {
  const kept = await keptOutcomes(stateDir);
  const lines: string[] = [];
  await eachOutcome(stateDir, kept.at(-1)?.seq ?? 0, (event) => {
    if (event.seq < before) lines.push(`${JSON.stringify(event)}\n`);
  });
  const file = await open(join(stateDir, KEPT_FILE), 'a');
  await file.writeFile(lines.join(''));
  await file.sync();
  await file.close();
}

export type Outcome = LedgerEvent & { readonly seq: number };

/** The outcomes of events that were dropped. Throws `STATE_CORRUPT`. */
export async function keptOutcomes(stateDir: string): Promise<Outcome[]> {
  const file = join(stateDir, KEPT_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .filter(Boolean)
    .map((line, i) => {
      const parsed = keptSchema.safeParse(jsonOrNull(line));
      if (parsed.success) return parsed.data as unknown as Outcome;
      throw new EdgekeeperError('STATE_CORRUPT', {
        found: `${file}:${i + 1} that is not an outcome`,
        expected: 'the file as Edgekeeper wrote it',
        hint: 'Restore it from a backup; without it the overlay statement starts anew.',
      });
    });
}

async function eachOutcome(
  stateDir: string,
  after: number,
  take: (event: Outcome) => void,
  onProgress?: Progress,
): Promise<void> {
  const onLine = ({ seq, event, effects = [] }: JournalLine) => {
    if (seq <= after) return;
    for (const effect of effects)
      if (effect.type === 'shadow') take({ seq, type: 'shadow', outcome: effect.outcome });
    if (event.type === 'equity' && event.report.deposit) take({ seq, type: 'equity', report: event.report });
    if (event.type !== 'trade' || event.outcome === null) return;
    const { trade, outcome, input } = event;
    const decided = input.decision ? { decision: input.decision } : {};
    take({ seq, type: 'trade', trade, input: decided, ...(outcome === undefined ? {} : { outcome }) });
  };
  await readWhole(join(stateDir, JOURNAL_DIR), onLine, onProgress, LINES);
}
