import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { KV } from '@nats-io/kv';
import { EdgekeeperError } from '../model/errors.ts';

/** What the holder of a name says of itself. */
export interface Holder {
  /** Drawn for each process: two of one state directory are two. */
  readonly instance: string;
  /** Of the state directory: whoever has that directory's lease may take the name over from a process before it. */
  readonly state: string;
  /** For people. */
  readonly host: string;
  readonly pid: number;
  readonly since: string;
}

const STATE_ID = 'fleet-id';
/** Looks at a name whose holder changes meanwhile. */
const TRIES = 10;

/** What tells a state directory from every other; drawn when it is first asked for. */
export async function stateIdOf(stateDir: string): Promise<string> {
  const path = join(stateDir, STATE_ID);
  const known = await readFile(path, 'utf8').catch(() => '');
  if (/^[\w-]{36}$/.test(known)) return known;
  const id = randomUUID();
  await writeFile(path, id);
  return id;
}

/**
 * The name of a bot in its fleet, which one process has at a time. It lives in a bucket that forgets whoever is silent,
 * and every word on it is by compare-and-set: the servers decide, no clock of ours.
 */
export class Identity {
  readonly #bots: KV;
  readonly #bot: string;
  readonly #holder: Holder;
  /** Of our latest word; null while somebody else has the name, or nobody. */
  #revision: number | null = null;

  constructor(bots: KV, bot: string, state: string) {
    this.#bots = bots;
    this.#bot = bot;
    this.#holder = {
      instance: randomUUID(),
      state,
      host: hostname(),
      pid: process.pid,
      since: new Date().toISOString(),
    };
  }

  get isHeld(): boolean {
    return this.#revision !== null;
  }

  /**
   * Takes the name, or says that it is still ours. Throws `FLEET_NAME_TAKEN` where another process has it.
   * @param isFirst a process that begins may follow another one of its state directory, which is gone or will be told
   */
  async hold(isFirst: boolean): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      // Whoever is outrun looks again who was first: it may have been its own word, of which the answer was lost.
      if (await this.#claim(isFirst)) return;
      if (tries === TRIES) throw new Error(`the name ${this.#bot} changes hands all the time`);
    }
  }

  /** Returns false where somebody was first, whoever it was. */
  async #claim(isFirst: boolean): Promise<boolean> {
    const value = JSON.stringify(this.#holder);
    const said = (word: Promise<number>) => word.catch(rejectedAs(null));
    const before = this.#revision;
    this.#revision = null;
    if (before !== null) {
      this.#revision = await said(this.#bots.update(this.#bot, value, before));
      return this.#revision !== null;
    }
    const entry = await this.#bots.get(this.#bot);
    if (entry === null || entry.operation !== 'PUT') {
      this.#revision = await said(this.#bots.create(this.#bot, value));
      return this.#revision !== null;
    }
    const other = holderIn(entry.string());
    const isOurs = other?.instance === this.#holder.instance;
    if (!isOurs && !(isFirst && other?.state === this.#holder.state)) throw taken(this.#bot, other);
    this.#revision = await said(this.#bots.update(this.#bot, value, entry.revision));
    return this.#revision !== null;
  }

  /** Gives the name free. */
  async release(): Promise<void> {
    const revision = this.#revision;
    this.#revision = null;
    if (revision === null) return;
    await this.#bots.delete(this.#bot, { previousSeq: revision }).catch(rejectedAs(undefined));
  }
}

/** What the holder of a name says of itself; null for what is none. */
export function holderIn(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return null;
  }
}

/** Whether a server has refused a compare-and-set because somebody was first. */
export const isOutrun = (error: unknown): boolean =>
  /wrong last sequence|key exists/i.test((error as Error).message ?? '');

const rejectedAs =
  <T>(value: T) =>
  (error: unknown): T => {
    if (isOutrun(error)) return value;
    throw error;
  };

const taken = (bot: string, by: Holder | null): EdgekeeperError =>
  new EdgekeeperError('FLEET_NAME_TAKEN', {
    found: `the bot ${bot} in the fleet already: ${by === null ? 'somebody who does not say who it is' : `process ${by.pid} on ${by.host}, since ${by.since}`}`,
    expected: 'a name that no other bot has',
    hint: 'Give each bot its own `fleet.bot`. One that died is forgotten after 30 seconds.',
  });
