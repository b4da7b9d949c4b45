import { z } from 'zod';
import { clip } from '../statistics/clip.ts';

const ETA = 0.1;
const ALPHA = 0.005;
/** A scale smaller than this is worked into the shares: once in some thousand outcomes. */
const LEAST_SCALE = 1e-6;

export const sharesSchema = z.object({ scale: z.number().positive(), offset: z.number() });
export type SharesState = z.infer<typeof sharesSchema>;

/** Who has a share: `scale * share + offset` of everything. */
interface Holder {
  share: number;
}

/**
 * Shares of all strategies, which sum to 1, by fixed share: after an outcome of one of them exponential weights, then a
 * small part of everything is shared out again, so that no share dies. Herbster and Warmuth, "Tracking the Best
 * Expert", Machine Learning 32, 1998.
 *
 * What an outcome does to all the others is one and the same linear map. It is kept as such, so that an outcome costs
 * the same however many strategies there are.
 */
export class FixedShares {
  readonly #holders: ReadonlyMap<string, Holder>;
  #scale = 1;
  #offset = 0;

  /** @param holders of all shares; who comes to it is admitted first */
  constructor(holders: ReadonlyMap<string, Holder>) {
    this.#holders = holders;
  }

  /** A share in [0,1]. */
  of({ share }: Readonly<Holder>): number {
    return this.#scale * share + this.#offset;
  }

  /** What one who is about to come gets: an even share, for which the others make room in proportion. */
  admit(): number {
    const share = 1 / (this.#holders.size + 1);
    this.#settle();
    for (const holder of this.#holders.values()) holder.share *= 1 - share;
    return share;
  }

  /** @param r outcome of the holder's strategy, an R-multiple */
  add(holder: Holder, r: number): void {
    const before = this.of(holder);
    const raised = before * Math.exp(ETA * clip(r / 3, -1, 1));
    const kept = (1 - ALPHA) / (1 + (raised - before));
    const even = ALPHA / this.#holders.size;
    this.#scale *= kept;
    this.#offset = this.#offset * kept + even;
    holder.share = (raised * kept + even - this.#offset) / this.#scale;
    if (this.#scale < LEAST_SCALE) this.#settle();
  }

  /** Gives everybody the same. */
  even(): void {
    this.#scale = 1;
    this.#offset = 0;
    for (const holder of this.#holders.values()) holder.share = 1 / this.#holders.size;
  }

  snapshot(): SharesState {
    return { scale: this.#scale, offset: this.#offset };
  }

  restore({ scale, offset }: SharesState): void {
    this.#scale = scale;
    this.#offset = offset;
  }

  /** Works the map into the shares. */
  #settle(): void {
    for (const holder of this.#holders.values()) holder.share = this.of(holder);
    this.#scale = 1;
    this.#offset = 0;
  }
}
