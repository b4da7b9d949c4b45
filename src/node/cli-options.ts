import { Option } from 'commander';

/** Options that several commands take. */
export interface StateFlags {
  readonly stateDir: string;
  readonly reason: string;
  readonly json?: boolean;
}

export const stateDirOption = () =>
  new Option('--state-dir <dir>', 'where the state lives').default('.edgekeeper');
export const jsonOption = () => new Option('--json', 'print JSON for machines');
