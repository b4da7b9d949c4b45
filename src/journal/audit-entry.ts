import type { EffectEvent } from '../engine/events.ts';
import type { JournalLine, LostEvent } from './codec/line.ts';
import type { Dropped } from './course.ts';
import { droppedText, lostText } from './missing.ts';

/** What was changed; `journal` is what the journal has to say of itself. */
export const AUDIT_TYPES = ['weight', 'status', 'command', 'configuration', 'journal'] as const;
export type AuditType = (typeof AUDIT_TYPES)[number];

/** Something that was changed, by the rules or by a person. */
export interface AuditEntry {
  readonly seq: number;
  readonly type: AuditType;
  /** The strategy that it is about; null for more than one, or none. */
  readonly strategy: string | null;
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
      type: 'command',
      strategy: 'strategy' in event.command ? event.command.strategy : null,
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
      type: 'configuration',
      strategy: null,
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
        type: 'status',
        strategy,
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
      type: 'weight',
      strategy,
      time,
      who: 'edgekeeper',
      what,
      before: previousWeight.toFixed(4),
      after: newWeight.toFixed(4),
      why: reason,
    },
  ];
}

/** Takes the changes of weights that one update made for one: there are many, and they say little one by one. */
export function folded(entries: readonly AuditEntry[]): AuditEntry[] {
  const result: AuditEntry[] = [];
  for (let i = 0; i < entries.length; ) {
    const { type, seq } = entries[i]!;
    let end = i + 1;
    while (type === 'weight' && entries[end]?.type === type && entries[end]!.seq === seq) end += 1;
    result.push(end === i + 1 ? entries[i]! : foldedUpdate(entries.slice(i, end)));
    i = end;
  }
  return result;
}

function foldedUpdate(weights: readonly AuditEntry[]): AuditEntry {
  const [first] = weights as [AuditEntry];
  const names = [...new Set(weights.map(({ strategy }) => strategy))];
  const whole = weights.filter(({ what, strategy }) => what === `weight of ${strategy}`);
  if (names.length === 1) {
    const [overall] = whole;
    const { before, after } = overall ?? { before: '', after: `in ${weights.length} places` };
    return { ...first, what: `weights of ${names[0]}`, before, after };
  }
  return {
    ...first,
    strategy: null,
    what: `weights of ${names.length} strategies`,
    before: '',
    after: whole.map(({ strategy, before, after }) => `${strategy} ${before} -> ${after}`).join(', '),
  };
}

/** What the journal has to say of itself. */
const journalEntry = (seq: number, why: string): AuditEntry => ({
  seq,
  type: 'journal',
  strategy: null,
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
