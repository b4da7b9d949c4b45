import type { EffectEvent } from '../engine/events.ts';
import type { JournalLine } from './codec/line.ts';
import { readWhole } from './reader.ts';

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
