import type { EffectEvent, InputEvent, RecordedEvent } from '../../engine/events.ts';
import { encodeEffects } from './effect-line.ts';
import { encodeEvent } from './event-line.ts';
import type { NameTable } from './names.ts';

/** Events that are not in the journal, and that nothing can bring back: sequence numbers [from, to]. */
export interface LostEvent {
  readonly type: 'lost';
  readonly from: number;
  readonly to: number;
}

/** An event of the journal, and what followed from it. */
export interface JournalLine {
  readonly seq: number;
  /** Host time of the event, in ms; 0 for events that are lost. */
  readonly time: number;
  readonly event: RecordedEvent | LostEvent;
  readonly effects?: readonly EffectEvent[];
  /** True for a trade whose decision the engine knows at that event: only there it is exact. */
  readonly remembered?: boolean;
}

export const VERSION = 2;

/** The lines of an event, before they are sealed: those of what followed from it, and its own. */
export function linesOf(
  event: InputEvent,
  effects: readonly EffectEvent[],
  remembered: boolean,
  names: NameTable,
): string[] {
  const own = JSON.stringify(encodeEvent(event, remembered, names));
  if (effects.length === 0) return [own];
  const before: unknown[][] = [];
  encodeEffects(before, effects, names);
  return [...before.map((values) => JSON.stringify(values)), own];
}

/** First line of a segment: whose it is, its first event, and the hash of what it follows. */
export interface Header {
  readonly epoch: number;
  readonly first: number;
  readonly follows: string;
}

export const headerLine = ({ epoch, first, follows }: Header): string =>
  JSON.stringify(['h', VERSION, epoch, first, follows]);

/** Names that the lines below use, by their places from one on. */
export const namesLine = (place: number, names: readonly string[]): string =>
  JSON.stringify(['n', place, names]);

export const lostLine = ({ from, to }: LostEvent): string => JSON.stringify(['l', from, to]);

/** Last line of a batch: its last event, the last that was known to be durable when it was written, and the hash. */
export interface BatchEnd {
  readonly seq: number;
  readonly durable: number;
  readonly hash: string;
}

export const batchLine = ({ seq, durable, hash }: BatchEnd): string =>
  JSON.stringify(['b', seq, durable, hash]);
