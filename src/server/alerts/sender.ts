import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertSettings } from '../../config/rooms.ts';
import type { Log } from '../../model/ports.ts';
import { type AlertNews, isAtLeast } from '../../monitor/alert-book.ts';
import type { Watch } from '../watch.ts';
import { digestOf, messageOf } from './messages.ts';
import { type Message, type Sink, sinkOf } from './sinks.ts';

/** Messages that wait for one sink, at most: of those beyond, the oldest are dropped. */
const MOST_WAITING = 100;
/** Pauses before a message is tried again, in ms. */
const PAUSES = [1000, 5000, 30_000] as const;
const MINUTE = 60_000;

/** One sink with what waits for it. */
class Outbox {
  readonly sink: Sink;
  readonly #log: Log;
  readonly #waiting: Message[] = [];
  readonly #stop = new AbortController();
  #sending: Promise<void> | null = null;

  constructor(sink: Sink, log: Log) {
    this.sink = sink;
    this.#log = log;
  }

  put(message: Message): void {
    this.#waiting.push(message);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
  }

  /** Gives what is on its way a moment, and drops the rest. */
  async close(): Promise<void> {
    const last = this.#sending ?? Promise.resolve();
    await Promise.race([last, sleep(2000, undefined, { ref: false })]);
    this.#stop.abort();
    await last;
  }

  async #sendAll(): Promise<void> {
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift())
      if (!this.#stop.signal.aborted) await this.#send(message);
  }

  async #send(message: Message): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.sink.send(message);
        return;
      } catch (error) {
        const pause = PAUSES[attempt];
        if (pause === undefined || this.#stop.signal.aborted) {
          this.#log.error(`an alert was not delivered: ${(error as Error).message}`, {
            subject: message.subject,
          });
          return;
        }
        await sleep(pause, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      }
    }
  }
}

/** Sends alerts to whom they are for. A sink that is dead holds up nobody but itself. */
export class AlertSender {
  readonly #settings: AlertSettings;
  readonly #outboxes: readonly Outbox[];
  readonly #log: Log;
  #timer: NodeJS.Timeout | null = null;
  #digested = '';

  private constructor(settings: AlertSettings, sinks: readonly Sink[], log: Log) {
    this.#settings = settings;
    this.#outboxes = sinks.map((sink) => new Outbox(sink, log));
    this.#log = log;
  }

  /** Throws `CONFIG_INVALID` and `PACKAGE_MISSING` for sinks that cannot be. */
  static async of(settings: AlertSettings, log: Log): Promise<AlertSender> {
    return new AlertSender(settings, await Promise.all(settings.sinks.map(sinkOf)), log);
  }

  /** Never waits. */
  tell(name: string, news: readonly AlertNews[]): void {
    for (const each of news) {
      const { what, alert } = each;
      if (!isAtLeast(alert.level, this.#settings.minLevel)) continue;
      const message = messageOf(name, each);
      this.#log[what === 'cleared' || alert.level === 'info' ? 'info' : 'warn'](message.text, {
        code: alert.code,
        what,
      });
      for (const outbox of this.#outboxes) outbox.put(message);
    }
  }

  /** Sends a summary of the last day at the time of day that is set. */
  digestDaily(watch: Watch): void {
    const { digestAt } = this.#settings;
    if (digestAt === undefined) return;
    const look = () => {
      const now = new Date().toISOString();
      if (now.slice(11, 16) !== digestAt || this.#digested === now.slice(0, 10)) return;
      const overview = watch.overview();
      if (overview === null) return;
      this.#digested = now.slice(0, 10);
      for (const outbox of this.#outboxes) outbox.put(digestOf(watch.name, overview));
    };
    look();
    this.#timer = setInterval(look, MINUTE / 3);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all(this.#outboxes.map((outbox) => outbox.close()));
  }
}
