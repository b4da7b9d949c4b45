import { z } from '../model/z.ts';

/** Sums over blocks of time, by the start of the block in blocks since the epoch; plain JSON. */
export const timeBlocksSchema = z.object({
  /** Length of a block in ms. */
  base: z.number().positive(),
  /** Index of the block, and its sums. */
  blocks: z.array(z.array(z.number())),
});
export type TimeBlocksState = z.infer<typeof timeBlocksSchema>;

const HOUR = 3_600_000;
const CAPACITY = 1024;

/**
 * Sums over blocks of time in bounded memory: once there are more than 1024 blocks, pairs merge and a block becomes
 * twice as long. Blocks are aligned to the epoch, so that they do not depend on what came first.
 */
export class TimeBlocks {
  #base = HOUR;
  #blocks = new Map<number, Float64Array>();
  readonly #width: number;

  /** @param width sums a block keeps */
  constructor(width: number) {
    this.#width = width;
  }

  /** Length of a block in ms. */
  get base(): number {
    return this.#base;
  }

  /** Adds to the sums of the block of a time. */
  add(time: number, ...values: readonly number[]): void {
    const index = Math.floor(time / this.#base);
    let sums = this.#blocks.get(index);
    if (!sums) {
      sums = new Float64Array(this.#width);
      this.#blocks.set(index, sums);
    }
    for (let i = 0; i < this.#width; i += 1) sums[i]! += values[i]!;
    while (this.#blocks.size > CAPACITY) this.#merge();
  }

  /** Adds the sums of other blocks of the same width. */
  merge({ base, blocks }: TimeBlocksState): void {
    while (this.#base < base) this.#merge();
    for (const [index, ...sums] of blocks) this.add(index! * base, ...sums);
  }

  /** Blocks by index, earliest first. */
  sorted(): (readonly [index: number, sums: Float64Array])[] {
    return [...this.#blocks].sort(([a], [b]) => a - b);
  }

  snapshot(): TimeBlocksState {
    return { base: this.#base, blocks: this.sorted().map(([index, sums]) => [index, ...sums]) };
  }

  restore({ base, blocks }: TimeBlocksState): void {
    this.#base = base;
    this.#blocks = new Map(blocks.map(([index, ...sums]) => [index!, Float64Array.from(sums)]));
  }

  #merge(): void {
    const merged = new Map<number, Float64Array>();
    for (const [index, sums] of this.#blocks) {
      const half = Math.floor(index / 2);
      const into = merged.get(half);
      if (into) for (let i = 0; i < this.#width; i += 1) into[i]! += sums[i]!;
      else merged.set(half, sums);
    }
    this.#blocks = merged;
    this.#base *= 2;
  }
}

const DAY = 24 * HOUR;

/**
 * Length of a period in blocks: outcomes of one period may hang together, those of different ones hardly. At least a
 * day, and twice as long as a position is held.
 */
export function blocksInPeriod(base: number, meanHeld: number): number {
  let blocks = 1;
  while (blocks * base < Math.max(DAY, 2 * meanHeld)) blocks *= 2;
  return blocks;
}
