import { type AuditEntry, auditEntriesOf, entryOfDropped, entryOfLost, folded } from './audit-entry.ts';
import { EFFECT_LETTERS, LETTERS } from './codec/event-line.ts';
import { Course, type Leg, legsOf } from './course.ts';
import { asFarAsReadable, type OnFault, readLegs } from './reader.ts';
import { segmentsIn } from './segment.ts';
import { indexOf } from './segment-index.ts';

/** The latest changes in a journal. */
export interface Audit {
  /** Oldest first. */
  readonly entries: readonly AuditEntry[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

/** Which changes are wanted. */
export interface AuditWanted {
  /** The latest only; default all. */
  readonly limit?: number;
  readonly fits?: (entry: AuditEntry) => boolean;
  /** Whether the changes of weights that one update made count as one; default false. */
  readonly folds?: boolean;
  /** Told of damage; what can be read of the journal is looked through. Without it `JOURNAL_CORRUPT` is thrown. */
  readonly onFault?: OnFault;
}

/** Lines that may have something for the audit. */
const LINES = [LETTERS.command, LETTERS.config, EFFECT_LETTERS.weight, EFFECT_LETTERS.status];

/**
 * The latest changes in a journal, also in what compaction left of one. It is read from its end, and no further back
 * than need be.
 */
export async function auditEntries(
  journalDir: string,
  { limit = Number.POSITIVE_INFINITY, fits = () => true, folds = false, onFault }: AuditWanted = {},
): Promise<Audit> {
  const wanted = (found: readonly AuditEntry[]) => (folds ? folded(found.filter(fits)) : found.filter(fits));
  const legs = legsOf(await segmentsIn(journalDir));
  let entries: AuditEntry[] = [];
  /** First event of the segment that was read last. */
  let next: number | null = null;
  for (let i = legs.length - 1; i >= 0 && entries.length <= limit; i -= 1) {
    const leg = legs[i]!;
    const { found, last } = await entriesIn(leg, onFault);
    // What is missed between two segments neither of them tells.
    if (next !== null && last !== null && last + 1 < next)
      found.push(entryOfLost({ from: last + 1, to: next - 1 }));
    entries = [...wanted(found), ...entries];
    if (last !== null) next = leg.segment.first;
  }
  const latest = limit > 0 && entries.length > limit ? entries.slice(-limit) : entries;
  return { entries: latest, hasMore: latest.length < entries.length };
}

/** Entries of one segment, and its last event; null where a newer process has the place of all of them. */
async function entriesIn(
  leg: Leg,
  onFault?: OnFault,
): Promise<{ readonly found: AuditEntry[]; readonly last: number | null }> {
  // Of damage the segment itself tells.
  const index = leg.isLast ? null : await asFarAsReadable(indexOf(leg), onFault && (() => undefined));
  if (index?.audited === 0 && index.dropped === 0) return { found: [], last: index.events?.[1] ?? null };
  const found: AuditEntry[] = [];
  const course = new Course(leg.segment.first - 1, (line) => found.push(...auditEntriesOf(line)), LINES);
  await asFarAsReadable(readLegs([leg], course), onFault);
  found.push(...course.dropped.map(entryOfDropped));
  return { found, last: leg.segment.first < leg.until ? course.seq : null };
}
