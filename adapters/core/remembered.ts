/** Entries kept at most; more within one window would be a host that never repeats itself. */
const CAPACITY = 10_000;

/**
 * Values that hold until a time. What has ended is let go in the order in which it was kept, a few at a time, so that
 * keeping one more costs the same however many there are.
 */
export class Remembered<T> {
  readonly #kept = new Map<string, { readonly value: T; readonly until: number }>();

  recall(key: string, now: number): T | undefined {
    const known = this.#kept.get(key);
    return known && now < known.until ? known.value : undefined;
  }

  keep(key: string, value: T, until: number, now: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, until });
    for (const [oldest, { until: end }] of this.#kept) {
      if (end > now && this.#kept.size <= CAPACITY) return;
      this.#kept.delete(oldest);
    }
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }
}
