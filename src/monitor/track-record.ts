import type { OptimizationEngine } from '../engine/engine.ts';
import { emptyMoments, kurtosis as kurtosisOf, skewness as skewnessOf } from '../statistics/moments.ts';
import { sharpeRatio } from '../statistics/ratios.ts';
import { minimumTrackRecord, probabilisticSharpe } from '../statistics/sharpe-test.ts';

/** How far a strategy's record proves that it has an edge at all. */
export interface TrackRecord {
  readonly strategy: string;
  /** Positions that closed: the parts of one prove no more than the whole. */
  readonly trades: number;
  /** Probability in [0,1] that the true Sharpe ratio per trade is above 0; null below two trades or without spread. */
  readonly probabilisticSharpe: number | null;
  /** Trades at which a record like this one proves it at 95%; null where the Sharpe ratio is not above 0. */
  readonly tradesNeeded: number | null;
  /** Trades still missing, and about how many weeks they take at the pace so far; 0 when it is proven. */
  readonly moreTrades: number | null;
  readonly moreWeeks: number | null;
  readonly summary: string;
}

/** Fewer trades show nothing, however well they went: their spread is not known either. */
const MIN_TRADES = 30;
const WEEK = 7 * 86_400_000;

export function trackRecord({ decomposer }: OptimizationEngine, strategy: string): TrackRecord {
  const evidence = decomposer.evidenceOf(strategy);
  const returns = evidence?.returns ?? emptyMoments();
  const trades = returns.n;
  const [sharpe, skewness, kurtosis] = [sharpeRatio(returns), skewnessOf(returns), kurtosisOf(returns)];
  if (sharpe === null || skewness === null || kurtosis === null) {
    return {
      strategy,
      trades,
      probabilisticSharpe: null,
      tradesNeeded: null,
      moreTrades: null,
      moreWeeks: null,
      summary: 'too few trades to say anything',
    };
  }
  const record = { n: trades, sharpe, skewness, kurtosis };
  const length = minimumTrackRecord(record);
  const needed = length === null ? null : Math.max(MIN_TRADES, Math.ceil(length));
  const moreTrades = needed === null ? null : Math.max(0, needed - trades);
  const span = (evidence?.lastAt ?? 0) - (evidence?.firstAt ?? 0);
  const moreWeeks = moreTrades === null || !(span > 0) ? null : (moreTrades * span) / trades / WEEK;
  return {
    strategy,
    trades,
    probabilisticSharpe: probabilisticSharpe(record),
    tradesNeeded: needed,
    moreTrades,
    moreWeeks,
    summary: summaryOf(moreTrades, moreWeeks),
  };
}

function summaryOf(moreTrades: number | null, moreWeeks: number | null): string {
  if (moreTrades === null) return 'no edge so far: no number of such trades would prove one';
  if (moreTrades === 0) return 'over its whole life long enough to show an edge at 95%';
  const pace = moreWeeks === null ? '' : `, about ${Math.max(1, Math.round(moreWeeks))} weeks at this pace`;
  return `needs about ${moreTrades} more trades${pace}`;
}
