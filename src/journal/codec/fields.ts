import { exactlyRead } from './packed.ts';

/** The fields of a line, read one after the other. */
export class Fields {
  readonly #values: readonly unknown[];
  #at: number;

  /** @param at the first that is read */
  constructor(values: readonly unknown[], at: number) {
    this.#values = values;
    this.#at = at;
  }

  get isDone(): boolean {
    return this.#at >= this.#values.length;
  }

  next<T>(): T {
    const value = this.#values[this.#at];
    if (value === undefined) throw new Error(`it ends before field ${this.#at}`);
    this.#at += 1;
    return value as T;
  }

  /** A number that `exactly` wrote. */
  number(): number {
    return exactlyRead(this.next<number | string>());
  }

  numberOrNull(): number | null {
    const value = this.next<number | string | null>();
    return value === null ? null : exactlyRead(value);
  }
}
