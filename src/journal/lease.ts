import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { EdgekeeperError, show } from '../model/errors.ts';
import { makeDirectory, unwritable } from './directory.ts';
import {
  dropEarlierLeases,
  dropLease,
  type FoundLease,
  type LeaseRecord,
  latestLease,
  makeLease,
  rewriteLease,
} from './lease-file.ts';

/** How often an owner renews its lease, in ms. */
const RENEW_EVERY = 1000;
/** A lease that did not change for so long while it was watched has no owner any more, in ms. */
const STALE_AFTER = 4000;
/** How often a lease is looked at by whoever waits for it, in ms. */
const LOOK_EVERY = 100;
/** A look that comes later than this has not watched meanwhile: its machine slept, or its process was busy. */
const LONGEST_LOOK = 5 * LOOK_EVERY;
/** How long a start waits for another owner to end, in ms: longer than the ghost of an owner that was killed lasts. */
const PATIENCE = 10_000;
/** An owner that did not renew for so long is taken for dead where nothing hangs on it, in ms. */
const SILENT_AFTER = 2.5 * RENEW_EVERY;

/** The right to write to a state directory, for as long as nobody else takes it. */
export interface Lease {
  /** One above that of the owner before. */
  readonly epoch: number;
  /** Whether this owner still has the directory. Looks each time: cheap enough for every write, and never throws. */
  isHeld(): boolean;
  /** Gives the directory free, so that the next owner need not wait. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /** How long to wait for another owner to end, in ms. */
  readonly patience?: number;
  /** The highest epoch that is named anywhere else in the directory: the lease of a restored backup may be an older one. */
  readonly namedElsewhere?: () => number;
  /** Told once when there is another owner to wait for, in words. */
  readonly onWait?: (holder: string) => void;
  /** Told once, at a turn of its own, when somebody else has the directory. */
  readonly onLost?: (error: EdgekeeperError) => void;
  /** Called when the directory vanished and is made anew, before the lease is in it again. */
  readonly onRemade?: () => void;
}

/**
 * Makes the caller the only owner of a state directory. Another owner is judged by what it does, never by a number of a
 * process, a clock of another machine or a name: the caller watches, on its own clock, whether the lease is renewed. One
 * that is not is taken over; one that is, or is just being taken by somebody else, is waited for. Throws `STATE_LOCKED`
 * when that takes too long, and `STATE_UNWRITABLE`.
 */
export async function takeLease(directory: string, options: LeaseOptions = {}): Promise<DirectoryLease> {
  const { patience = PATIENCE, namedElsewhere = () => 0, onWait } = options;
  const watch = new Watch();
  const end = performance.now() + patience;
  let isWaiting = false;
  try {
    for (;;) {
      const found = latestLease(directory);
      if (found === null || found.record?.released || watch.unchangedFor(found) >= STALE_AFTER) {
        const last = Math.max(found?.epoch ?? 0, namedElsewhere());
        const lease = DirectoryLease.take(directory, last + 1, options);
        if (lease !== null) return lease;
      }
      const holder = found?.record ?? null;
      if (performance.now() >= end) throw locked(directory, holder);
      if (!isWaiting) onWait?.(holderOf(holder));
      isWaiting = true;
      await sleep(LOOK_EVERY);
    }
  } catch (cause) {
    throw cause instanceof EdgekeeperError ? cause : unwritable(directory, cause);
  }
}

/** Whether a bot has a state directory open: at once where nobody does, else as soon as the owner renews its lease. */
export async function isOpen(directory: string): Promise<boolean> {
  const watch = new Watch();
  try {
    for (let first: string | null = null; ; await sleep(LOOK_EVERY)) {
      const found = latestLease(directory);
      if (found === null || found.record?.released) return false;
      if (first !== null && found.text !== first) return true;
      first = found.text;
      if (watch.unchangedFor(found) >= SILENT_AFTER) return false;
    }
  } catch {
    // A directory that cannot be seen is nobody's, as far as one can tell.
    return false;
  }
}

/** Looks at the lease of somebody else again and again. */
class Watch {
  #seen = '';
  #unchanged = 0;
  #looked = performance.now();

  /** For how long it was seen to stay the same, in ms on this process's clock. */
  unchangedFor({ epoch, text }: FoundLease): number {
    const now = performance.now();
    const watched = Math.min(now - this.#looked, LONGEST_LOOK);
    this.#looked = now;
    const seen = `${epoch} ${text}`;
    this.#unchanged = seen === this.#seen ? this.#unchanged + watched : 0;
    this.#seen = seen;
    return this.#unchanged;
  }
}

/** A lease as its owner has it, renewed until it is released or lost. */
export class DirectoryLease implements Lease {
  readonly #directory: string;
  readonly #options: LeaseOptions;
  readonly #timer: NodeJS.Timeout;
  #record: LeaseRecord;
  #epoch: number;
  #state: 'held' | 'lost' | 'released' = 'held';
  #lost: EdgekeeperError | null = null;

  private constructor(directory: string, epoch: number, record: LeaseRecord, options: LeaseOptions) {
    this.#directory = directory;
    this.#epoch = epoch;
    this.#record = record;
    this.#options = options;
    this.#timer = setInterval(() => this.#renew(), RENEW_EVERY);
    this.#timer.unref();
  }

  /** Takes an epoch. Null where somebody else has it, or a later one. */
  static take(directory: string, epoch: number, options: LeaseOptions): DirectoryLease | null {
    const record: LeaseRecord = {
      owner: randomUUID(),
      renewals: 0,
      since: new Date().toISOString(),
      host: hostname(),
      released: false,
    };
    return makeLatest(directory, epoch, record)
      ? new DirectoryLease(directory, epoch, record, options)
      : null;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** What to say where somebody else has the directory, which is for good; null where nobody has. */
  get lost(): EdgekeeperError | null {
    return this.#lost;
  }

  isHeld(): boolean {
    try {
      return this.#look() === 'held' || (this.#state === 'held' && this.#remake());
    } catch {
      // A disk that cannot be read takes the directory from nobody: what is wrong with it shows where it is written.
      return this.#state === 'held';
    }
  }

  /** Throws `LEASE_LOST` where the directory is somebody else's, and `STATE_UNWRITABLE` where it was given free. */
  mustHold(): void {
    if (!this.isHeld()) throw this.#lost ?? unwritable(this.#directory, new Error('it is closed'));
  }

  /** Gives the directory free before it returns, for a process that ends now. Never throws. */
  releaseNow(): void {
    clearInterval(this.#timer);
    try {
      if (this.#look() === 'held') this.#write({ ...this.#record, released: true });
    } catch {
      // The next owner has to wait.
    }
    if (this.#state === 'held') this.#state = 'released';
  }

  async release(): Promise<void> {
    this.releaseNow();
  }

  #look(): 'held' | 'gone' | 'lost' | 'released' {
    if (this.#state !== 'held') return this.#state;
    const found = latestLease(this.#directory);
    if (found === null) return 'gone';
    // Half a record is our own, cut off: nobody else writes to the file of this epoch.
    const isOurs = found.record === null || found.record.owner === this.#record.owner;
    if (found.epoch === this.#epoch && isOurs) return 'held';
    this.#lose(found.record);
    return 'lost';
  }

  #renew(): void {
    if (this.isHeld()) this.#write({ ...this.#record, renewals: this.#record.renewals + 1 });
  }

  #write(record: LeaseRecord): void {
    this.#record = record;
    try {
      rewriteLease(this.#directory, this.#epoch, record);
    } catch {
      // Whoever waits may take the directory then, which the next look shows.
    }
  }

  /** What vanished with its directory is taken again: nobody else has it. */
  #remake(): boolean {
    makeDirectory(this.#directory);
    this.#options.onRemade?.();
    if (!makeLatest(this.#directory, this.#epoch + 1, this.#record)) return false;
    this.#epoch += 1;
    return true;
  }

  #lose(holder: LeaseRecord | null): void {
    this.#state = 'lost';
    clearInterval(this.#timer);
    const error = new EdgekeeperError('LEASE_LOST', {
      found: `${this.#directory} ${holderOf(holder)}`,
      expected: 'that nobody else opens the state directory of a bot that runs',
      hint: 'Nothing is written any more, and sizes stay as they were learned; stop one of the two and start anew.',
    });
    // Whoever looks may be in the middle of a write.
    this.#lost = error;
    queueMicrotask(() => this.#options.onLost?.(error));
  }
}

/** Makes the lease of an epoch, and sees that there is no later one: then false. */
function makeLatest(directory: string, epoch: number, record: LeaseRecord): boolean {
  if (!makeLease(directory, epoch, record)) return false;
  if (latestLease(directory)?.epoch !== epoch) {
    dropLease(directory, epoch);
    return false;
  }
  try {
    dropEarlierLeases(directory, epoch);
  } catch {
    // They stay, and say nothing.
  }
  return true;
}

const holderOf = (record: LeaseRecord | null): string =>
  record === null
    ? 'in use by another process'
    : `in use since ${show(record.since)} by a process on ${show(record.host)}`;

function locked(directory: string, record: LeaseRecord | null): EdgekeeperError {
  return new EdgekeeperError('STATE_LOCKED', {
    found: `${directory}, ${holderOf(record)}`,
    expected: 'a state directory of its own for each bot',
    hint: 'Stop the other process, or name another directory with --state-dir.',
  });
}
