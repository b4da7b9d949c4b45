import { demand } from './row.ts';

/** What calls took, in us. */
export interface Timing {
  readonly median: number;
  readonly p99: number;
}

/** What calls came to, so that the compiler cannot leave out work of which nobody uses the result. */
const sink: { value: unknown } = { value: null };
export const keep = (value: unknown): void => {
  sink.value = value;
};

export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: Iterable<number>): number => quantile(Float64Array.from(values).sort(), 0.5);

/** What reading the clock twice takes, in us: it is taken off every call that is timed by itself. */
const clockCost = (() => {
  const costs = new Float64Array(20_000);
  for (let i = 0; i < costs.length; i += 1) {
    const began = performance.now();
    costs[i] = (performance.now() - began) * 1000;
  }
  return quantile(costs.subarray(10_000).sort(), 0.5);
})();

/** How often another process has taken the processor from this one. */
export const switches = (): number => process.resourceUsage().involuntaryContextSwitches;

/**
 * Times of single calls. One during which another process had the processor is dropped: on a machine that others use, too,
 * they would be all that a p99 shows.
 */
export class Times {
  readonly #values: number[] = [];
  #switches = switches();
  #dropped = 0;

  /** @param milliseconds from before the call to after it */
  add(milliseconds: number): void {
    const before = this.#switches;
    this.#switches = switches();
    if (this.#switches === before) this.#values.push(milliseconds * 1000 - clockCost);
    else this.#dropped += 1;
  }

  /** @param atLeast so many calls, or nothing was measured */
  timing(atLeast = 100): Timing {
    const { length } = this.#values;
    demand(
      length >= atLeast,
      `${length} calls were timed, ${this.#dropped} were interrupted; ${atLeast} are needed`,
    );
    const sorted = Float64Array.from(this.#values).sort();
    return { median: Math.max(0, quantile(sorted, 0.5)), p99: Math.max(0, quantile(sorted, 0.99)) };
  }

  time(call: () => unknown): void {
    const began = performance.now();
    const value = call();
    this.add(performance.now() - began);
    sink.value = value;
  }

  async timeAsync(call: () => Promise<unknown>): Promise<void> {
    const began = performance.now();
    const value = await call();
    this.add(performance.now() - began);
    sink.value = value;
  }
}

export type Calls<K extends string> = Readonly<Record<K, (i: number) => unknown>>;

/**
 * Times single calls of several kinds in turns, so that what the machine does meanwhile hits all alike.
 * @param warm turns that are not counted
 */
export function singly<K extends string>(
  calls: Calls<K>,
  { turns = 20, each = 1000, warm = 5 }: { turns?: number; each?: number; warm?: number } = {},
): Record<K, Timing> {
  const names = Object.keys(calls) as K[];
  const times = Object.fromEntries(names.map((name) => [name, new Times()])) as Record<K, Times>;
  for (let turn = -warm; turn < turns; turn += 1)
    for (const name of names) {
      const call = calls[name];
      const into = turn < 0 ? new Times() : times[name];
      for (let i = 0; i < each; i += 1) into.time(() => call(i));
    }
  return Object.fromEntries(names.map((name) => [name, times[name].timing()])) as Record<K, Timing>;
}

/** Median time of a call, in us, of calls too short for the clock: batches of them, less an empty loop. */
export function inBatches<K extends string>(
  calls: Calls<K>,
  { turns = 60, each = 2000, warm = 15 }: { turns?: number; each?: number; warm?: number } = {},
): Record<K, number> {
  const names = Object.keys(calls) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  const empty: number[] = [];
  for (let turn = -warm; turn < turns; turn += 1) {
    empty.push(batch((i) => i, each));
    for (const name of names) {
      const took = batch(calls[name], each);
      if (turn >= 0) times[name].push(took);
    }
  }
  const loop = median(empty);
  return Object.fromEntries(
    names.map((name) => [name, Math.max(0.0001, median(times[name]) - loop)]),
  ) as Record<K, number>;
}

function batch(call: (i: number) => unknown, each: number): number {
  const began = performance.now();
  for (let i = 0; i < each; i += 1) sink.value = call(i);
  return ((performance.now() - began) * 1000) / each;
}

/** Processor time of this process so far, in us. */
export function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Processor time in us of a call that takes so long that another process may well run meanwhile. */
export function cpuOf(call: () => unknown): number {
  const began = cpu();
  sink.value = call();
  return cpu() - began;
}
