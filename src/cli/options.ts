import { InvalidArgumentError, Option } from 'commander';
import type { Flag } from '../model/flags.ts';

/** Options that several commands take. */
export interface StateFlags {
  readonly stateDir: string;
  readonly reason: string;
  readonly json?: boolean;
}

/** Names of the switches that `enable` and `disable` take. */
export const SWITCHES: Readonly<Record<string, Flag>> = {
  quality: 'qualityFiltering',
  weighting: 'adaptiveWeighting',
  retirement: 'retirementManagement',
  all: 'enabled',
};

export const stateDirOption = () =>
  new Option('--state-dir <dir>', 'where the state lives').default('.edgekeeper');
export const jsonOption = () => new Option('--json', 'print JSON for machines');

/** A day or a time in UTC, as ms since the epoch. */
export function moment(text: string): number {
  const value = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z?)?$/.test(text)
    ? Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text.endsWith('Z') ? text : `${text}Z`)
    : Number.NaN;
  if (Number.isNaN(value))
    throw new InvalidArgumentError('Write a day such as 2024-01-31, or a time such as 2024-01-31T12:00:00Z.');
  return value;
}

export function choice<T extends string>(values: readonly T[]) {
  return (text: string): T => {
    const match = values.find((value) => value.toLowerCase() === text.toLowerCase());
    if (match === undefined) throw new InvalidArgumentError(`Choose one of ${values.join(', ')}.`);
    return match;
  };
}

/** Hours of a duration such as 24h, 90m or 7d. */
export function hours(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(m|h|d)$/.exec(text);
  if (!match || Number(match[1]) === 0)
    throw new InvalidArgumentError('Write a duration such as 90m, 24h or 7d.');
  return Number(match[1]) * { m: 1 / 60, h: 1, d: 24 }[match[2] as 'm' | 'h' | 'd'];
}

export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('Write a port such as 8787, or 0 for any that is free.');
  return Number(text);
}
