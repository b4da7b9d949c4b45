import { createRequire, syncBuiltinESMExports } from 'node:module';

type Work = (...args: unknown[]) => void;

/** A timer of the virtual time, with what Node's have. */
class VirtualTimer {
  readonly #time: VirtualTime;
  readonly work: () => void;
  readonly delay: number;
  readonly repeats: boolean;
  isReferenced = true;

  constructor(time: VirtualTime, work: () => void, delay: number, repeats: boolean) {
    this.#time = time;
    this.work = work;
    this.delay = delay;
    this.repeats = repeats;
  }

  ref(): this {
    this.isReferenced = true;
    return this;
  }

  unref(): this {
    this.isReferenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.isReferenced;
  }

  refresh(): this {
    this.#time.arm(this);
    return this;
  }

  close(): this {
    this.#time.disarm(this);
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.toPrimitive](): number {
    return this.#time.numberOf(this);
  }
}

interface Armed {
  readonly timer: VirtualTimer;
  readonly at: number;
  readonly order: number;
}

/** Longest delay of a timer; Node takes longer ones for 1 ms. */
const LONGEST = 2 ** 31 - 1;

/**
 * A process's time that stands still until it is moved on: `Date` and the timers of Node go by it, so that a bot lives
 * through a year of candles as fast as it can think.
 */
export class VirtualTime {
  #now: number;
  #orders = 0;
  readonly #armed: Armed[] = [];
  readonly #numbers = new Map<number, VirtualTimer>();
  readonly #numberOf = new WeakMap<VirtualTimer, number>();
  #restore: (() => void) | null = null;

  /** @param start ms UTC */
  constructor(start: number) {
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  /** When the next timer is due, ms UTC; null where none is that keeps a process alive. */
  get nextAt(): number | null {
    return this.#armed.some(({ timer }) => timer.isReferenced) ? this.#armed[0]!.at : null;
  }

  /** Moves on to a time, without a look at timers. */
  goTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }

  /** Moves on to the next timer and runs it. What it throws ends the process, as it would live. */
  fireNext(): void {
    const { timer, at } = this.#armed.shift()!;
    this.goTo(at);
    if (timer.repeats) this.arm(timer);
    try {
      timer.work();
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }

  /** In order of time, then of age. */
  arm(timer: VirtualTimer): void {
    this.disarm(timer);
    this.#orders += 1;
    const armed = { timer, at: this.#now + timer.delay, order: this.#orders };
    let [low, high] = [0, this.#armed.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#armed[middle]!.at <= armed.at) low = middle + 1;
      else high = middle;
    }
    this.#armed.splice(low, 0, armed);
  }

  disarm(timer: VirtualTimer): void {
    const found = this.#armed.findIndex((each) => each.timer === timer);
    if (found >= 0) this.#armed.splice(found, 1);
  }

  /** The number that stands for a timer: some keep that alone. */
  numberOf(timer: VirtualTimer): number {
    const number = this.#numberOf.get(timer) ?? this.#numbers.size + 1;
    this.#numberOf.set(timer, number);
    this.#numbers.set(number, timer);
    return number;
  }

  /** Puts this time in place of the process's. What was loaded before and kept a timer function for itself is not moved. */
  install(): void {
    const { Date: RealDate } = globalThis;
    const timers = createRequire(import.meta.url)('node:timers') as Record<string, unknown>;
    const promises = createRequire(import.meta.url)('node:timers/promises') as Record<string, unknown>;
    const replaced = new Map<Record<string, unknown>, Record<string, unknown>>();
    const replace = (on: Record<string, unknown>, by: Record<string, unknown>) => {
      replaced.set(on, Object.fromEntries(Object.keys(by).map((name) => [name, on[name]])));
      Object.assign(on, by);
    };
    const now = () => this.#now;
    const VirtualDate = new Proxy(RealDate, {
      apply: () => new RealDate(now()).toString(),
      construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
      get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
    });
    const make =
      (repeats: boolean) =>
      (work: Work, delay?: unknown, ...args: unknown[]) => {
        const ms = Math.trunc(Number(delay));
        const timer = new VirtualTimer(this, () => work(...args), ms >= 1 && ms <= LONGEST ? ms : 1, repeats);
        this.arm(timer);
        return timer;
      };
    const clear = (timer: unknown) => {
      const found = timer instanceof VirtualTimer ? timer : this.#numbers.get(Number(timer));
      if (found) this.disarm(found);
    };
    const own = {
      setTimeout: make(false),
      setInterval: make(true),
      clearTimeout: clear,
      clearInterval: clear,
    };
    const wait = (ms?: number, value?: unknown, options: { signal?: AbortSignal; ref?: boolean } = {}) =>
      new Promise((resolve, reject) => {
        const { signal, ref = true } = options;
        const fail = () => {
          clear(timer);
          reject(signal?.reason);
        };
        const timer = own.setTimeout(() => {
          signal?.removeEventListener('abort', fail);
          resolve(value);
        }, ms);
        if (!ref) timer.unref();
        if (signal?.aborted) fail();
        else signal?.addEventListener('abort', fail, { once: true });
      });
    // Node keeps `setTimeout` usable with `util.promisify`.
    Object.assign(own.setTimeout, { [Symbol.for('nodejs.util.promisify.custom')]: wait });
    replace(globalThis as unknown as Record<string, unknown>, { ...own, Date: VirtualDate });
    replace(timers, own);
    replace(promises, { setTimeout: wait });
    syncBuiltinESMExports();
    this.#restore = () => {
      for (const [on, before] of replaced) Object.assign(on, before);
      syncBuiltinESMExports();
    };
  }

  /** Gives the process its own time back. */
  uninstall(): void {
    this.#restore?.();
    this.#restore = null;
  }
}
