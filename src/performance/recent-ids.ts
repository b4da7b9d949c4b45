import { z } from 'zod';
import { EdgekeeperError } from '../model/errors.ts';

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
  readonly #ids: Map<string, number>;
  #watermark: number;

  constructor({ watermark, ids }: RecentIdsState = { watermark: -1, ids: [] }) {
    this.#watermark = watermark;
    this.#ids = new Map(ids);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
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
    this.#ids.set(id, exitTime);
    if (this.#ids.size <= CAPACITY) return;
    const [oldest, closed] = this.#ids.entries().next().value!;
    this.#ids.delete(oldest);
    this.#watermark = Math.max(this.#watermark, closed);
  }

  snapshot(): RecentIdsState {
    return { watermark: this.#watermark, ids: [...this.#ids] };
  }
}
