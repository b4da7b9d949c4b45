import { createHash } from 'node:crypto';
import type { EffectEvent, InputEvent } from '../engine/events.ts';
import { completeDecision } from '../model/decision-schema.ts';

/** Events that could not be written while the disk failed: sequence numbers [from, to]. */
export interface LostEvent {
  readonly type: 'lost';
  readonly from: number;
  readonly to: number;
}

/** One line of the journal: an event, what followed from it, and the link to the line before. */
export interface JournalLine {
  readonly seq: number;
  /** Host time of the event, in ms. */
  readonly time: number;
  readonly event: InputEvent | LostEvent;
  readonly effects?: readonly EffectEvent[];
  /** Hash of the line before; empty in the first line. */
  readonly prev: string;
  /** Hash of this line up to here. */
  readonly hash: string;
}

/** The content of a line before it is linked to the one before it. */
export function lineBody(
  seq: number,
  time: number,
  event: InputEvent | LostEvent,
  effects: readonly EffectEvent[],
): string {
  const line = effects.length > 0 ? { seq, time, event, effects } : { seq, time, event };
  return JSON.stringify(line).slice(0, -1);
}

/** 128 bits of SHA-256: enough against accidents, and short. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** Links a body to the line before it. The text has no line break at its end. */
export function linkLine(body: string, prev: string): { readonly text: string; readonly hash: string } {
  const linked = `${body},"prev":"${prev}"`;
  const hash = hashOf(linked);
  return { text: `${linked},"hash":"${hash}"}`, hash };
}

/** A line of an older version as this one would have written it. */
function upToDate(line: JournalLine): JournalLine {
  const { event } = line;
  if (event.type === 'decision' || event.type === 'withdrawal')
    return { ...line, event: { ...event, decision: completeDecision(event.decision) } };
  if (event.type === 'trade' && event.input.decision) {
    const decision = completeDecision(event.input.decision);
    const { outcome } = event;
    // The decision of the position is left out of the line where it is that of the trade.
    const restored = outcome && outcome.decision === undefined ? { outcome: { ...outcome, decision } } : {};
    return { ...line, event: { ...event, input: { ...event.input, decision }, ...restored } };
  }
  return line;
}

/** Reads a line, or says what is wrong with it. It is checked against itself, not against its neighbours. */
export function parseLine(text: string): JournalLine | { readonly fault: string } {
  const at = text.lastIndexOf(',"hash":"');
  if (at < 0) return { fault: 'it has no hash' };
  if (text.slice(at) !== `,"hash":"${hashOf(text.slice(0, at))}"}`)
    return { fault: 'its hash does not fit its content' };
  try {
    return upToDate(JSON.parse(text) as JournalLine);
  } catch (error) {
    return { fault: `it is not JSON: ${(error as Error).message}` };
  }
}
