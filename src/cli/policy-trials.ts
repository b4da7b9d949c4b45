import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Options, parseConfig } from '../config/schema.ts';
import { jsonOrNull } from '../journal/json-or-null.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { z } from '../model/z.ts';

const FILE = 'policy-trials.json';

const trialsSchema = z.record(z.string(), z.object({ sharpe: z.number().nullable() }));
/** Configurations that were compared on one record, by what identifies them, with their Sharpe ratios. */
export type Trials = z.infer<typeof trialsSchema>;

/** What makes two configurations one: what every option is in the end. */
export const trialKey = (options: Options): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(parseConfig(options))))
    .digest('hex')
    .slice(0, 16);

/**
 * Remembers that configurations were tried on the record of a state directory; returns all that were. Throws
 * `STATE_CORRUPT`, or `STATE_UNWRITABLE`.
 */
export async function rememberTrials(stateDir: string, tried: Trials): Promise<Trials> {
  const file = join(stateDir, FILE);
  try {
    return await remember(file, tried);
  } catch (cause) {
    if (cause instanceof EdgekeeperError) throw cause;
    throw new EdgekeeperError(
      'STATE_UNWRITABLE',
      {
        found: `${file}: ${(cause as Error).message}`,
        expected: 'a file that can be read and written: it counts the configurations tried',
        hint: 'Give write access to the state directory, or copy it and name the copy with --state-dir.',
      },
      { cause },
    );
  }
}

async function remember(file: string, tried: Trials): Promise<Trials> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  const known = trialsSchema.safeParse(jsonOrNull(text));
  if (!known.success) {
    throw new EdgekeeperError('STATE_CORRUPT', {
      found: `${file} that does not list configurations`,
      expected: 'the file as Edgekeeper wrote it',
      hint: 'Remove it to count the configurations afresh; nothing else depends on it.',
    });
  }
  const trials = { ...known.data, ...tried };
  // Whoever reads meanwhile sees the old list or the new one.
  const next = `${file}.${process.pid}.new`;
  await writeFile(next, `${JSON.stringify(trials, null, 2)}\n`);
  await rename(next, file);
  return trials;
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
