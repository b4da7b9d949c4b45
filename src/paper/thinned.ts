/** A series that is read once, in bounded memory: every second value is let go whenever there are too many. */
export class Thinned {
  readonly #most: number;
  #values: number[] = [];
  #every = 1;
  #seen = 0;

  /** @param most values that are kept, an even number */
  constructor(most: number) {
    this.#most = most;
  }

  add(value: number): void {
    if (this.#seen % this.#every === 0) this.#values.push(value);
    this.#seen += 1;
    if (this.#values.length <= this.#most) return;
    this.#values = this.#values.filter((_, i) => i % 2 === 0);
    this.#every *= 2;
  }

  /** Values at even distances, oldest first. */
  get values(): readonly number[] {
    return this.#values;
  }
}
