import type { OptimizationEngine } from '../engine/engine.ts';

/** How far a strategy's record proves that it has an edge at all, and how the latest of it looks. */
export interface TrackRecord {
  readonly strategy: string;
  /** Outcomes of its signals, sent and followed, and for how many independent ones they count. */
  readonly outcomes: number;
  readonly effective: number;
  /** Probability in [0,1] that the true mean R is above 0; null where too little is known. */
  readonly probabilisticSharpe: number | null;
  /** Outcomes at which a record like this one proves it at 95%; null where it shows no edge. */
  readonly outcomesNeeded: number | null;
  /** Outcomes still missing, and about how many weeks they take at the pace so far; 0 when it is proven. */
  readonly moreOutcomes: number | null;
  readonly moreWeeks: number | null;
  readonly summary: string;
  /** The latest 50 trades, by which health is judged: proven over its life and failing now is no contradiction. */
  readonly window: { readonly trades: number; readonly expectancy: number | null };
}

/** Fewer outcomes show nothing, however well they went: their spread is not known either. */
const MIN_OUTCOMES = 30;
const WEEK = 7 * 86_400_000;

export function trackRecord({ decomposer, tracks }: OptimizationEngine, strategy: string): TrackRecord {
  const proof = tracks.proofOf(strategy);
  const { trades, expectancy } = decomposer.windowOf(strategy);
  const window = { trades, expectancy };
  if (proof === null) {
    return {
      strategy,
      outcomes: 0,
      effective: 0,
      probabilisticSharpe: null,
      outcomesNeeded: null,
      moreOutcomes: null,
      moreWeeks: null,
      summary: 'too few outcomes to say anything',
      window,
    };
  }
  const { n, effective, probability, firstAt, lastAt } = proof;
  const needed = proof.needed === null ? null : Math.max(MIN_OUTCOMES, proof.needed);
  const moreOutcomes = needed === null ? null : Math.max(0, needed - n);
  const span = lastAt - firstAt;
  const moreWeeks = moreOutcomes === null || !(span > 0) ? null : (moreOutcomes * span) / n / WEEK;
  return {
    strategy,
    outcomes: n,
    effective,
    probabilisticSharpe: probability,
    outcomesNeeded: needed,
    moreOutcomes,
    moreWeeks,
    summary: summaryOf(moreOutcomes, moreWeeks),
    window,
  };
}

function summaryOf(more: number | null, weeks: number | null): string {
  if (more === null) return 'no edge so far: no number of such outcomes would prove one';
  if (more === 0) return 'over its whole life long enough to show an edge at 95%';
  const pace = weeks === null ? '' : `, about ${Math.max(1, Math.round(weeks))} weeks at this pace`;
  return `needs about ${more} more outcomes${pace}`;
}
