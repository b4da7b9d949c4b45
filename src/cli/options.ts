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
