import type { KV } from '@nats-io/kv';
import type { Log } from '../model/ports.ts';
import { wallClock } from '../node/clock.ts';
import { acknowledgementOf, postCommand } from '../node/inbox.ts';
import { allowOn, panicOff } from '../node/panic.ts';
import { type Acks, acksOf, commandOf, orderIn } from './orders.ts';

export interface ObedienceOptions {
  readonly orders: KV;
  readonly acks: KV;
  readonly bot: string;
  readonly stateDir: string;
  readonly log: Log;
  /** Told when something is in the inbox of the bot, and before that, at once, that the panic switch is being pulled. */
  readonly onOrder: (isPanic: boolean) => void;
}

/** How long a bot may take to carry out an order, in ms; after that it is asked again at the next start. */
const CARRIED_OUT_WITHIN = 60_000;

/** Does in one bot what is ordered of its fleet: through its inbox, where it is audited, and acknowledged back. */
export class Obedience {
  readonly #options: ObedienceOptions;
  #acks: Acks = {};
  /** Revisions that are on their way, by key. */
  readonly #underWay = new Map<string, number>();
  #writing: Promise<unknown> = Promise.resolve();
  #stop: (() => void) | null = null;

  constructor(options: ObedienceOptions) {
    this.#options = options;
  }

  /** Watches what is ordered. Resolves when everything that was ordered before is in the inbox. */
  async start(): Promise<void> {
    const { orders, acks, bot, log } = this.#options;
    this.stop();
    this.#acks = await acksOf(acks, bot);
    // What was ordered before comes first; the number of those says when that is done.
    const keys: string[] = [];
    for await (const key of await orders.keys()) keys.push(key);
    const before = new Set(keys);
    const watch = await orders.watch();
    this.#stop = () => watch.stop();
    let isCaughtUp = (): void => undefined;
    const caughtUp = new Promise<void>((resolve) => {
      isCaughtUp = resolve;
    });
    if (before.size === 0) isCaughtUp();
    void (async () => {
      for await (const entry of watch) {
        try {
          await this.#meet(entry);
        } catch (error) {
          log.error(`an order of the fleet could not be passed on: ${(error as Error).message}`);
        }
        before.delete(entry.key);
        if (before.size === 0) isCaughtUp();
      }
    })().catch((error) => log.warn(`orders of the fleet are not heard: ${(error as Error).message}`));
    await caughtUp;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  async #meet(entry: Parameters<typeof orderIn>[0] & { key: string; revision: number }): Promise<void> {
    const { bot, stateDir, log, onOrder } = this.#options;
    const { key, revision } = entry;
    if ((this.#acks[key]?.revision ?? 0) >= revision || (this.#underWay.get(key) ?? 0) >= revision) return;
    const order = orderIn(entry);
    if (order === null) {
      if (entry.operation === 'PUT') log.warn(`an order of the fleet that cannot be read: ${key}`);
      return;
    }
    this.#underWay.set(key, revision);
    const isPanic = order.type === 'switch' && order.flag === 'enabled' && !order.on;
    // Off is off before anybody has read a command.
    if (isPanic) {
      onOrder(true);
      await panicOff(stateDir);
    }
    const given = commandOf(order, bot, revision, Date.now());
    if (given === null) {
      await this.#acknowledge(key, { revision, ok: true, at: Date.now() });
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
    const answer = await acknowledgementOf(stateDir, id, wallClock, CARRIED_OUT_WITHIN);
    if (answer === null) {
      this.#underWay.delete(key);
      log.warn(`the bot did not carry out an order of the fleet within a minute: ${key}`);
      return;
    }
    // A later order of its kind may have been answered before.
    if ((this.#acks[key]?.revision ?? 0) > revision) return;
    if (answer.ok && isOn && this.#underWay.get(key) === revision) allowOn(stateDir);
    const error = answer.error === undefined ? {} : { error: answer.error.message };
    await this.#acknowledge(key, { revision, ok: answer.ok, ...error, at: Date.now() });
  }

  async #acknowledge(key: string, ack: Acks[string]): Promise<void> {
    const { log } = this.#options;
    this.#acks = { ...this.#acks, [key]: ack };
    this.#writing = this.#writing
      .then(() => this.#options.acks.put(this.#options.bot, JSON.stringify(this.#acks)))
      .catch((error) =>
        log.warn(`an order of the fleet could not be acknowledged: ${(error as Error).message}`),
      );
  }
}
