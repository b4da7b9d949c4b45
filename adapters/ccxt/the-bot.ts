import { realpathSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { isLauncher } from './launchers.ts';
import { say } from './say.ts';
import { sayOfThread } from './threads.ts';

/** Says to the processes that a bot starts that the overlay is its own already. */
export const OWNER = 'EDGEKEEPER_OWNER';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The program that runs, or nothing where there is none, as with `node -e`. */
export function program(): string {
  try {
    return realpathSync(process.argv[1] ?? '');
  } catch {
    return '';
  }
}

/** Whether this is the bot: not a thread of it, a process that it started, or the program that starts it. */
export function isTheBot(): boolean {
  if (!isMainThread) {
    sayOfThread(program());
    return false;
  }
  const script = program();
  if (isLauncher(script)) return without(script, 'it only starts another program, which gets it');
  const owner = Number(process.env[OWNER]);
  if (!(owner > 0) || owner === process.pid || !isAlive(owner)) return true;
  return without('this process', `it belongs to process ${owner} that started it`);
}

/** Nothing stays without the overlay unheard. */
export function without(what: string, why: string): false {
  say(`${what} runs without the overlay: ${why}.`);
  return false;
}
