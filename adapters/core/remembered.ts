import { Latest } from './latest.ts';

/** Entries kept at least; more within one window would be a host that never repeats itself. */
const CAPACITY = 5000;

/** Values that hold until a time. */
export class Remembered<T> {
  readonly #kept = new Latest<{ readonly value: T; readonly until: number }>(CAPACITY);

  recall(key: string, now: number): T | undefined {
    const known = this.#kept.get(key);
    return known && now < known.until ? known.value : undefined;
  }

  keep(key: string, value: T, until: number): void {
    this.#kept.set(key, { value, until });
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }
}
