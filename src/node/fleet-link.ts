import { existsSync } from 'node:fs';
import { resolve as absolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FleetSettings } from '../config/rooms.ts';
import { EdgekeeperError, type ErrorCode } from '../model/errors.ts';
import type { Log } from '../model/ports.ts';

/** What is said to the thread that all bots of a process share, and what it says. */
export type FleetRequest =
  | {
      readonly type: 'join';
      readonly member: number;
      readonly stateDir: string;
      readonly settings: FleetSettings;
    }
  | { readonly type: 'leave'; readonly member: number };
export type FleetNews = { readonly member: number } & (
  | { readonly type: 'ready' | 'left' }
  | { readonly type: 'ordered'; readonly isPanic: boolean }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
);

export interface FleetLinkOptions {
  readonly stateDir: string;
  readonly settings: FleetSettings;
  readonly log: Log;
  /** Told when an order of the fleet is in the inbox, and before that, at once, that the panic switch is being pulled. */
  readonly onOrder: (isPanic: boolean) => void;
}

/** How long a start waits for what the fleet has ordered, in ms: without an answer the bot goes on as alone. */
const START_WITHIN = 3000;
const LEAVE_WITHIN = 3000;

/** One thread for all bots of a process, which ends with the last of them. */
let thread: { readonly worker: Worker; readonly listeners: Map<number, (news: FleetNews) => void> } | null =
  null;
let members = 0;

/**
 * A bot's link to its fleet. Everything happens in a thread of its own, by what the bot writes to its state directory:
 * nothing of it holds up a decision, and a fleet that cannot be reached changes nothing.
 */
export class FleetLink {
  readonly #options: FleetLinkOptions;
  readonly #member: number;
  readonly #answers = new Map<FleetNews['type'], (news: FleetNews) => void>();

  constructor(options: FleetLinkOptions) {
    this.#options = options;
    members += 1;
    this.#member = members;
  }

  /**
   * Joins the fleet, and waits a moment for what it has ordered, so that it is obeyed before the first decision. Throws
   * `FLEET_NAME_TAKEN`, and what is wrong with packages or credentials.
   */
  async join(): Promise<void> {
    const { stateDir, settings, log } = this.#options;
    const { worker, listeners } = joined();
    const answer = new Promise<FleetNews | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), START_WITHIN);
      const answered = (news: FleetNews) => {
        clearTimeout(timer);
        resolve(news);
      };
      this.#answers.set('ready', answered);
      this.#answers.set('refused', answered);
    });
    listeners.set(this.#member, (news) => this.#hear(news));
    const request: FleetRequest = {
      type: 'join',
      member: this.#member,
      stateDir: absolute(stateDir),
      settings,
    };
    worker.postMessage(request);
    const news = await answer;
    if (news?.type === 'refused') {
      this.#forget();
      throw new EdgekeeperError(news.code as ErrorCode, partsOf(news.message));
    }
    this.#answers.delete('refused');
    if (news === null)
      log.warn(`the fleet ${settings.name} does not answer yet: the bot goes on as alone, and ships later`);
  }

  async leave(): Promise<void> {
    if (thread === null || !thread.listeners.has(this.#member)) return;
    const { worker } = thread;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LEAVE_WITHIN);
      this.#answers.set('left', () => {
        clearTimeout(timer);
        resolve();
      });
      const request: FleetRequest = { type: 'leave', member: this.#member };
      worker.postMessage(request);
    });
    this.#forget();
  }

  #hear(news: FleetNews): void {
    const { log, onOrder } = this.#options;
    if (news.type === 'log') log[news.level](news.text);
    else if (news.type === 'ordered') onOrder(news.isPanic);
    else if (news.type === 'refused' && !this.#answers.has('refused')) log.error(news.message);
    this.#answers.get(news.type)?.(news);
  }

  #forget(): void {
    if (thread === null) return;
    thread.listeners.delete(this.#member);
    if (thread.listeners.size > 0) return;
    void thread.worker.terminate();
    thread = null;
  }
}

function joined(): NonNullable<typeof thread> {
  if (thread !== null) return thread;
  const script = new URL('../fleet/thread.js', import.meta.url);
  if (!existsSync(fileURLToPath(script)))
    throw new EdgekeeperError('FLEET_REFUSED', {
      found: 'sources that were not built',
      expected: 'the built package',
      hint: 'Run `npm run build`.',
    });
  // What the bot was started with, such as a module to load first, is the bot's.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const worker = new Worker(script, { execArgv: [], env });
  worker.unref();
  const listeners = new Map<number, (news: FleetNews) => void>();
  worker.on('message', (news: FleetNews) => listeners.get(news.member)?.(news));
  worker.on('error', (error) => {
    // Whoever joins after that begins another one.
    thread = null;
    for (const [member, hear] of listeners)
      hear({
        member,
        type: 'log',
        level: 'error',
        text: `the thread of the fleet has failed, and the bot goes on as alone: ${error.message}`,
      });
  });
  thread = { worker, listeners };
  return thread;
}

/** A message of an error in its parts, as they came from the other thread. */
function partsOf(message: string): { found: string; expected: string; hint: string } {
  const [, found = message, expected = '', hint = ''] =
    /^\w+: found (.*); expected (.*?)\. (.*)$/s.exec(message) ?? [];
  return { found, expected, hint };
}
