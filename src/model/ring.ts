/** The latest `capacity` values, oldest first. */
export class Ring<T> {
  readonly #capacity: number;
  #items: T[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(item: T): void {
    this.#items.push(item);
    // Cutting at twice the size makes a push O(1) on average without index arithmetic.
    if (this.#items.length >= 2 * this.#capacity) this.#items = this.#items.slice(-this.#capacity);
  }

  /** The latest `limit` values, oldest first. */
  latest(limit = this.#capacity): T[] {
    return limit > 0 ? this.#items.slice(-Math.min(limit, this.#capacity)) : [];
  }

  replace(items: readonly T[]): void {
    this.#items = items.slice(-this.#capacity);
  }
}
