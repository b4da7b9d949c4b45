import { SCRATCH } from '../model/trade.ts';
import { addToMoments, emptyMoments } from '../statistics/moments.ts';
import { profitFactor, sharpeRatio } from '../statistics/ratios.ts';
import type { SignalOutcome } from './outcome.ts';
import { columnsOf, type Estimate, estimate } from './selection.ts';

/** The same signals with the overlay and without it. */
export interface Comparison {
  readonly metric: 'expectancy' | 'sharpe' | 'profitFactor' | 'winRate' | 'maxDrawdown';
  readonly with: number | null;
  readonly without: number | null;
  /** with - without; of the profit factor the difference of logarithms. Null where one of them does not exist. */
  readonly change: Estimate | null;
}

type Metric = (values: ArrayLike<number>) => number | null;

const expectancy: Metric = (values) => {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return values.length > 0 ? sum / values.length : null;
};

const sharpe: Metric = (values) => {
  const moments = emptyMoments();
  for (let i = 0; i < values.length; i += 1) addToMoments(moments, values[i]!);
  return sharpeRatio(moments);
};

const profit: Metric = (values) => {
  let [gains, losses] = [0, 0];
  for (let i = 0; i < values.length; i += 1) {
    gains += Math.max(0, values[i]!);
    losses += Math.max(0, -values[i]!);
  }
  return profitFactor(gains, losses);
};

/** Peak-to-trough of the cumulated values; the peak starts at 0. */
const maxDrawdown: Metric = (values) => {
  let [sum, peak, worst] = [0, 0, 0];
  for (let i = 0; i < values.length; i += 1) {
    sum += values[i]!;
    peak = Math.max(peak, sum);
    worst = Math.max(worst, peak - sum);
  }
  return values.length > 0 ? worst : null;
};

/**
 * What the overlay changed, per signal and in R of the host's own size: expectancy (mean m R against mean
 * R), Sharpe, profit factor, win rate of what was sent, and the drawdown of the cumulated R.
 */
export function compare(outcomes: readonly SignalOutcome[], seed: number): Comparison[] {
  const { r, m } = columnsOf(outcomes);
  const sized = r.map((value, i) => value * m[i]!);
  const n = outcomes.length;

  function row(
    metric: Comparison['metric'],
    of: Metric,
    difference: (a: number, b: number) => number = (a, b) => a - b,
  ): Comparison {
    const change = (positions?: Uint32Array): number | null => {
      const [after, before] = [of(pick(sized, positions)), of(pick(r, positions))];
      if (after === null || before === null) return null;
      const changed = difference(after, before);
      return Number.isFinite(changed) ? changed : null;
    };
    return { metric, with: of(sized), without: of(r), change: estimate(m, change, seed) };
  }

  const winShare = (positions: Uint32Array | undefined, sentOnly: boolean): number | null => {
    let [wins, count] = [0, 0];
    const length = positions?.length ?? n;
    for (let i = 0; i < length; i += 1) {
      const at = positions ? positions[i]! : i;
      if (sentOnly && m[at] === 0) continue;
      count += 1;
      if (r[at]! >= SCRATCH) wins += 1;
    }
    return count > 0 ? wins / count : null;
  };
  const winChange = (positions?: Uint32Array): number | null => {
    const [after, before] = [winShare(positions, true), winShare(positions, false)];
    return after === null || before === null ? null : after - before;
  };

  return [
    row('expectancy', expectancy),
    row('sharpe', sharpe),
    row('profitFactor', profit, (a, b) => Math.log(a) - Math.log(b)),
    {
      metric: 'winRate',
      with: winShare(undefined, true),
      without: winShare(undefined, false),
      change: estimate(m, winChange, seed),
    },
    row('maxDrawdown', maxDrawdown),
  ];
}

function pick(values: Float64Array, positions: Uint32Array | undefined): Float64Array {
  if (!positions) return values;
  const picked = new Float64Array(positions.length);
  for (let i = 0; i < positions.length; i += 1) picked[i] = values[positions[i]!]!;
  return picked;
}
