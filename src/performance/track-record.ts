import { checkedState, checkName, checkTime, isMoney, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { z } from '../model/z.ts';
import {
  addToMoments,
  emptyMoments,
  kurtosis,
  type Moments,
  momentsSchema,
  skewness,
} from '../statistics/moments.ts';
import { normalCdf } from '../statistics/normal.ts';
import { sharpeRatio } from '../statistics/ratios.ts';
import { sharpeVariance } from '../statistics/sharpe-test.ts';
import { blocksInPeriod, TimeBlocks, timeBlocksSchema } from '../statistics/time-blocks.ts';

const trackSchema = z.object({
  r: momentsSchema,
  /** Sum of holding times, in ms. */
  held: z.number(),
  /** Decision on the first signal and latest close, in ms. */
  firstAt: z.number(),
  lastAt: z.number(),
  blocks: timeBlocksSchema,
});

export const trackRecordsSchema = z.array(z.tuple([z.string(), trackSchema]));
export type TrackRecordsState = z.infer<typeof trackRecordsSchema>;

interface Track {
  readonly r: Moments;
  held: number;
  firstAt: number;
  lastAt: number;
  readonly blocks: TimeBlocks;
}

/** How far R at the host's own size proves that a strategy has an edge at all. */
export interface TrackProof {
  /** Outcomes of all its signals, sent and followed, and for how many independent ones they count. */
  readonly n: number;
  readonly effective: number;
  readonly sharpe: number;
  /** Probability in [0,1] that the true mean is above 0; null where too little is known. */
  readonly probability: number | null;
  /** Outcomes at which a record like this one proves it at 95%; null where it shows no edge. */
  readonly needed: number | null;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** 95% point of the standard normal. */
const Z95_ONE_SIDED = 1.6448536269515;

/**
 * Track records by strategy, on R at the host's own size: what the overlay made of the sizes proves nothing about the
 * strategy. Outcomes of one period hang together, so that n of them count for fewer.
 */
export class TrackRecords {
  readonly #tracks = new Map<string, Track>();

  /** @param outcome R of a signal, decided and closed at these times in ms, sent or followed */
  add(
    strategy: string,
    { r, decidedAt, closedAt }: { readonly r: number; readonly decidedAt: number; readonly closedAt: number },
  ): void {
    checkName(strategy, 'strategy', 'TRADE_INVALID');
    checkTime(decidedAt, 'decidedAt', 'TRADE_INVALID');
    checkTime(closedAt, 'closedAt', 'TRADE_INVALID');
    if (!isMoney(r)) refuse(`outcome ${show(r)}`, 'a finite R-multiple', 'TRADE_INVALID');
    let track = this.#tracks.get(strategy);
    if (!track) {
      track = { r: emptyMoments(), held: 0, firstAt: decidedAt, lastAt: closedAt, blocks: new TimeBlocks(2) };
      this.#tracks.set(strategy, track);
    }
    addToMoments(track.r, r);
    track.held += closedAt - decidedAt;
    track.firstAt = Math.min(track.firstAt, decidedAt);
    track.lastAt = Math.max(track.lastAt, closedAt);
    track.blocks.add(decidedAt, 1, r);
  }

  /**
   * Probabilistic Sharpe ratio and minimum track record length (Bailey and Lopez de Prado 2012) of the outcomes that
   * count; null below two outcomes or without spread.
   */
  proofOf(strategy: string): TrackProof | null {
    const track = this.#tracks.get(strategy);
    const sharpe = track ? sharpeRatio(track.r) : null;
    if (!track || sharpe === null) return null;
    const { r, firstAt, lastAt } = track;
    const inflation = Math.max(1, spreadOfPeriods(track) / r.m2);
    const effective = r.n / inflation;
    const record = { n: r.n, sharpe, skewness: skewness(r) ?? 0, kurtosis: kurtosis(r) ?? 3 };
    const variance = sharpeVariance(record);
    return {
      n: r.n,
      effective,
      sharpe,
      probability:
        effective > 1 ? normalCdf((sharpe * Math.sqrt(effective - 1)) / Math.sqrt(variance)) : null,
      needed:
        effective > 1 && sharpe > 0
          ? Math.ceil(inflation * (1 + variance * (Z95_ONE_SIDED / sharpe) ** 2))
          : null,
      firstAt,
      lastAt,
    };
  }

  reset(): void {
    this.#tracks.clear();
  }

  snapshot(): TrackRecordsState {
    return structuredClone(this.strategies().flatMap((strategy) => this.trackOf(strategy)));
  }

  restore(state: TrackRecordsState): void {
    const checked = structuredClone(checkedState(trackRecordsSchema, state));
    this.reset();
    this.take(checked);
  }

  /** Strategies in the order in which they were heard of. */
  strategies(): string[] {
    return [...this.#tracks.keys()];
  }

  /** The track of a strategy. It is live: write it down at once. */
  trackOf(strategy: string): TrackRecordsState {
    const track = this.#tracks.get(strategy);
    return track === undefined ? [] : [[strategy, { ...track, blocks: track.blocks.snapshot() }]];
  }

  /** Goes on from these tracks besides those that are known. They are handed over: do not keep them. */
  take(state: TrackRecordsState): void {
    for (const [name, saved] of state) {
      const blocks = new TimeBlocks(2);
      blocks.restore(saved.blocks);
      this.#tracks.set(name, { ...saved, blocks });
    }
  }
}

/** Sum over periods of the squared sum of deviations from the mean: that of single outcomes, where they are independent. */
function spreadOfPeriods({ r, held, blocks }: Track): number {
  const length = blocksInPeriod(blocks.base, held / r.n);
  let [at, within, total] = [Number.NaN, 0, 0];
  for (const [index, sums] of blocks.sorted()) {
    const period = Math.floor(index / length);
    if (period !== at) {
      total += within * within;
      within = 0;
    }
    at = period;
    within += sums[1]! - sums[0]! * r.mean;
  }
  return total + within * within;
}
