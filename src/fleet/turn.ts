import type { ConsumerMessages } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { Log } from '../model/ports.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoints.ts';
import type { FleetConnection } from './connection.ts';
import { Partition } from './learning/partition.ts';
import { HEADERS, linesIn } from './message.ts';
import { botOf, subjectsOf } from './names.ts';
import { shipmentIn } from './shipper.ts';

export interface TurnOptions {
  readonly connection: FleetConnection;
  readonly learned: KV;
  readonly fleet: string;
  readonly partition: number;
  readonly log: Log;
  /** Told when it cannot go on: another replica has the partition, or the servers do not answer. */
  readonly onEnd: (error: unknown) => void;
}

/** How often what was learned is kept, in ms, and after how many messages at the latest. */
const KEEP_EVERY = 2000;
const KEEP_AFTER = 2000;
/** How often it is looked whether messages lie in the stream that do not come, in ms. */
const LOOK_EVERY = 5000;
/** Messages that are asked for at a time, and for how long, in ms: servers that say nothing for that long are asked again. */
const AHEAD = 200;
const ASK_FOR = 5000;

/**
 * One partition in the hands of one replica: it goes on behind the last checkpoint, message by message, and keeps another
 * one every so often. Position and knowledge are one value, kept by compare-and-set: nothing is learned twice or left out,
 * whoever dies and whenever, and whoever lost its turn cannot write.
 */
export class Turn {
  readonly #options: TurnOptions;
  #partition = new Partition();
  #revision: number | null = null;
  #kept = 0;
  #messages: ConsumerMessages | null = null;
  #keeping: Promise<void> | null = null;
  readonly #timers: NodeJS.Timeout[] = [];
  /** How far it was at the last look. */
  #seen = -1;
  #isOver = false;
  /** Messages learned from. */
  learned = 0;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { connection, learned, fleet, partition } = this.#options;
    const checkpoint = await readCheckpoint(learned, partition);
    if (checkpoint !== null) {
      this.#partition = Partition.from(checkpoint.state);
      this.#revision = checkpoint.revision;
    }
    this.#kept = this.#partition.at;
    const consumer = await connection.js.consumers.get(connection.stream, {
      filter_subjects: subjectsOf(fleet, partition),
      opt_start_seq: this.#partition.at + 1,
    });
    const messages = await consumer.consume({ max_messages: AHEAD, expires: ASK_FOR });
    this.#messages = messages;
    const often = (what: () => Promise<void>, every: number) =>
      this.#timers.push(setInterval(() => void what().catch((error) => this.#end(error)), every));
    often(() => this.#keep(), KEEP_EVERY);
    often(() => this.#look(), LOOK_EVERY);
    void this.#follow(messages).catch((error) => this.#end(error));
  }

  /** Keeps what was learned, and lets go. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#messages?.close();
    await this.#keep();
  }

  async #follow(messages: ConsumerMessages): Promise<void> {
    const { log } = this.#options;
    for await (const message of messages) {
      if (this.#isOver) return;
      // A consumer that was made anew may begin a little earlier.
      if (message.seq <= this.#partition.at) continue;
      const shipment = shipmentIn(message.headers);
      try {
        const isPacked = message.headers?.get(HEADERS.coding) === 'gzip';
        const lines = linesIn(shipment, message.data, isPacked);
        this.#partition.take(message.seq, message.time.getTime(), botOf(message.subject), shipment, lines);
      } catch (error) {
        log.error(`message ${message.seq} of the fleet is passed over: ${(error as Error).message}`);
        this.#partition.skip(message.seq);
      }
      this.learned += 1;
      if (this.learned % KEEP_AFTER === 0) await this.#keep();
    }
    if (!this.#isOver) throw new Error('the stream is read no further');
  }

  /** Ends a turn to which nothing comes, although there is something: whoever takes it next asks anew. */
  async #look(): Promise<void> {
    const { connection, fleet, partition } = this.#options;
    const { at } = this.#partition;
    const hasStood = at === this.#seen;
    this.#seen = at;
    if (!hasStood) return;
    const last = await connection.jsm.streams.getMessage(connection.stream, {
      last_by_subj: subjectsOf(fleet, partition),
    });
    if (last !== null && last.seq > at && at === this.#partition.at)
      throw new Error(`message ${last.seq} does not come`);
  }

  async #keep(): Promise<void> {
    await this.#keeping;
    if (this.#partition.at === this.#kept) return;
    this.#keeping = this.#write().finally(() => {
      this.#keeping = null;
    });
    await this.#keeping;
  }

  async #write(): Promise<void> {
    const { learned, partition } = this.#options;
    const state = this.#partition.snapshot();
    this.#revision = await writeCheckpoint(learned, partition, state, this.#revision);
    this.#kept = state.at;
  }

  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    void this.#messages?.close();
    this.#options.onEnd(error);
  }
}
