import { EdgekeeperError, show } from '../model/errors.ts';
import { REGIMES } from '../model/regime.ts';
import type { z } from '../model/z.ts';

/** Faults that are told at once. */
const SHOWN = 20;
/** Letters of a name that are looked at. */
const LONGEST = 100;

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
    const unknown = issue.keys.map((each) => `unknown option ${[...issue.path, short(each)].join('.')}`);
    return {
      found: first(unknown).join(', '),
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
  return new EdgekeeperError('CONFIG_INVALID', {
    found: first(faults.map(({ found }) => found)).join('; '),
    expected: faults
      .slice(0, SHOWN)
      .map(({ expected }) => expected)
      .join('; '),
    hint: [
      ...new Set(
        faults
          .slice(0, SHOWN)
          .map(({ hint }) => hint)
          .filter(Boolean),
      ),
      faults[0]?.hint ? '' : 'Nothing was changed.',
    ]
      .filter(Boolean)
      .join(' '),
  });
}

/** The known name that a misspelt one most likely means: at most a third of its letters differ. */
function nearest(name: string, known: readonly string[]): string | null {
  const scored = known.map(
    (candidate) => [misspelling(name.toLowerCase(), candidate.toLowerCase()), candidate] as const,
  );
  scored.sort(([a], [b]) => a - b);
  const best = scored[0];
  return best && best[0] <= Math.max(2, name.length / 3) ? best[1] : null;
}

/**
 * How many letters must be put in, left out, replaced or swapped with the next to make one name of another; infinite for
 * names so long that nobody meant the other.
 */
export function misspelling(a: string, b: string): number {
  if (a.length > LONGEST || b.length > LONGEST) return Number.POSITIVE_INFINITY;
  let [before, row]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? before![j - 2]! + 1 : replaced;
      next.push(Math.min(row![j]! + 1, next[j - 1]! + 1, replaced, swapped));
    }
    [before, row] = [row!, next];
  }
  return row![b.length]!;
}

const short = (name: string): string => (name.length > LONGEST ? `${name.slice(0, LONGEST)}...` : name);

/** The first of many, and how many more there are. */
const first = (all: readonly string[]): string[] =>
  all.length > SHOWN ? [...all.slice(0, SHOWN), `and ${all.length - SHOWN} more`] : [...all];
