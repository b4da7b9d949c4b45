interface Timer {
  at: number;
  readonly run: () => void;
}

/** Turns of the event loop without a request under way after which nothing is going on any more. */
const QUIET_TURNS = 3;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * The time of the world. While it is installed, `Date.now` is its time, and the timers of the product run by it;
 * those of ccxt, of its transport and of the server keep the machine's, for they wait for real sockets.
 */
export class Clock {
  /** Ms since the epoch. */
  now: number;
  #timers = new Map<object, Timer>();
  #underWay = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** Counts a request until it is answered: time stands still meanwhile. */
  async during<T>(request: Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await request;
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Takes the place of the machine's clock; what it answers gives that back. */
  install(): () => void {
    const { setTimeout: realSet, clearTimeout: realClear } = globalThis;
    const realNow = Date.now;
    const set = (run: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) => {
      if (!isTheProducts(new Error().stack)) return realSet(run, delay, ...args);
      const handle = { ref: () => handle, unref: () => handle, hasRef: () => false };
      this.#timers.set(handle, { at: this.now + delay, run: () => run(...args) });
      return handle;
    };
    const clear = (handle: unknown) => {
      if (!this.#timers.delete(handle as object)) realClear(handle as NodeJS.Timeout);
    };
    Date.now = () => this.now;
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    return () => {
      Date.now = realNow;
      Object.assign(globalThis, { setTimeout: realSet, clearTimeout: realClear });
      this.#timers.clear();
    };
  }

  /** Lets time pass: timers run when theirs has come, and what they ask is answered before the next. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      await this.quiet();
      const [handle, next] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (handle === undefined || next === undefined || next.at > until) break;
      this.#timers.delete(handle);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = until;
  }

  /** Resolves when no request is under way and none follows. */
  async quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns = this.#underWay === 0 ? turns + 1 : 0) await turn();
  }
}

/** Whether a timer is set by the product's own code. */
function isTheProducts(stack = ''): boolean {
  const [, , caller = ''] = stack.split('\n');
  return /\/(adapters|src)\//.test(caller) && !/\/(test|node_modules)\//.test(caller);
}
