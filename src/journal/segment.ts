import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from './directory.ts';

/** Folder of the journal in a state directory. */
export const JOURNAL_DIR = 'journal';

/** A file of the journal. */
export interface Segment {
  readonly path: string;
  /** The process that wrote it: each has a higher one than those before. 0 for version 1, which knew none. */
  readonly epoch: number;
  /** Sequence number of its first event. */
  readonly first: number;
  readonly bytes: number;
}

/** Names of segments, by their first event and their epoch; what is called otherwise is somebody else's. */
const NAME = /^journal-(\d{12,16})(?:-(\d{1,16}))?\.jsonl$/;

export const segmentName = (first: number, epoch: number): string =>
  `journal-${String(first).padStart(12, '0')}-${epoch}.jsonl`;

/** What the name of a segment says; null for a file that is none. */
export function segmentNamed(name: string): { readonly first: number; readonly epoch: number } | null {
  const match = NAME.exec(name);
  return match && { first: Number(match[1]), epoch: Number(match[2] ?? 0) };
}

/** The segments of a journal, in order of their epochs and events; none where there is no journal. */
export async function segmentsIn(directory: string): Promise<Segment[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw unreadable(directory, error);
  });
  const segments: Segment[] = [];
  for (const name of names) {
    const named = segmentNamed(name);
    if (named === null) continue;
    const path = join(directory, name);
    const known = await stat(path);
    if (known.isFile()) segments.push({ path, ...named, bytes: known.size });
  }
  return segments.sort((a, b) => a.epoch - b.epoch || a.first - b.first);
}
