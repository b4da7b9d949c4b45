import { byName } from '../model/names.ts';
import { outcomeOf } from '../model/trade.ts';
import { type Auc, stratifiedAuc } from '../statistics/auc.ts';
import { type RankCorrelation, spearman } from '../statistics/correlation.ts';
import { winsorise } from '../statistics/ew-cell.ts';
import { type Interval, meanInterval, wilsonInterval } from '../statistics/interval.ts';
import { addToMoments, emptyMoments } from '../statistics/moments.ts';
import type { SignalOutcome } from './outcome.ts';

/** Signals whose score was in one tenth of [0,1]. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly n: number;
  readonly meanScore: number;
  readonly winRate: number;
  /** Wilson, 95%. */
  readonly winRateInterval: Interval | null;
  readonly meanR: number;
}

/**
 * Murphy's decomposition over the bins: Brier = reliability - resolution + uncertainty + within, where
 * `within` is what scores vary inside of their bins. A. H. Murphy, J. Applied Meteorology 12, 1973; the last
 * term after Stephenson, Coelho and Jolliffe, Weather and Forecasting 23, 2008.
 */
export interface MurphyDecomposition {
  readonly reliability: number;
  readonly resolution: number;
  readonly uncertainty: number;
  readonly within: number;
}

/** How well the quality score, as it was at the decision, told good signals from bad ones. */
export interface Calibration {
  /** Scored signals whose outcome is known. */
  readonly n: number;
  readonly baseRate: number | null;
  readonly bins: readonly ReliabilityBin[];
  /** Mean squared error of the score as a probability of winning; null without outcomes. */
  readonly brier: number | null;
  /** 1 - Brier/uncertainty: above 0 the score beats always saying the base rate. */
  readonly skill: number | null;
  readonly murphy: MurphyDecomposition | null;
  /** Within strategies; null while there are too few wins or losses. */
  readonly auc: Auc | null;
  /** Score against R. */
  readonly spearman: RankCorrelation | null;
  /** Whether the AUC interval lies above 0.5. Scores below 0.5 have power too, but of the wrong sign. */
  readonly demonstrated: boolean;
  readonly summary: string;
}

const BINS = 10;
/** Wins, and losses, below which nothing is said about power: a few that happen to be in order prove nothing. */
const MIN_EACH = 20;

/** Win 1, loss 0, scratch one half. */
const winOf = (r: number): number => ({ win: 1, loss: 0, scratch: 0.5 })[outcomeOf(r)];

export function calibrate(outcomes: readonly SignalOutcome[]): Calibration {
  const scored = outcomes.flatMap(({ quality, r, strategy }) =>
    quality === null ? [] : [{ q: quality, r: winsorise(r), y: winOf(r), strategy }],
  );
  const n = scored.length;
  const bins = binsOf(scored);
  const baseRate = n > 0 ? scored.reduce((sum, { y }) => sum + y, 0) / n : null;
  const brier = n > 0 ? scored.reduce((sum, { q, y }) => sum + (q - y) ** 2, 0) / n : null;
  const groups = new Map<string, { wins: number[]; losses: number[] }>();
  for (const { strategy, q, y } of scored) {
    const group = groups.get(strategy) ?? { wins: [], losses: [] };
    if (y === 1) group.wins.push(q);
    if (y === 0) group.losses.push(q);
    groups.set(strategy, group);
  }
  const [wins, losses] = [1, 0].map((outcome) => scored.filter(({ y }) => y === outcome).length);
  const auc = Math.min(wins!, losses!) < MIN_EACH ? null : stratifiedAuc([...groups.values()]);
  const uncertainty = baseRate === null ? null : varianceOf(scored, baseRate);
  return {
    n,
    baseRate,
    bins,
    brier,
    skill: brier === null || !uncertainty ? null : 1 - brier / uncertainty,
    murphy: murphyOf(bins, baseRate, brier, uncertainty),
    auc,
    spearman: spearman(
      scored.map(({ q }) => q),
      scored.map(({ r }) => r),
    ),
    demonstrated: auc !== null && auc.interval[0] > 0.5,
    summary: summaryOf(auc),
  };
}

/** Signals whose stated probability was in one tenth of [0,1]. */
export interface ProbabilityBin {
  readonly from: number;
  readonly to: number;
  readonly n: number;
  /** Mean of P(mean R > 0) as stated at the decision. */
  readonly stated: number;
  /** Mean R of these signals with its 95% interval, each outcome by itself; null below two. */
  readonly meanR: number;
  readonly meanRInterval: Interval | null;
}

/**
 * Whether P(mean R > 0) told signals apart as it was stated at the decision: where it was low, mean R should be below
 * 0, and where it was high above.
 */
export function probabilityBins(outcomes: readonly SignalOutcome[]): ProbabilityBin[] {
  const groups = Array.from({ length: BINS }, () => ({ stated: 0, r: emptyMoments() }));
  for (const { probability, r } of outcomes) {
    if (probability === null) continue;
    const group = groups[Math.min(BINS - 1, Math.floor(probability * BINS))]!;
    group.stated += probability;
    addToMoments(group.r, winsorise(r));
  }
  return groups.flatMap(({ stated, r }, i) =>
    r.n === 0
      ? []
      : [
          {
            from: i / BINS,
            to: (i + 1) / BINS,
            n: r.n,
            stated: stated / r.n,
            meanR: r.mean,
            meanRInterval: meanInterval(r),
          },
        ],
  );
}

/** Overall, and of each strategy; and of the posterior. */
export interface CalibrationReport {
  readonly overall: Calibration;
  /** P(mean R > 0) at the decision, in ten bins. */
  readonly probability: readonly ProbabilityBin[];
  readonly strategies: Readonly<Record<string, Calibration>>;
}

export function calibrationReport(outcomes: readonly SignalOutcome[]): CalibrationReport {
  const names = [...new Set(outcomes.map(({ strategy }) => strategy))].sort();
  return {
    overall: calibrate(outcomes),
    probability: probabilityBins(outcomes),
    strategies: byName(
      names.map((name) => [name, calibrate(outcomes.filter(({ strategy }) => strategy === name))]),
    ),
  };
}

interface Scored {
  readonly q: number;
  readonly r: number;
  readonly y: number;
}

function binsOf(scored: readonly Scored[]): ReliabilityBin[] {
  const sums = Array.from({ length: BINS }, () => ({ n: 0, q: 0, y: 0, r: 0 }));
  for (const { q, y, r } of scored) {
    const sum = sums[Math.min(BINS - 1, Math.floor(q * BINS))]!;
    sum.n += 1;
    sum.q += q;
    sum.y += y;
    sum.r += r;
  }
  return sums.flatMap(({ n, q, y, r }, i) =>
    n === 0
      ? []
      : [
          {
            from: i / BINS,
            to: (i + 1) / BINS,
            n,
            meanScore: q / n,
            winRate: y / n,
            winRateInterval: wilsonInterval(y, n),
            meanR: r / n,
          },
        ],
  );
}

const varianceOf = (scored: readonly Scored[], mean: number): number =>
  scored.reduce((sum, { y }) => sum + (y - mean) ** 2, 0) / scored.length;

function murphyOf(
  bins: readonly ReliabilityBin[],
  baseRate: number | null,
  brier: number | null,
  uncertainty: number | null,
): MurphyDecomposition | null {
  if (baseRate === null || brier === null || uncertainty === null) return null;
  const total = bins.reduce((sum, { n }) => sum + n, 0);
  const mean = (value: (bin: ReliabilityBin) => number) =>
    bins.reduce((sum, bin) => sum + bin.n * value(bin), 0) / total;
  const reliability = mean(({ meanScore, winRate }) => (meanScore - winRate) ** 2);
  const resolution = mean(({ winRate }) => (winRate - baseRate) ** 2);
  return { reliability, resolution, uncertainty, within: brier - reliability + resolution - uncertainty };
}

function summaryOf(auc: Auc | null): string {
  if (auc === null) return 'too few wins or losses to say whether the score predicts anything';
  const [low, high] = auc.interval;
  if (low > 0.5) return 'the score tells good signals from bad ones';
  if (high < 0.5) return 'the score is upside down: signals that it likes do worse';
  return 'the score has no demonstrated predictive power';
}
