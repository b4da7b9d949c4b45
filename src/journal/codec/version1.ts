import { createHash } from 'node:crypto';
import { completeDecision } from '../../model/decision-schema.ts';
import type { JournalLine } from './line.ts';

/** A line of version 1: a JSON object that is linked to the one before it. */
export interface LinkedLine {
  readonly line: JournalLine;
  /** Hash of the line before; empty in the first line. */
  readonly prev: string;
  /** Hash of this line up to here. */
  readonly hash: string;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** Reads a line, or says what is wrong with it. It is checked against itself, not against its neighbours. */
export function parseLinked(text: string): LinkedLine | { readonly fault: string } {
  const at = text.lastIndexOf(',"hash":"');
  if (at < 0) return { fault: 'it has no hash' };
  if (text.slice(at) !== `,"hash":"${hashOf(text.slice(0, at))}"}`)
    return { fault: 'its hash does not fit its content' };
  try {
    const { prev, hash, ...line } = JSON.parse(text);
    return { line: upToDate(line), prev, hash };
  } catch (error) {
    return { fault: `it is not JSON: ${(error as Error).message}` };
  }
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
