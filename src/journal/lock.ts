import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { EdgekeeperError } from '../model/errors.ts';

const LOCK = 'lock';
const OWNER = 'owner.json';

interface Owner {
  readonly pid: number;
  readonly since: string;
  /** Tells this process from an earlier one with the same number, as in a container that was started again. */
  readonly token: string;
}

const TOKEN = randomUUID();

/** The process that has a state directory open, or null when none is known to. */
export async function ownerOf(directory: string): Promise<Owner | null> {
  const text = await readFile(join(directory, OWNER), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const owner = JSON.parse(text) as Owner;
    const reborn = owner.pid === process.pid && owner.token !== TOKEN;
    return isAlive(owner.pid) && !reborn ? owner : null;
  } catch {
    // Half an owner file is left by a process that died while it wrote it.
    return null;
  }
}

/** Whether a bot has the state directory open. */
export async function isOpen(directory: string): Promise<boolean> {
  return (
    (await ownerOf(directory)) !== null &&
    (await lockfile.check(directory, options(directory)).catch(() => false))
  );
}

/**
 * Makes this process the only one on a state directory, until the returned function is called. The lock of a
 * process that died is taken over. Throws `STATE_LOCKED` and names the other process.
 */
export async function lockDirectory(
  directory: string,
  onLost: (error: Error) => void,
): Promise<() => Promise<void>> {
  const held = await ownerOf(directory);
  if (held !== null) throw locked(directory, held);
  const take = () => lockfile.lock(directory, { ...options(directory), onCompromised: onLost });
  let release: () => Promise<void>;
  try {
    release = await take();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ELOCKED') throw cause;
    const owner = await ownerOf(directory);
    if (owner !== null) throw locked(directory, owner);
    await rm(join(directory, LOCK), { recursive: true, force: true });
    release = await take();
  }
  const owner: Owner = { pid: process.pid, since: new Date().toISOString(), token: TOKEN };
  await writeFile(join(directory, OWNER), JSON.stringify(owner));
  return async () => {
    // Both are gone already where the directory vanished.
    await release().catch(() => undefined);
    await rm(join(directory, OWNER), { force: true });
  };
}

/** A lock is refreshed every ten seconds; one not refreshed for a minute belongs to nobody. */
const options = (directory: string) => ({
  lockfilePath: join(directory, LOCK),
  stale: 60_000,
  update: 10_000,
  realpath: false,
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function locked(directory: string, { pid, since }: Owner): EdgekeeperError {
  return new EdgekeeperError('STATE_LOCKED', {
    found: `${directory}, in use by process ${pid} since ${since}`,
    expected: 'a state directory of its own for each bot',
    hint: 'Stop the other process, or name another directory with --state-dir.',
  });
}
