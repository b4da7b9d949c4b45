import type { Clock } from '../model/ports.ts';
import { wallClock } from '../node/clock.ts';
import type { LogOptions } from '../node/log.ts';
import { coloured } from './render/colour.ts';

/** What the command line needs from the world; tests bring their own. */
export interface CliWorld {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly clock: Clock;
  /** Ends a live run; Ctrl-C aborts it. */
  readonly signal: AbortSignal;
  readonly terminal: NodeJS.WriteStream;
  /** Clears the screen; absent where there is none. */
  readonly clear?: () => void;
  /** Least severe log line shown; by default everything in a live run and errors in a replay. */
  readonly logLevel?: LogOptions['terminal'];
  readonly exchangeOptions?: Record<string, unknown>;
}

/** Writes to a stream, in colours where it is a terminal that has them; NO_COLOR, FORCE_COLOR and TERM have their say. */
const writer =
  (stream: NodeJS.WriteStream, isForPeople: boolean) =>
  (text: string): void =>
    void stream.write(isForPeople && stream.isTTY && stream.hasColors() ? coloured(text) : text);

/** The command line of this process. */
export function processWorld(signal: AbortSignal, isForPeople: boolean): CliWorld {
  return {
    out: writer(process.stdout, isForPeople),
    err: writer(process.stderr, isForPeople),
    clock: wallClock,
    signal,
    terminal: process.stderr,
    // To the upper left, and nothing below it.
    ...(process.stdout.isTTY ? { clear: () => void process.stdout.write('\u001b[H\u001b[2J') } : {}),
  };
}
