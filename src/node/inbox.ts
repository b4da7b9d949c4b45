import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../engine/events.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { Clock } from '../model/ports.ts';

const INBOX = 'inbox';
/** While this file is there the overlay may act. Deleting it needs no room on the disk. */
const ON = 'on';

/** A command as an operator gives it: its time is that of the bot that carries it out. */
export type Order<C = Command> = C extends Command ? Omit<C, 'time' | 'id'> : never;

/** What became of a command. */
export interface Acknowledgement {
  readonly ok: boolean;
  /** Why not, where it was refused. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Puts a command where the bot finds it, and returns its id. */
export async function postCommand(directory: string, order: Order): Promise<string> {
  const inbox = join(directory, INBOX);
  await fs.mkdir(inbox, { recursive: true });
  // Names sort in the order in which commands were given.
  const id = `${Date.now().toString(36).padStart(9, '0')}-${randomUUID()}`;
  const temporary = join(inbox, `${id}.tmp`);
  await fs.writeFile(temporary, JSON.stringify(order));
  await fs.rename(temporary, join(inbox, `${id}.json`));
  return id;
}

/** Waits until a command was carried out or refused; null when nobody answers within `timeout` ms. */
export async function acknowledgementOf(
  directory: string,
  id: string,
  clock: Clock,
  timeout: number,
): Promise<Acknowledgement | null> {
  const path = join(directory, INBOX, `${id}.ack`);
  for (const end = clock.now() + timeout; clock.now() < end; await clock.sleep(50)) {
    const text = await fs.readFile(path, 'utf8').catch(() => null);
    if (text === null) continue;
    await fs.rm(path, { force: true });
    return JSON.parse(text) as Acknowledgement;
  }
  return null;
}

/** Commands that wait, oldest first. A file that is no command is refused, not left to be met for ever. */
export async function waitingCommands(
  directory: string,
): Promise<{ readonly id: string; readonly order: Order }[]> {
  const inbox = join(directory, INBOX);
  const names = await fs.readdir(inbox).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const commands: { id: string; order: Order }[] = [];
  for (const name of names.filter((each) => each.endsWith('.json')).sort()) {
    const id = name.slice(0, -'.json'.length);
    try {
      commands.push({ id, order: JSON.parse(await fs.readFile(join(inbox, name), 'utf8')) as Order });
    } catch (error) {
      await acknowledge(directory, id, error);
    }
  }
  return commands;
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
  await fs.rm(join(inbox, `${id}.json`), { force: true });
}

/** The panic switch: off at once, also when the disk is full. */
export async function panicOff(directory: string): Promise<void> {
  await fs.rm(join(directory, ON), { force: true });
}

/** Allows the overlay to act. */
export async function allowOn(directory: string): Promise<void> {
  await fs.writeFile(join(directory, ON), '');
}

/** Whether somebody pulled the panic switch; null where the directory cannot be seen, which says nothing. */
export async function isPanicked(directory: string): Promise<boolean | null> {
  try {
    const names = await fs.readdir(directory);
    return names.length === 0 ? null : !names.includes(ON);
  } catch {
    // A directory that vanished or cannot be read is trouble of the disk, not the will of an operator.
    return null;
  }
}
