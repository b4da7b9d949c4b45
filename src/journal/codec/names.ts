/** More names than this are written out each time: a host that makes them up must not fill memory and segments. */
const MOST = 4096;

/** A name in a line: its place in the table, or itself. */
export type NameSlot = number | string;

/** The names of strategies, symbols and timeframes that a writer has declared, each by its place. */
export class NameTable {
  readonly #slots = new Map<string, number>();
  readonly #names: string[] = [];

  get size(): number {
    return this.#names.length;
  }

  slotOf(name: string): NameSlot {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= MOST) return name;
    this.#slots.set(name, this.#names.length);
    this.#names.push(name);
    return this.#names.length - 1;
  }

  /** The names from a place on. */
  from(place: number): readonly string[] {
    return this.#names.slice(place);
  }
}

/** The names that the lines of a segment declared so far. */
export class KnownNames {
  readonly #names: string[] = [];

  declare(place: number, names: readonly string[]): void {
    for (const [i, name] of names.entries()) this.#names[place + i] = name;
  }

  /** Throws where the line that declared it is lost. */
  at(slot: NameSlot): string {
    if (typeof slot === 'string') return slot;
    const name = this.#names[slot];
    if (name === undefined) throw new Error(`nobody knows name ${slot}`);
    return name;
  }
}
