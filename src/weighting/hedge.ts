import { z } from '../model/z.ts';
import { clip } from '../statistics/clip.ts';

const ETA = 0.1;
const ALPHA = 0.005;
/** A scale smaller than this is worked into the shares: once in some thousand outcomes. */
const LEAST_SCALE = 1e-6;

export const sharesSchema = z.object({
  scale: z.number().positive(),
  offset: z.number(),
  /** By strategy; a share is `scale * raw + offset`. */
  raw: z.array(z.tuple([z.string(), z.number()])),
});
export type SharesState = z.infer<typeof sharesSchema>;

/**
 * Shares of all strategies, which sum to 1, by fixed share: after an outcome of one of them exponential weights, then a
 * small part of everything is shared out again, so that no share dies. Herbster and Warmuth, "Tracking the Best
 * Expert", Machine Learning 32, 1998.
 *
 * What an outcome does to all the others is one and the same linear map. It is kept as such, so that an outcome costs
 * the same however many strategies there are.
 */
export class FixedShares {
  #raw = new Map<string, number>();
  #scale = 1;
  #offset = 0;

  /** Share of a strategy in [0,1]; 0 for one that has none. */
  of(strategy: string): number {
    const raw = this.#raw.get(strategy);
    return raw === undefined ? 0 : this.#scale * raw + this.#offset;
  }

  /** How many share. */
  get size(): number {
    return this.#raw.size;
  }

  /** Gives a strategy that has none an even share, for which the others make room in proportion. */
  admit(strategy: string): void {
    if (this.#raw.has(strategy)) return;
    const share = 1 / (this.#raw.size + 1);
    this.#settle();
    for (const [name, known] of this.#raw) this.#raw.set(name, known * (1 - share));
    this.#raw.set(strategy, share);
  }

  /** @param r outcome of a strategy that has a share, an R-multiple */
  add(strategy: string, r: number): void {
    // The whole stays the whole: rounding would move a weight that nothing moves.
    if (this.#raw.size === 1) return;
    const before = this.of(strategy);
    const raised = before * Math.exp(ETA * clip(r / 3, -1, 1));
    const kept = (1 - ALPHA) / (1 + (raised - before));
    const even = ALPHA / this.#raw.size;
    this.#scale *= kept;
    this.#offset = this.#offset * kept + even;
    this.#raw.set(strategy, (raised * kept + even - this.#offset) / this.#scale);
    if (this.#scale < LEAST_SCALE) this.#settle();
  }

  /** Gives everybody the same. */
  even(): void {
    this.#scale = 1;
    this.#offset = 0;
    for (const name of this.#raw.keys()) this.#raw.set(name, 1 / this.#raw.size);
  }

  snapshot(): SharesState {
    return { scale: this.#scale, offset: this.#offset, raw: [...this.#raw] };
  }

  restore({ scale, offset, raw }: SharesState): void {
    this.#scale = scale;
    this.#offset = offset;
    this.#raw = new Map(raw);
  }

  /** Works the map into the shares. */
  #settle(): void {
    for (const name of this.#raw.keys()) this.#raw.set(name, this.of(name));
    this.#scale = 1;
    this.#offset = 0;
  }
}
