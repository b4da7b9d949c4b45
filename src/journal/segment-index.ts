import { open, readFile } from 'node:fs/promises';
import { z } from '../model/z.ts';
import { writeAtomically } from './atomic-file.ts';
import { auditEntriesOf } from './audit-entry.ts';
import { sealed, sealedEnd } from './codec/checksum.ts';
import { Course, type Leg } from './course.ts';
import { jsonOrNull } from './json-or-null.ts';
import { readLegs } from './reader.ts';

const rangeSchema = z.tuple([z.number(), z.number()]).nullable();

const indexSchema = z.object({
  /** Bytes of the segment, and the last of them: its last line has the hash of what stands before. */
  bytes: z.number().int().min(0),
  tail: z.string(),
  /** First and last event, and the earliest and the latest time of one. */
  events: rangeSchema,
  times: rangeSchema,
  /** Numbers of the decisions that were made, and of those of which something became. */
  decided: rangeSchema,
  followed: rangeSchema,
  /** Strategies with a decision. */
  strategies: z.array(z.string()),
  /** Entries for the audit, and ranges of events that are dropped. */
  audited: z.number().int().min(0),
  dropped: z.number().int().min(0),
});
/** What a finished segment holds, for those who look for something in it. */
export type SegmentIndex = z.infer<typeof indexSchema>;

type Range = [number, number] | null;

/** The last bytes of a segment that its index remembers. */
const TAIL = 64;

export const indexPath = (segment: string): string => segment.replace(/\.jsonl$/, '.idx');

/**
 * What a segment holds: from the file beside it, where that fits, or from the segment itself, which then gets such a
 * file. Whoever cannot write one does without. Throws `JOURNAL_CORRUPT`.
 */
export async function indexOf(leg: Leg): Promise<SegmentIndex> {
  const { path, bytes } = leg.segment;
  const known = indexSchema.safeParse(await readSealed(indexPath(path)));
  const tail = await tailOf(path, bytes);
  if (known.success && known.data.bytes === bytes && known.data.tail === tail) {
    const [, last] = known.data.events ?? [0, 0];
    // A newer process may have taken over since.
    if (last < leg.until) return known.data;
  }
  const made = { bytes, tail, ...(await contentOf(leg)) };
  // A segment that is still written to is another one soon.
  if (!leg.isLast)
    await writeAtomically(indexPath(path), sealed(JSON.stringify(made))).catch(() => undefined);
  return made;
}

/** Null where there is none, or where the disk has changed it: a wrong range would hide what is there. */
async function readSealed(path: string): Promise<unknown> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const end = sealedEnd(bytes, 0, bytes.length - 1);
  return end < 0 ? null : jsonOrNull(bytes.toString('utf8', 0, end));
}

async function tailOf(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const length = Math.min(TAIL, bytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, bytes - length);
    return buffer.toString('latin1');
  } finally {
    await file.close();
  }
}

async function contentOf(leg: Leg): Promise<Omit<SegmentIndex, 'bytes' | 'tail'>> {
  let [events, times, decided, followed]: Range[] = [null, null, null, null];
  const strategies = new Set<string>();
  let audited = 0;
  const course = new Course(leg.segment.first - 1, (line) => {
    const { seq, event, effects = [] } = line;
    events = widened(events ?? null, seq);
    audited += auditEntriesOf(line).length;
    if (event.type === 'lost') return;
    times = widened(times ?? null, event.time);
    if (event.type === 'decision') {
      decided = widened(decided ?? null, decisionNumber(event.decision.id));
      strategies.add(event.decision.strategy);
    }
    if (event.type === 'withdrawal') followed = widened(followed ?? null, decisionNumber(event.decision.id));
    if (event.type === 'trade' && event.trade.decisionId !== null)
      followed = widened(followed ?? null, decisionNumber(event.trade.decisionId));
    for (const effect of effects)
      if (effect.type === 'shadow')
        followed = widened(followed ?? null, decisionNumber(effect.outcome.decision.id));
  });
  await readLegs([leg], course);
  return {
    events: events ?? null,
    times: times ?? null,
    decided: decided ?? null,
    followed: followed ?? null,
    strategies: [...strategies],
    audited,
    dropped: course.dropped.length,
  };
}

/** The number of a decision; -1 for a name that no engine gives: those are all in one place. */
export const decisionNumber = (id: string): number => (/^d\d{1,15}$/.test(id) ? Number(id.slice(1)) : -1);

const widened = (range: Range, value: number): Range =>
  range === null ? [value, value] : [Math.min(range[0], value), Math.max(range[1], value)];

export const covers = (range: Range, value: number): boolean =>
  range !== null && range[0] <= value && value <= range[1];
