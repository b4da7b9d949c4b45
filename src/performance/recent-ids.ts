import { EdgekeeperError } from '../model/errors.ts';
import { z } from '../model/z.ts';

/** How many ids are remembered, of trades and of positions each. */
const CAPACITY = 4096;

export const recentIdsSchema = z.object({
  /** Trades that closed up to this time can no longer be told from duplicates. */
  watermark: z.number(),
  ids: z.array(z.tuple([z.string(), z.number()])).max(CAPACITY),
});
type RecentIdsState = z.infer<typeof recentIdsSchema>;

/**
 * Tells a new trade from one seen before, in bounded memory and without ever being wrong: ids that are
 * forgotten raise a watermark of exit times, below which a trade is refused rather than counted twice.
 */
export class RecentIds {
  /** A ring of ids and when each closed: the oldest stands at `#oldest` once it is full. */
  readonly #ids: string[];
  readonly #closed: number[];
  #oldest = 0;
  readonly #known: Set<string>;
  #watermark: number;

  constructor({ watermark, ids }: RecentIdsState = { watermark: -1, ids: [] }) {
    this.#watermark = watermark;
    this.#ids = ids.map(([id]) => id);
    this.#closed = ids.map(([, closed]) => closed);
    this.#known = new Set(this.#ids);
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Whether what closed at this time may have been seen and forgotten. */
  mayHaveForgotten(exitTime: number): boolean {
    return exitTime <= this.#watermark;
  }

  /** Throws `TRADE_TOO_OLD` when the answer is no longer known. */
  isNew(id: string, exitTime: number): boolean {
    if (this.has(id)) return false;
    if (this.mayHaveForgotten(exitTime)) {
      throw new EdgekeeperError('TRADE_TOO_OLD', {
        found: `trade ${id}, closed at ${exitTime} (ms UTC)`,
        expected: `a trade that closed among the latest ${CAPACITY}`,
        hint: 'Record trades roughly in the order they close; this one can no longer be told from a duplicate.',
      });
    }
    return true;
  }

  add(id: string, exitTime: number): void {
    if (this.has(id)) return;
    this.#known.add(id);
    if (this.#ids.length < CAPACITY) {
      this.#ids.push(id);
      this.#closed.push(exitTime);
      return;
    }
    this.#known.delete(this.#ids[this.#oldest]!);
    this.#watermark = Math.max(this.#watermark, this.#closed[this.#oldest]!);
    this.#ids[this.#oldest] = id;
    this.#closed[this.#oldest] = exitTime;
    this.#oldest = (this.#oldest + 1) % CAPACITY;
  }

  snapshot(): RecentIdsState {
    const size = this.#ids.length;
    return {
      watermark: this.#watermark,
      ids: this.#ids.map((_, i) => {
        const at = (this.#oldest + i) % size;
        return [this.#ids[at]!, this.#closed[at]!];
      }),
    };
  }
}
