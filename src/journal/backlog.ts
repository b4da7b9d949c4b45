import { type LostEvent, lostLine } from './codec/line.ts';

/** Lines that wait to be written: those of one event, or one that says which events are lost. */
export interface Waiting {
  /** The events that it accounts for; all but the last are lost. */
  readonly from: number;
  readonly seq: number;
  readonly lines: readonly string[];
  /** Their characters. */
  readonly size: number;
  readonly lost: LostEvent | null;
}

export function waitingEvent(seq: number, lines: readonly string[]): Waiting {
  let size = 0;
  for (const line of lines) size += line.length;
  return { from: seq, seq, lines, size, lost: null };
}

export function waitingLoss(from: number, to: number): Waiting {
  const lost: LostEvent = { type: 'lost', from, to };
  return { ...waitingEvent(to, [lostLine(lost)]), from, lost };
}

/** What waits to be written, the oldest first. */
export class Backlog {
  #waiting: Waiting[] = [];
  #size = 0;

  /** How many events wait. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Characters of their lines. */
  get size(): number {
    return this.#size;
  }

  get first(): Waiting | null {
    return this.#waiting[0] ?? null;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#size += waiting.size;
  }

  /** Puts back what was taken. */
  addFirst(waiting: readonly Waiting[]): void {
    this.#waiting = [...waiting, ...this.#waiting];
    for (const { size } of waiting) this.#size += size;
  }

  /** Takes the oldest, so many of them and so many characters at most, but at least one. */
  take(count: number, size: number): Waiting[] {
    let [end, taken] = [0, 0];
    while (end < this.#waiting.length && end < count && taken < size) {
      taken += this.#waiting[end]!.size;
      end += 1;
    }
    const oldest = this.#waiting.slice(0, end);
    this.#waiting = end === this.#waiting.length ? [] : this.#waiting.slice(end);
    this.#size -= taken;
    return oldest;
  }

  /** Gives up the oldest beyond so many, some at a time, and keeps a line that says so in their place. */
  keepLatest(count: number): void {
    const beyond = this.#waiting.length - count;
    if (beyond <= count >> 4) return;
    const gone = this.#waiting.splice(0, beyond + 1);
    for (const { size } of gone) this.#size -= size;
    this.addFirst([waitingLoss(gone[0]!.from, gone.at(-1)!.seq)]);
  }

  clear(): void {
    [this.#waiting, this.#size] = [[], 0];
  }
}
