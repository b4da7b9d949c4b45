import type { KV } from '@nats-io/kv';
import type { Log } from '../model/ports.ts';
import { wallClock } from '../node/clock.ts';
import { acknowledgementOf, postCommand } from '../node/inbox.ts';
import { allowOn, panicOff } from '../node/panic.ts';
import type { Entry } from './buckets.ts';
import type { FleetConnection } from './connection.ts';
import { Following } from './following.ts';
import { type Acks, acksOf, commandOf, isPanic, orderIn } from './orders.ts';

export interface ObedienceOptions {
  readonly connection: FleetConnection;
  readonly acks: KV;
  readonly bot: string;
  readonly stateDir: string;
  readonly log: Log;
  /** Told when something is in the inbox of the bot, and before that, at once, that the panic switch is being pulled. */
  readonly onOrder: (isPanic: boolean) => void;
}

/** How long a bot takes at most to carry out an order before that is said, in ms. */
const CARRIED_OUT_WITHIN = 60_000;
/** Pause before the servers are told again what they did not take, in ms. */
const ACKNOWLEDGE_AGAIN = 1000;

/** Does in one bot what is ordered of its fleet: through its inbox, where it is audited, and acknowledged back. */
export class Obedience {
  readonly #options: ObedienceOptions;
  #acks: Acks = {};
  /** Revisions of what was ordered last, by key. */
  readonly #latest = new Map<string, number>();
  #writing: Promise<void> | null = null;
  readonly #following: Following;
  readonly #end = new AbortController();

  constructor(options: ObedienceOptions) {
    this.#options = options;
    const { connection, acks, bot, log } = options;
    this.#following = new Following({
      connection,
      bucket: 'orders',
      log,
      onHeard: (text) => this.#hear(text),
      onEntry: (entry) => this.#meet(entry),
      onAnew: async () => {
        this.#acks = await acksOf(acks, bot);
        this.#latest.clear();
      },
    });
  }

  /** Follows what is ordered. Resolves when everything that was ordered before is in the inbox. */
  async start(): Promise<void> {
    const { acks, bot } = this.#options;
    this.#acks = await acksOf(acks, bot);
    // What reads orders is loaded now: panic does not wait for that.
    orderIn('{}');
    await this.#following.start();
  }

  stop(): void {
    this.#following.stop();
    this.#end.abort();
  }

  /** Who pulls the switch does not wait until the servers have found out how to keep that: off is off as it is heard. */
  #hear(text: string): void {
    const order = orderIn(text);
    if (order === null || !isPanic(order)) return;
    void this.#pull().catch((error) => this.#options.log.error((error as Error).message));
  }

  /** Off is off before anybody has read a command, or a disk was asked. */
  async #pull(): Promise<void> {
    this.#options.onOrder(true);
    await panicOff(this.#options.stateDir);
  }

  async #meet({ key, text, revision }: Entry): Promise<void> {
    const { bot, stateDir, log, onOrder } = this.#options;
    if ((this.#acks[key]?.revision ?? 0) >= revision) return;
    const order = orderIn(text);
    if (order === null) {
      log.warn(`an order of the fleet that cannot be read: ${key}`);
      return;
    }
    this.#latest.set(key, revision);
    if (isPanic(order)) await this.#pull();
    const given = commandOf(order, bot, revision, Date.now());
    if (given === null) {
      this.#acknowledge(key, { revision, ok: true, at: Date.now() });
      return;
    }
    const { id, command } = given;
    await postCommand(stateDir, command, id);
    onOrder(false);
    void this.#answer(key, revision, id, order.type === 'switch' && order.flag === 'enabled' && order.on);
  }

  /** Waits until the bot has done it, and says so. */
  async #answer(key: string, revision: number, id: string, isOn: boolean): Promise<void> {
    const { stateDir, log } = this.#options;
    const { signal } = this.#end;
    const ask = () => acknowledgementOf(stateDir, id, wallClock, CARRIED_OUT_WITHIN, signal);
    let answer = await ask();
    if (answer === null && !signal.aborted)
      log.warn(`the bot did not carry out an order of the fleet within a minute: ${key}`);
    while (answer === null && !signal.aborted) answer = await ask();
    if (answer === null) return;
    // A later order of its kind may have been answered before.
    if ((this.#acks[key]?.revision ?? 0) > revision) return;
    if (answer.ok && isOn && this.#latest.get(key) === revision) allowOn(stateDir);
    const error = answer.error === undefined ? {} : { error: answer.error.message };
    this.#acknowledge(key, { revision, ok: answer.ok, ...error, at: Date.now() });
  }

  #acknowledge(key: string, ack: Acks[string]): void {
    this.#acks = { ...this.#acks, [key]: ack };
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  /** Says what was carried out, again and again until the servers have it. */
  async #write(): Promise<void> {
    const { acks, bot, log } = this.#options;
    const { signal } = this.#end;
    for (let isFirst = true, said: Acks | null = null; said !== this.#acks && !signal.aborted; ) {
      const saying: Acks = this.#acks;
      try {
        await acks.put(bot, JSON.stringify(saying));
        said = saying;
      } catch (error) {
        if (isFirst)
          log.warn(
            `what was carried out for the fleet could not be acknowledged yet: ${(error as Error).message}`,
          );
        isFirst = false;
        await wallClock.sleep(ACKNOWLEDGE_AGAIN, signal);
      }
    }
  }
}
