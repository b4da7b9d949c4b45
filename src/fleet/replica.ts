import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { KV } from '@nats-io/kv';
import type { Log } from '../model/ports.ts';
import { keysIn } from './buckets.ts';
import type { FleetConnection } from './connection.ts';
import { TURN_FOR } from './found.ts';
import { isOutrun } from './identity.ts';
import { Publisher } from './publisher.ts';
import { Turn } from './turn.ts';

export interface ReplicaOptions {
  readonly connection: FleetConnection;
  readonly fleet: string;
  readonly partitions: number;
  readonly log: Log;
  /** How often priors and the guard are told, in ms. */
  readonly publishEvery?: number;
}

const ROUND_EVERY = TURN_FOR / 4;
const PUBLISH_EVERY = 30_000;

const replicaKey = (id: string): string => `replica.${id}`;
const turnKey = (partition: number): string => `turn.${partition}`;

/**
 * One of any number that share the partitions of a fleet. Who has which is a key in a bucket that forgets whoever is silent;
 * each takes what is free up to its share, and gives back what is more.
 */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly id = `${hostname().replaceAll(/[^\w-]/g, '-')}-${process.pid}-${randomUUID().slice(0, 8)}`;
  #turns!: KV;
  #learned!: KV;
  #publisher!: Publisher;
  readonly #held = new Map<number, { readonly turn: Turn; revision: number }>();
  #isClosed = false;
  #running: Promise<void> | null = null;
  #publishedAt = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;
  #finished = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { connection, partitions } = this.#options;
    this.#turns = await connection.bucket('turns');
    this.#learned = await connection.bucket('learned');
    this.#publisher = new Publisher(this.#learned, await connection.bucket('published'), partitions);
    this.#running = this.#run();
  }

  /** Partitions that it has. */
  get held(): readonly number[] {
    return [...this.#held.keys()].sort((a, b) => a - b);
  }

  /** Messages it has learned from. */
  get learned(): number {
    return [...this.#held.values()].reduce((sum, { turn }) => sum + turn.learned, this.#finished);
  }

  /** Keeps what was learned, and gives its partitions to the others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#running;
    for (const partition of this.held) await this.#giveBack(partition);
    await this.#turns.delete(replicaKey(this.id)).catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    let trouble: string | null = null;
    while (!this.#isClosed) {
      try {
        await this.#round();
        if (trouble !== null) log.info('the servers answer again');
        trouble = null;
      } catch (error) {
        const { message } = error as Error;
        if (message !== trouble) log.warn(`the servers do not answer as they should: ${message}`);
        trouble = message;
      }
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ROUND_EVERY);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #round(): Promise<void> {
    const { connection, partitions, publishEvery = PUBLISH_EVERY } = this.#options;
    await this.#turns.put(replicaKey(this.id), '');
    for (const [partition, held] of this.#held) {
      try {
        held.revision = await this.#turns.update(turnKey(partition), this.id, held.revision);
      } catch (error) {
        if (!isOutrun(error)) throw error;
        await this.#lose(partition);
      }
    }
    const keys = await keysIn(connection, 'turns');
    const replicas = [...keys].filter((key) => key.startsWith('replica.')).length;
    const share = Math.ceil(partitions / Math.max(1, replicas));
    for (const partition of this.held.slice(share)) await this.#giveBack(partition);
    for (let partition = 0; partition < partitions && this.#held.size < share; partition += 1)
      if (!keys.has(turnKey(partition)) && !this.#held.has(partition)) await this.#take(partition);
    if (!this.#held.has(0) || performance.now() - this.#publishedAt < publishEvery) return;
    this.#publishedAt = performance.now();
    await this.#publisher.publish(Date.now());
  }

  async #take(partition: number): Promise<void> {
    const { connection, fleet, log } = this.#options;
    let revision: number;
    try {
      revision = await this.#turns.create(turnKey(partition), this.id);
    } catch (error) {
      if (isOutrun(error)) return;
      throw error;
    }
    const turn = new Turn({
      connection,
      learned: this.#learned,
      fleet,
      partition,
      log,
      onEnd: (error) => {
        if (!isOutrun(error)) log.warn(`partition ${partition} is let go: ${(error as Error).message}`);
        void this.#lose(partition);
      },
    });
    this.#held.set(partition, { turn, revision });
    try {
      await turn.start();
    } catch (error) {
      // What is held and not read is read by nobody.
      await this.#giveBack(partition);
      throw error;
    }
  }

  async #giveBack(partition: number): Promise<void> {
    const held = this.#held.get(partition);
    await this.#lose(partition);
    await this.#turns.delete(turnKey(partition), { previousSeq: held!.revision }).catch(() => undefined);
  }

  async #lose(partition: number): Promise<void> {
    const held = this.#held.get(partition);
    if (held === undefined) return;
    this.#held.delete(partition);
    this.#finished += held.turn.learned;
    await held.turn.stop().catch(() => undefined);
  }
}
