import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Options } from '../config.ts';
import { EdgekeeperError } from '../errors.ts';

const FILE = 'policy-trials.json';

const trialsSchema = z.record(z.string(), z.object({ sharpe: z.number().nullable() }));
/** Configurations that were compared on one record, by what identifies them, with their Sharpe ratios. */
export type Trials = z.infer<typeof trialsSchema>;

/** What makes two configurations one: every option, in any order. */
export const trialKey = (config: Options): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(config)))
    .digest('hex')
    .slice(0, 16);

/** Remembers that configurations were tried on the record of a state directory; returns all that were. Throws `STATE_CORRUPT`. */
export async function rememberTrials(stateDir: string, tried: Trials): Promise<Trials> {
  const file = join(stateDir, FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  const known = trialsSchema.safeParse(parse(text));
  if (!known.success) {
    throw new EdgekeeperError('STATE_CORRUPT', {
      found: `${file} that does not list configurations`,
      expected: 'the file as Edgekeeper wrote it',
      hint: 'Remove it to count the configurations afresh; nothing else depends on it.',
    });
  }
  const trials = { ...known.data, ...tried };
  await writeFile(file, `${JSON.stringify(trials, null, 2)}\n`);
  return trials;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is no list of trials either: the caller says so.
    return null;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
