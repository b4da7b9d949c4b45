import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Options } from '../config/schema.ts';
import type { Command } from '../engine/events.ts';
import type { Authorship } from '../model/authorship.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { Clock } from '../model/ports.ts';

const INBOX = 'inbox';
const COMMAND = '.json';
/** Names of commands; another name can be answered by no file of its own. */
const ID = /^[\w-]{1,100}$/;
/** Largest command, in bytes: one that puts back all that is known of a thousand strategies is smaller. */
const MAX_COMMAND = 16 << 20;
/** Answers that nobody fetched, and commands that nobody finished, in ms. */
const STALE_AFTER = 86_400_000;

/** A command as an operator gives it: its time is that of the bot that carries it out. */
export type Order<C = Command> = C extends Command ? Omit<C, 'time' | 'id'> : never;

/** Options that a fleet puts over those of a bot's own configuration; null takes them back. */
export type Rollout = Omit<Authorship, 'time'> & {
  readonly type: 'rollout';
  readonly options: Options | null;
};

/** What became of a command. */
export interface Acknowledgement {
  readonly ok: boolean;
  /** Why not, where it was refused. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** An id of a command: those sort in the order in which commands were given. @param name what tells it from others */
export const commandId = (time: number, name: string): string =>
  `${time.toString(36).padStart(9, '0')}-${name}`;

/**
 * Puts a command where the bot finds it, and returns its id.
 * @param id two commands with one id are one
 */
export async function postCommand(
  directory: string,
  order: Order | Rollout,
  id: string = commandId(Date.now(), randomUUID()),
): Promise<string> {
  const inbox = join(directory, INBOX);
  await fs.mkdir(inbox, { recursive: true });
  const temporary = join(inbox, `${id}.tmp`);
  await fs.writeFile(temporary, JSON.stringify(order));
  await fs.rename(temporary, join(inbox, `${id}${COMMAND}`));
  return id;
}

/** Waits until a command was carried out or refused; null when nobody answers within `timeout` ms, or at `signal`. */
export async function acknowledgementOf(
  directory: string,
  id: string,
  clock: Clock,
  timeout: number,
  signal?: AbortSignal,
): Promise<Acknowledgement | null> {
  const path = join(directory, INBOX, `${id}.ack`);
  for (const end = clock.now() + timeout; clock.now() < end && !signal?.aborted; await clock.sleep(50)) {
    const text = await fs.readFile(path, 'utf8').catch(() => null);
    if (text === null) continue;
    await fs.rm(path, { force: true });
    return JSON.parse(text) as Acknowledgement;
  }
  return null;
}

/** Names of what waits in the inbox, in the order in which it was given. */
export async function waitingCommands(directory: string): Promise<string[]> {
  const names = await fs.readdir(join(directory, INBOX)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(COMMAND)).sort();
}

/** Where a command waits. */
export const inboxPath = (directory: string, name: string): string => join(directory, INBOX, name);

/** The id of a command by its name; null for a name that cannot be answered. */
export function idOf(name: string): string | null {
  const id = name.slice(0, -COMMAND.length);
  return ID.test(id) ? id : null;
}

/** Reads a command. Throws `COMMAND_INVALID` for what is none, without waiting for anything. */
export async function readCommand(directory: string, name: string): Promise<Order | Rollout> {
  if (idOf(name) === null) throw noCommand(`a file named ${show(name)}`);
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  // Whoever opens a pipe waits for somebody to write to it, unless told not to.
  const flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW;
  const file = await fs.open(join(directory, INBOX, name), flags).catch((error: NodeJS.ErrnoException) => {
    const isNoFile = error.code === 'ELOOP' || error.code === 'ENXIO';
    throw isNoFile ? noCommand('a link or a socket') : error;
  });
  let text: string;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw noCommand('something that is no file');
    if (stat.size > MAX_COMMAND) throw noCommand(`a file of ${stat.size} bytes`);
    text = await file.readFile('utf8');
  } finally {
    await file.close();
  }
  let order: unknown;
  try {
    order = JSON.parse(text);
  } catch (cause) {
    throw noCommand(`text that is no JSON: ${(cause as Error).message}`);
  }
  if (order === null || typeof order !== 'object' || Array.isArray(order)) throw noCommand(show(order));
  return order as Order | Rollout;
}

/** Says that a command was carried out (or, with an error, refused), and takes it out of the inbox. */
export async function acknowledge(directory: string, id: string, error?: unknown): Promise<void> {
  const inbox = join(directory, INBOX);
  const answer: Acknowledgement =
    error === undefined
      ? { ok: true }
      : {
          ok: false,
          error: {
            code: error instanceof EdgekeeperError ? error.code : 'COMMAND_INVALID',
            message: (error as Error).message ?? show(error),
          },
        };
  await fs.writeFile(join(inbox, `${id}.ack.tmp`), JSON.stringify(answer));
  await fs.rename(join(inbox, `${id}.ack.tmp`), join(inbox, `${id}.ack`));
  await fs.rm(join(inbox, `${id}${COMMAND}`), { force: true });
}

/** Puts what is no command, and cannot be deleted as one, where it is no longer met. Returns its new name. */
export async function setAside(directory: string, name: string): Promise<string> {
  const aside = `refused-${randomUUID()}`;
  await fs.rename(join(directory, INBOX, name), join(directory, INBOX, aside));
  return aside;
}

/** Removes what was left in the inbox by those that wait no longer. @param now wall clock, which dates files */
export async function sweepInbox(directory: string, now: number): Promise<void> {
  const inbox = join(directory, INBOX);
  const names = await fs.readdir(inbox).catch(() => []);
  for (const name of names.filter((each) => /\.(tmp|ack)$/.test(each))) {
    const stat = await fs.lstat(join(inbox, name)).catch(() => null);
    if (stat?.isFile() && now - stat.mtimeMs > STALE_AFTER) await fs.rm(join(inbox, name), { force: true });
  }
}

const noCommand = (found: string): EdgekeeperError =>
  new EdgekeeperError('COMMAND_INVALID', {
    found: `${found} in the inbox`,
    expected: 'a command as a JSON object, as the command line writes it',
    hint: 'Nothing was changed.',
  });
