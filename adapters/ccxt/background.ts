/** Between two requests of ours, in ms: an order of the bot must find the exchange's rate limit free. */
const SPACING = 250;
/** First and longest wait before a request that failed, or had no answer yet, is made again; in ms. */
const FIRST_RETRY = 1000;
const LAST_RETRY = 60_000;
/** How often it is looked whether requests may be made, in ms. */
const LOOK_EVERY = 1000;

/** What came of a request: it is done, or it wants to be made again. */
export type Outcome = 'done' | 'again';

/** Makes the request. @param last whether there is no other try */
export type Request = (last: boolean) => Promise<Outcome>;

/** How often a request is tried before it is given up. */
const TRIES = 6;

export interface When {
  /** In ms from now. */
  readonly delay?: number;
  /** Whether it is a look now and then, which nobody waits for and which is never given up. */
  readonly patient?: boolean;
  readonly most?: number;
}

interface Task {
  readonly run: Request;
  /** Nobody who waits for all to be done waits for this. */
  readonly patient: boolean;
  /** Host time in ms. */
  due: number;
  tries: number;
  readonly most: number;
}

/**
 * Requests that nobody waits for: one at a time, never faster than the spacing, each a bounded number of times. They
 * do not keep the process alive, wait until they may be made at all, and stop when the overlay is off.
 */
export class Background {
  readonly #tasks = new Map<string, Task>();
  readonly #failed: (error: unknown) => void;
  readonly #now: () => number;
  readonly #isOpen: () => boolean;
  #first: (() => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #lastRun = Number.NEGATIVE_INFINITY;
  #stopped = false;
  #hurried = 0;

  /** @param isOpen whether requests may be made yet; once they may, they may for good */
  constructor(failed: (error: unknown) => void, now: () => number, isOpen: () => boolean) {
    this.#failed = failed;
    this.#now = now;
    this.#isOpen = isOpen;
  }

  /** Asks for something; one request with a key waits at a time, the sooner of two times counts. */
  ask(key: string, run: Request, { delay = 0, patient = false, most = TRIES }: When = {}): void {
    if (this.#stopped) return;
    const due = this.#now() + delay;
    const known = this.#tasks.get(key);
    if (known) known.due = Math.min(known.due, due);
    else
      this.#tasks.set(key, { run, due, tries: 0, most: patient ? Number.POSITIVE_INFINITY : most, patient });
    this.#plan();
  }

  forget(key: string): void {
    this.#tasks.delete(key);
  }

  /** Resolves when nothing waits any more; what waits for its time is done now. */
  async settled(): Promise<void> {
    this.look();
    this.#hurried += 1;
    try {
      while (!this.#stopped && this.#isOpen() && (this.#running !== null || this.#next() !== null)) {
        this.#plan();
        await (this.#running ?? Promise.resolve());
      }
    } finally {
      this.#hurried -= 1;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#tasks.clear();
    this.#first = null;
    clearTimeout(this.#timer);
  }

  start(): void {
    this.#stopped = false;
  }

  /** Runs before the first request that is made, at once where requests may be made. */
  whenOpen(work: () => void): void {
    this.#first = work;
    this.look();
  }

  /** Requests may be made now, perhaps. */
  look(): void {
    if (this.#first !== null && this.#isOpen()) {
      const work = this.#first;
      this.#first = null;
      try {
        work();
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#plan();
  }

  #plan(): void {
    if (this.#running !== null || this.#stopped) return;
    clearTimeout(this.#timer);
    if (!this.#isOpen()) {
      this.#timer = setTimeout(() => this.look(), LOOK_EVERY);
      this.#timer.unref();
      return;
    }
    const next = this.#next();
    if (next === null) return;
    const [key, task] = next;
    const free = this.#lastRun + SPACING;
    const wait = this.#hurried > 0 ? 0 : Math.max(task.due, free) - this.#now();
    if (wait > 0) {
      // A clock that steps back must not put it off for good.
      this.#timer = setTimeout(() => this.#plan(), Math.min(wait, LAST_RETRY));
      this.#timer.unref();
      return;
    }
    this.#tasks.delete(key);
    this.#running = this.#run(key, task).finally(() => {
      this.#running = null;
      this.#plan();
    });
  }

  async #run(key: string, task: Task): Promise<void> {
    this.#lastRun = this.#now();
    let outcome: Outcome = 'again';
    try {
      outcome = await task.run(task.tries + 1 >= task.most);
    } catch (error) {
      if (!this.#stopped) this.#failed(error);
    }
    task.tries += 1;
    if (outcome === 'done' || task.tries >= task.most || this.#stopped) return;
    const retry = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (task.tries - 1));
    task.due = this.#now() + retry;
    const asked = this.#tasks.get(key);
    if (asked) asked.due = Math.min(asked.due, task.due);
    else this.#tasks.set(key, task);
  }

  #next(): [string, Task] | null {
    let next: [string, Task] | null = null;
    for (const entry of this.#tasks) {
      if (this.#hurried > 0 && entry[1].patient) continue;
      if (next === null || entry[1].due < next[1].due) next = entry;
    }
    return next;
  }
}
