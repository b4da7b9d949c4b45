import type { Section } from './sections.ts';
import type { SectionId, Snapshot } from './snapshot.ts';

/** Some items of a section, as JSON. */
export interface SnapshotPiece {
  readonly section: SectionId;
  readonly items: string;
}

/** Characters after which a piece ends: it takes a millisecond or two. */
export const PIECE = 64_000;

/** A section, and which of its items are written, or are kept as they were because they are about to change. */
interface Way {
  readonly section: Section;
  readonly positions: ReadonlyMap<string, number>;
  readonly kept: Map<string, string>;
}

/**
 * The state of one moment, written down in pieces while the engine goes on: what is about to change before it is written
 * is kept as it was.
 */
export class SnapshotWalk {
  /** Everything but the sections, as JSON: a snapshot whose lists are empty. */
  readonly head: string;
  readonly #ways: readonly Way[];
  readonly #pieceLength: number;
  /** Where the next piece begins. */
  #way = 0;
  #position = 0;
  #isBroken = false;
  #isFinished = false;

  constructor(head: Snapshot, sections: readonly Section[], pieceLength: number) {
    this.#pieceLength = pieceLength;
    this.head = JSON.stringify(head);
    this.#ways = sections.map((section) => ({
      section,
      positions: new Map(section.by === null ? [] : section.names.map((name, i) => [name, i])),
      kept: new Map(),
    }));
  }

  /** Whether something changed too much at once: what was written is of no use, and a new walk must begin. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The next piece; null at the end, or once it is broken. */
  next(): SnapshotPiece | null {
    const way = this.#isBroken ? undefined : this.#ways[this.#way];
    if (way === undefined) return null;
    const { section, kept } = way;
    const texts: string[] = [];
    let length = 0;
    while (this.#position < section.names.length && length < this.#pieceLength) {
      const name = section.names[this.#position]!;
      const text = kept.get(name) ?? textOf(section, name);
      kept.delete(name);
      this.#position += 1;
      length += text.length;
      if (text !== '') texts.push(text);
    }
    if (this.#position >= section.names.length) {
      this.#way += 1;
      this.#position = 0;
    }
    return texts.length === 0 ? this.next() : { section: section.id, items: `[${texts.join(',')}]` };
  }

  /** Keeps all that is not written yet as it is now: nothing breaks it any more. */
  finish(): void {
    for (const { section, kept } of this.#ways)
      for (const name of section.names) if (!kept.has(name)) kept.set(name, textOf(section, name));
    this.#isFinished = true;
  }

  /** Keeps what is known by a name as it is now: it is about to change. */
  keep(by: 'strategy' | 'symbol', name: string): void {
    if (this.#isFinished) return;
    for (let i = this.#way; i < this.#ways.length; i += 1) {
      const { section, positions, kept } = this.#ways[i]!;
      if (section.by !== by || kept.has(name)) continue;
      const position = positions.get(name) ?? -1;
      const isWritten = i === this.#way && position < this.#position;
      if (position >= 0 && !isWritten) kept.set(name, textOf(section, name));
    }
  }

  /** Much is about to change at once. */
  break(): void {
    this.#isBroken = !this.#isFinished;
  }
}

const textOf = (section: Section, name: string): string =>
  section
    .itemsOf(name)
    .map((item) => JSON.stringify(item))
    .join(',');
