import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { AlertSettings, ServerSettings } from '../config/rooms.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Log } from '../model/ports.ts';

export interface AttendantOptions {
  readonly stateDir: string;
  readonly server: ServerSettings | null;
  readonly alerts: AlertSettings | null;
  readonly log: Log;
}

/** What an attendant says. */
export type AttendantMessage =
  | { readonly type: 'open'; readonly url: string; readonly tokenPlace: string }
  | {
      readonly type: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly text: string;
      readonly fields: object;
    }
  | { readonly type: 'failed'; readonly text: string };

/** How long it may take to close, in ms: a bot that ends waits for nothing longer. */
const PATIENCE = 3000;

/**
 * Serves and alerts beside a bot, in a thread of its own: it follows what the bot writes down, so that nothing it does
 * holds up an order, and nothing that happens to it happens to the bot.
 */
export class Attendant {
  readonly #worker: Worker | null;
  /** Where it serves; empty where it serves nothing. Rejects where it cannot. */
  readonly opened: Promise<string>;

  constructor({ stateDir, server, alerts, log }: AttendantOptions) {
    const script = new URL('../server/attendant.js', import.meta.url);
    this.#worker = existsSync(fileURLToPath(script)) ? threadOf(script, { stateDir, server, alerts }) : null;
    this.opened = new Promise((resolve, reject) => {
      if (this.#worker === null) reject(failed('sources that were not built', 'Run `npm run build`.'));
      this.#worker?.on('message', (message: AttendantMessage) => {
        if (message.type === 'log') log[message.level](message.text, { ...message.fields });
        else if (message.type === 'failed') reject(failed(message.text, GOES_ON));
        else {
          if (message.url !== '') log.info(`dashboard at ${message.url}`, { writesNeed: message.tokenPlace });
          resolve(message.url);
        }
      });
      this.#worker?.on('error', (error) => reject(failed(error.message, GOES_ON)));
    });
    // Whoever does not wait for it reads of it in the log.
    this.opened.catch((error: EdgekeeperError) => log.error(error.message));
  }

  async close(): Promise<void> {
    if (this.#worker === null || this.#worker.threadId < 0) return;
    const ended = new Promise<void>((resolve) => this.#worker?.once('exit', () => resolve()));
    this.#worker.postMessage('close');
    const timer = setTimeout(() => void this.#worker?.terminate(), PATIENCE);
    await ended;
    clearTimeout(timer);
  }
}

const GOES_ON = 'The bot goes on without it.';

function threadOf(script: URL, workerData: object): Worker {
  // What the bot was started with, such as a module to load first, is the bot's.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const worker = new Worker(script, { workerData, execArgv: [], env });
  worker.unref();
  return worker;
}

const failed = (found: string, hint: string): EdgekeeperError =>
  new EdgekeeperError('SERVER_FAILED', { found, expected: 'a room that is served beside the bot', hint });
