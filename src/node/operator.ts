import { performance } from 'node:perf_hooks';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { Command } from '../engine/events.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { Clock, Log } from '../model/ports.ts';
import {
  acknowledge,
  idOf,
  type Rollout,
  readCommand,
  setAside,
  sweepInbox,
  waitingCommands,
} from './inbox.ts';

/** How often the inbox is swept, in ms. */
const SWEEP_EVERY = 3_600_000;

export interface OperatorOptions {
  readonly stateDir: string;
  readonly engine: OptimizationEngine;
  readonly clock: Clock;
  readonly log: Log;
  /** Puts options over those of the bot's own configuration. */
  readonly rollOut: (rollout: Rollout, time: number) => Promise<void>;
  /** Resolves when everything that was carried out is in the journal. */
  readonly durable: () => Promise<void>;
}

/** Carries out what operators put into the inbox of a state directory. */
export class Operator {
  readonly #options: OperatorOptions;
  /** Entries that were complained about and are still there. */
  #said = new Set<string>();
  #swept = Number.NEGATIVE_INFINITY;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /**
   * Carries out what waits. Commands act at once; they are acknowledged when they are in the journal, if need be at a
   * later time. Whatever is wrong with one of them, the next are carried out; then the first trouble is thrown.
   */
  async carryOut(): Promise<void> {
    const { stateDir, engine, clock, durable, rollOut } = this.#options;
    const troubles: unknown[] = [];
    const done: string[] = [];
    const names = await waitingCommands(stateDir);
    this.#said = new Set(names.filter((name) => this.#said.has(name)));
    for (const name of names) {
      try {
        const order = await readCommand(stateDir, name);
        const id = idOf(name)!;
        const time = Math.max(engine.time, clock.now());
        if (order.type === 'rollout') await rollOut(order, time);
        else engine.execute({ ...order, id, time } as Command);
        done.push(id);
      } catch (error) {
        await this.#refuse(name, error).catch((trouble) => troubles.push(trouble));
      }
    }
    if (done.length > 0) await durable();
    for (const id of done) await acknowledge(stateDir, id).catch((trouble) => troubles.push(trouble));
    if (troubles.length > 0) throw troubles[0];
  }

  /** Removes what nobody waits for any more, at the first call and then every hour. */
  async sweep(): Promise<void> {
    if (performance.now() - this.#swept < SWEEP_EVERY) return;
    this.#swept = performance.now();
    await sweepInbox(this.#options.stateDir, Date.now());
  }

  /** Answers what cannot be carried out and takes it away, so that it is met once. */
  async #refuse(name: string, error: unknown): Promise<void> {
    const { stateDir, engine, log } = this.#options;
    const { code } = error as NodeJS.ErrnoException;
    // Somebody took it back.
    if (code === 'ENOENT') return;
    // Too many files are open: it is no fault of the command.
    if (code === 'EMFILE' || code === 'ENFILE') throw error;
    const isFirst = !this.#said.has(name);
    this.#said.add(name);
    if (isFirst) {
      log.warn(`a command was refused: ${(error as Error).message}`, { name });
      if (!(error instanceof EdgekeeperError)) engine.countError('COMMAND_FAILED', error);
    }
    const id = idOf(name);
    try {
      if (id === null) throw error;
      await acknowledge(stateDir, id, error);
    } catch (trouble) {
      // Where there is no room for an answer it is given later.
      if (['ENOSPC', 'EDQUOT'].includes((trouble as NodeJS.ErrnoException).code ?? '')) throw trouble;
      // A folder cannot be deleted, nor a name answered that is too long: either is kept for whoever put it there.
      const aside = await setAside(stateDir, name);
      log.warn(`an entry of the inbox is set aside: ${show(name)}`, { aside });
    }
  }
}
