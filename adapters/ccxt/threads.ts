import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { say } from './say.ts';

const SAID = 'edgekeeper: threads have been told of';
const OF_A_PACKAGE = /[\\/]node_modules[\\/]/;

/** Prepares the main thread of a bot, which has the overlay, for the threads that it starts. */
export function ownThreads(): void {
  setEnvironmentData(SAID, new Int32Array(new SharedArrayBuffer(4)));
}

/** Says in the first thread of the bot's own that it is without the overlay; those of packages, as of a log, do not trade. */
export function sayOfThread(program: string): void {
  const said = getEnvironmentData(SAID) as unknown;
  if (!(said instanceof Int32Array) || program === '' || OF_A_PACKAGE.test(program)) return;
  if (Atomics.exchange(said, 0, 1) === 0)
    say('the threads of this bot run without the overlay, which belongs to its main thread.');
}
