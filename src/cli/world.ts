import type { Clock } from '../model/ports.ts';
import { wallClock } from '../node/clock.ts';
import type { LogOptions } from '../node/log.ts';

/** What the command line needs from the world; tests bring their own. */
export interface CliWorld {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly clock: Clock;
  /** Ends a live run; Ctrl-C aborts it. */
  readonly signal: AbortSignal;
  readonly terminal: NodeJS.WriteStream;
  /** Least severe log line shown; by default everything in a live run and errors in a replay. */
  readonly logLevel?: LogOptions['terminal'];
  readonly exchangeOptions?: Record<string, unknown>;
}

/** The command line of this process. */
export function processWorld(signal: AbortSignal): CliWorld {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    clock: wallClock,
    signal,
    terminal: process.stderr,
  };
}
