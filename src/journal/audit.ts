import type { PosteriorState } from '../edge/posterior.ts';
import { OptimizationEngine } from '../engine/engine.ts';
import type { EffectEvent } from '../engine/events.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { WeightsByCell } from '../weighting/optimizer.ts';
import type { JournalLine } from './line.ts';
import { readJournal, segmentsIn } from './reader.ts';

/** Something that was changed, by the rules or by a person. */
export interface AuditEntry {
  readonly seq: number;
  readonly time: number;
  readonly who: string;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly why: string;
}

/** Every change in a journal, oldest first; also in what compaction left of one. */
export async function auditEntries(journalDir: string): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  await readWhole(journalDir, (line) => entries.push(...entriesOf(line)));
  return entries;
}

/** Reads all lines that a journal still has. */
export async function readWhole(journalDir: string, onLine: (line: JournalLine) => void): Promise<void> {
  const [first] = await segmentsIn(journalDir);
  await readJournal(journalDir, first ? first.first - 1 : 0, onLine);
}

function entriesOf({ seq, time, event, effects = [] }: JournalLine): AuditEntry[] {
  const entries = effects.flatMap((effect) => effectEntry(seq, effect));
  if (event.type === 'command') {
    const { actor, reason, type, time: _time, id: _id, ...details } = event.command;
    entries.push({
      seq,
      time,
      who: actor,
      what: `command ${type}`,
      before: event.before ? JSON.stringify(event.before) : '',
      after: JSON.stringify(details),
      why: reason,
    });
  }
  if (event.type === 'config') {
    const { actor, reason } = event.authorship;
    entries.push({
      seq,
      time,
      who: actor,
      what: 'configuration',
      before: event.before ? JSON.stringify(event.before) : '',
      after: JSON.stringify(event.options),
      why: reason,
    });
  }
  if (event.type === 'lost') {
    entries.push({
      seq,
      time,
      who: 'edgekeeper',
      what: 'journal',
      before: '',
      after: '',
      why: `events ${event.from} to ${event.to} were not written`,
    });
  }
  return entries;
}

function effectEntry(seq: number, effect: EffectEvent): AuditEntry[] {
  const { time } = effect;
  if (effect.type === 'shadow') return [];
  if (effect.type === 'status') {
    const { strategy, oldStatus, newStatus, actor, reason } = effect.change;
    return [
      {
        seq,
        time,
        who: actor,
        what: `status of ${strategy}`,
        before: oldStatus,
        after: newStatus,
        why: reason,
      },
    ];
  }
  const { strategy, cell, symbol, previousWeight, newWeight, reason } = effect.update;
  const where = cell ?? symbol ?? null;
  const what = where === null ? `weight of ${strategy}` : `weight of ${strategy} in ${where}`;
  return [
    {
      seq,
      time,
      who: 'edgekeeper',
      what,
      before: previousWeight.toFixed(4),
      after: newWeight.toFixed(4),
      why: reason,
    },
  ];
}

/**
 * The weights as they were at a time: today's, with every later change in the journal undone.
 * @param now weights of today, by strategy
 */
export async function weightsAt(
  journalDir: string,
  now: Readonly<Record<string, WeightsByCell>>,
  time: number,
): Promise<Record<string, WeightsByCell>> {
  const later: EffectEvent[] = [];
  await readWhole(journalDir, ({ effects = [] }) =>
    later.push(...effects.filter((effect) => effect.time > time)),
  );
  const weights = structuredClone(now) as Record<string, { weight: number; cells: WeightsByCell['cells'] }>;
  for (const effect of later.reverse()) {
    if (effect.type !== 'weight') continue;
    const { strategy, cell, symbol, previousWeight } = effect.update;
    const known = weights[strategy];
    if (!known || symbol) continue;
    if (cell === null) known.weight = previousWeight;
    else known.cells = { ...known.cells, [cell]: previousWeight };
  }
  return weights;
}

/**
 * The posterior as it was at a time: everything up to then done again. Throws `RECORD_INCOMPLETE`, also for a time that
 * the record does not reach.
 */
export async function posteriorAt(journalDir: string, time: number): Promise<PosteriorState> {
  const engine = new OptimizationEngine({ evidence: 'guarded' });
  let first: number | null = null;
  let [begins, ends] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  await readWhole(journalDir, ({ seq, event }) => {
    first ??= seq;
    if (event.type !== 'lost') [begins, ends] = [Math.min(begins, event.time), Math.max(ends, event.time)];
    if (first === 1 && event.type !== 'lost' && event.time <= time) engine.apply(event);
  });
  if (first !== null && first !== 1) {
    throw new EdgekeeperError('RECORD_INCOMPLETE', {
      found: `a journal that starts at event ${first}: the earlier ones were compacted away`,
      expected: 'the whole journal, to learn again what was known then',
      hint: 'Restore the dropped segments from a backup. Nothing was changed.',
    });
  }
  if (time < begins || time > ends) {
    const day = (ms: number) => new Date(ms).toISOString();
    throw new EdgekeeperError('RECORD_INCOMPLETE', {
      found: `the time ${day(time)}`,
      expected:
        first === null
          ? 'a journal with events in it'
          : `a time from ${day(begins)} to ${day(ends)}, which the journal knows`,
      hint: 'Nothing was changed.',
    });
  }
  return engine.snapshot().edge.posterior;
}
