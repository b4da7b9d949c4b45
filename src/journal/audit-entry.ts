import type { EffectEvent } from '../engine/events.ts';
import type { JournalLine, LostEvent } from './codec/line.ts';
import type { Dropped } from './course.ts';
import { droppedText, lostText } from './missing.ts';

/** Something that was changed, by the rules or by a person. */
export interface AuditEntry {
  readonly seq: number;
  /** Host time in ms; 0 for what no event tells the time of. */
  readonly time: number;
  readonly who: string;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly why: string;
}

/** What an event, and what followed from it, changed. */
export function auditEntriesOf({ seq, time, event, effects = [] }: JournalLine): AuditEntry[] {
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
  if (event.type === 'lost') entries.push(entryOfLost(event));
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

/** What the journal has to say of itself. */
const journalEntry = (seq: number, why: string): AuditEntry => ({
  seq,
  time: 0,
  who: 'edgekeeper',
  what: 'journal',
  before: '',
  after: '',
  why,
});

export const entryOfLost = (lost: Pick<LostEvent, 'from' | 'to'>): AuditEntry =>
  journalEntry(lost.to, lostText(lost));

export const entryOfDropped = (dropped: Dropped): AuditEntry =>
  journalEntry(dropped.from, droppedText(dropped));
