/**
 * The latest entries by name: at least `capacity` of them, and at most twice as many. They go by the generation, so that
 * one more costs the same however many there are: who lets the oldest of a map go, one at a time, walks over all that
 * went before it.
 */
export class Latest<T> {
  readonly #capacity: number;
  #young = new Map<string, T>();
  #old: ReadonlyMap<string, T> = new Map();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(name: string): T | undefined {
    return this.#young.get(name) ?? this.#old.get(name);
  }

  has(name: string): boolean {
    return this.#young.has(name) || this.#old.has(name);
  }

  /** What is set again counts as new. */
  set(name: string, value: T): void {
    this.#young.set(name, value);
    if (this.#young.size < this.#capacity) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(name: string): void {
    this.#young.delete(name);
    (this.#old as Map<string, T>).delete(name);
  }

  clear(): void {
    this.#young.clear();
    this.#old = new Map();
  }

  /** Names, oldest first. */
  names(): string[] {
    return [...[...this.#old.keys()].filter((name) => !this.#young.has(name)), ...this.#young.keys()];
  }
}
