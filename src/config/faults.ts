import type { z } from 'zod';
import { EdgekeeperError, show } from '../model/errors.ts';
import { REGIMES } from '../model/regime.ts';

/** One thing that is wrong with a configuration. */
export interface Fault {
  readonly found: string;
  readonly expected: string;
  readonly hint: string;
}

/** What is wrong with one option. @param names the options that exist */
export function describeIssue(issue: z.core.$ZodIssue, options: object, names: readonly string[]): Fault {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    const known = issue.path.length === 0 ? names : [...REGIMES];
    const similar = nearest(key!, known);
    return {
      found: issue.keys.map((unknown) => `unknown option ${[...issue.path, unknown].join('.')}`).join(', '),
      expected: similar ? `an option that exists, such as ${similar}` : 'an option that exists',
      hint: similar ? `Did you mean ${similar}?` : 'List the options with `edgekeeper config schema`.',
    };
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
  const isPercentage =
    issue.code === 'too_big' && issue.maximum === 1 && typeof value === 'number' && value <= 100;
  return {
    found: `${path} = ${show(value)}`,
    expected: expectation(issue),
    hint: isPercentage ? `A rate is a fraction: write ${value / 100} for ${value}%.` : '',
  };
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      return `a ${issue.expected}`;
    default:
      return issue.message;
  }
}

/** One error for all faults. */
export function invalidConfig(faults: readonly Fault[]): EdgekeeperError {
  const [first] = faults;
  return new EdgekeeperError('CONFIG_INVALID', {
    found: faults.map(({ found }) => found).join('; '),
    expected: faults.map(({ expected }) => expected).join('; '),
    hint: [
      ...new Set(faults.map(({ hint }) => hint).filter(Boolean)),
      first?.hint ? '' : 'Nothing was changed.',
    ]
      .filter(Boolean)
      .join(' '),
  });
}

/** The known name that a misspelt one most likely means: at most a third of its letters differ. */
function nearest(name: string, known: readonly string[]): string | null {
  const scored = known.map(
    (candidate) => [distance(name.toLowerCase(), candidate.toLowerCase()), candidate] as const,
  );
  scored.sort(([a], [b]) => a - b);
  const best = scored[0];
  return best && best[0] <= Math.max(2, name.length / 3) ? best[1] : null;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
