import type { DirectMsgRequest, StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Log } from '../model/ports.ts';
import { type Entry, isDeleted } from './buckets.ts';
import type { FleetConnection } from './connection.ts';
import { type BucketName, streamOfBucket } from './names.ts';

export interface FollowingOptions {
  readonly connection: FleetConnection;
  readonly bucket: BucketName;
  readonly log: Log;
  /** Told at once of what is being written, before it is known whether the servers keep it. */
  readonly onHeard?: (text: string) => void;
  /** Told of every key as it stands at the start, and of what it becomes. What throws is told again later. */
  readonly onEntry: (entry: Entry) => Promise<void>;
  /** Told before that where the servers have lost the bucket, and begun another: revisions count from one again. */
  readonly onAnew?: () => Promise<void>;
}

/**
 * How often it is looked whether something was missed, in ms: soon after trouble, when messages are lost and a copy may be
 * behind, then ever less often.
 */
const LOOK_EVERY = { first: 1000, last: 30_000 };
/** Pauses in ms after which a key is looked at whose new value was heard of, but does not stand yet. */
const PAUSES = [0, 10, 20, 50, 100, 200, 500, 1000];

/**
 * A bucket as a bot follows it, without a consumer at the servers: such a one lives on one of them, and who listens by it is
 * deaf for up to a minute after that one has died. What is written to a bucket is a message as any other, which whoever
 * subscribes hears at once; it says which key to look at, and the bucket what stands there. What was missed is found by a look
 * at the start, at every reconnection, and now and then.
 */
export class Following {
  readonly #options: FollowingOptions;
  readonly #stream: string;
  readonly #prefix: string;
  #subscription: Subscription | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pause = LOOK_EVERY.first;
  /** Up to where everything was told; and what of each key was told last, or is being told. */
  #upTo = 0;
  readonly #told = new Map<string, { readonly revision: number; readonly telling: Promise<void> }>();
  #looking: Promise<void> | null = null;
  #isOver = false;
  /** What was said of trouble, so that it is said once. */
  #trouble: string | null = null;

  constructor(options: FollowingOptions) {
    this.#options = options;
    const { stream, prefix } = streamOfBucket(options.connection.fleet, options.bucket);
    [this.#stream, this.#prefix] = [stream, prefix];
  }

  /** Resolves when everything that stands was told. */
  async start(): Promise<void> {
    const { connection } = this.#options;
    // First hear, then look: nothing falls between.
    this.#subscription = connection.nc.subscribe(`${this.#prefix}>`, {
      callback: (error, message) => {
        if (error) this.#say(error);
        else void this.#hear(message.subject, message.string());
      },
    });
    try {
      // The leader has the last word: a copy may be behind.
      const last = await this.#last();
      await this.#look();
      if (this.#upTo < last) throw new Error('a server that was asked is behind the others');
    } catch (error) {
      this.stop();
      throw error;
    }
    this.#lookLater();
    void this.#watchServers(connection.nc);
  }

  stop(): void {
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#subscription?.unsubscribe();
  }

  /** A message says what is being written; what counts is what the servers have kept. */
  async #hear(subject: string, text: string): Promise<void> {
    this.#options.onHeard?.(text);
    for (const pause of PAUSES) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      if (this.#isOver) return;
      try {
        const message = await this.#ask({ last_by_subj: subject });
        if (message === null) continue;
        await this.#tell(message);
        if (message.string() !== text) continue;
        // What has just been written and is older than what was told is of another bucket.
        if (message.seq <= this.#upTo) break;
        return;
      } catch (error) {
        this.#say(error as Error);
      }
    }
    this.#lookSoon();
  }

  /** Revision of what was written last, by the leader; 0 for an empty bucket. */
  async #last(): Promise<number> {
    const { jsm } = this.#options.connection;
    return (await jsm.streams.getMessage(this.#stream, { last_by_subj: `${this.#prefix}>` }))?.seq ?? 0;
  }

  #ask(query: DirectMsgRequest): Promise<StoredMsg | null> {
    return this.#options.connection.copies.getMessage(this.#stream, query);
  }

  async #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { onAnew } = this.#options;
    // What was written last stays: a bucket without it is another one, if the leader says so as well.
    const isMissing = this.#upTo > 0 && (await this.#ask({ seq: this.#upTo })) === null;
    if (isMissing && (await this.#last()) < this.#upTo) {
      await onAnew?.();
      this.#upTo = 0;
      this.#told.clear();
    }
    let [at, failure]: [number, unknown] = [this.#upTo, null];
    for (;;) {
      const next = await this.#ask({ seq: at + 1, next_by_subj: `${this.#prefix}>` });
      if (next === null) break;
      at = next.seq;
      await this.#tell(next).catch((error) => {
        failure ??= error;
      });
    }
    if (failure !== null) throw failure;
    this.#upTo = at;
  }

  /** Tells what stands under a key once, whoever found it and how often; where that fails nothing was told. */
  async #tell(message: StoredMsg): Promise<void> {
    const [key, revision] = [message.subject.slice(this.#prefix.length), message.seq];
    if (revision <= this.#upTo || isDeleted(message.header)) return;
    const before = this.#told.get(key);
    if (before !== undefined && before.revision >= revision) return before.telling;
    const telling = this.#options.onEntry({ key, text: message.string(), revision });
    const told = { revision, telling };
    this.#told.set(key, told);
    try {
      await telling;
    } catch (error) {
      if (this.#told.get(key) === told) this.#told.delete(key);
      throw error;
    }
  }

  #lookSoon(): void {
    this.#pause = LOOK_EVERY.first;
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isOver) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    // Many bots that were cut off at once do not all look at once.
    const pause = this.#pause * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#lookAndGoOn(), pause);
  }

  async #lookAndGoOn(): Promise<void> {
    try {
      await this.#look();
      this.#trouble = null;
      this.#pause = Math.min(2 * this.#pause, LOOK_EVERY.last);
      this.#lookLater();
    } catch (error) {
      this.#say(error as Error);
      this.#lookSoon();
    }
  }

  /** Messages may be lost when the connection is, and when a server comes or goes. */
  async #watchServers(nc: NatsConnection): Promise<void> {
    for await (const { type } of nc.status()) {
      if (this.#isOver) return;
      if (type !== 'reconnect' && type !== 'update') continue;
      this.#pause = LOOK_EVERY.first;
      await this.#lookAndGoOn();
    }
  }

  #say({ message }: Error): void {
    const { log, bucket } = this.#options;
    if (this.#isOver || message === this.#trouble) return;
    log.warn(`${bucket} of the fleet are not heard: ${message}`);
    this.#trouble = message;
  }
}
