import { isMainThread } from 'node:worker_threads';

/** Signals that end a process which does not listen to them. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Ending {
  /** Writes what waits, before it returns. Called again where the process lives on after all. Never throws. */
  readonly write: () => void;
  /** Gives free what this process has: nothing comes after it. Never throws. */
  readonly leave: () => void;
}

/** All that is to be done in this process, which has one end: among several listeners each would take the others for the bot's. */
const endings = new Set<Ending>();

/**
 * Has something done before the process ends, whether by itself, by `process.exit`, by an error that nobody caught or by
 * a signal. It ends as it would have: a signal that nobody else listens to is raised again, and one that somebody listens
 * to is left to them. Returns a function that takes it back.
 */
export function beforeEnding(ending: Ending): () => void {
  if (endings.size === 0) {
    process.on('exit', atExit);
    for (const signal of SIGNALS) listen(signal);
  }
  endings.add(ending);
  return () => {
    endings.delete(ending);
    if (endings.size > 0) return;
    process.off('exit', atExit);
    for (const signal of SIGNALS) process.off(signal, atSignal);
  };
}

/** In front: those that listen only once are gone when their turn is over, and must be seen. Threads hear no signals. */
function listen(signal: NodeJS.Signals): void {
  if (isMainThread) process.prependListener(signal, atSignal);
}

function atExit(): void {
  for (const { write, leave } of endings) {
    write();
    leave();
  }
}

function atSignal(signal: NodeJS.Signals): void {
  for (const { write } of endings) write();
  process.off(signal, atSignal);
  // A signal that nobody listens to ends every process but the first of a container, which trades on.
  if (process.listenerCount(signal) === 0 && process.pid !== 1) {
    for (const { leave } of endings) leave();
    process.kill(process.pid, signal);
    return;
  }
  // The other one may be that of another copy of this package, which raises the signal. If not, it may listen only once.
  queueMicrotask(() => {
    if (endings.size > 0) listen(signal);
  });
}
