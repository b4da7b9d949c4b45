import { SCRATCH } from '../model/trade.ts';
import { winsorise } from '../statistics/ew-cell.ts';
import { addToMoments, emptyMoments } from '../statistics/moments.ts';
import { profitFactor, sharpeRatio } from '../statistics/ratios.ts';
import type { SignalOutcome } from './outcome.ts';

/** The same signals with the overlay and without it: what happened, and no claim. */
export interface Comparison {
  readonly metric: 'meanR' | 'expectancy' | 'sharpe' | 'profitFactor' | 'winRate' | 'maxDrawdown';
  readonly with: number | null;
  readonly without: number | null;
}

type Metric = (values: readonly number[]) => number | null;

const mean: Metric = (values) =>
  values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null;

const sharpe: Metric = (values) => {
  const moments = emptyMoments();
  for (const value of values) addToMoments(moments, value);
  return sharpeRatio(moments);
};

const profit: Metric = (values) => {
  let [gains, losses] = [0, 0];
  for (const value of values) {
    gains += Math.max(0, value);
    losses += Math.max(0, -value);
  }
  return profitFactor(gains, losses);
};

/** Peak-to-trough of the cumulated values; the peak starts at 0. */
const maxDrawdown: Metric = (values) => {
  let [sum, peak, worst] = [0, 0, 0];
  for (const value of values) {
    sum += value;
    peak = Math.max(peak, sum);
    worst = Math.max(worst, peak - sum);
  }
  return values.length > 0 ? worst : null;
};

const winShare: Metric = (values) => mean(values.map((value) => (value >= SCRATCH ? 1 : 0)));

/**
 * What the overlay changed, in R of the host's own size: mean R of a unit of size sent against that of a signal, mean
 * m R against mean R, Sharpe, profit factor, win rate of what was sent, and the drawdown of the cumulated R.
 */
export function compare(outcomes: readonly SignalOutcome[]): Comparison[] {
  const rs = outcomes.map(({ r }) => winsorise(r));
  const sized = outcomes.map(({ intended }, i) => intended * rs[i]!);
  const size = outcomes.reduce((sum, { intended }) => sum + intended, 0);
  const sent = rs.filter((_, i) => outcomes[i]!.intended > 0);
  const row = (metric: Comparison['metric'], of: Metric): Comparison => ({
    metric,
    with: of(sized),
    without: of(rs),
  });
  return [
    {
      metric: 'meanR',
      with: size > 0 ? sized.reduce((sum, value) => sum + value, 0) / size : null,
      without: mean(rs),
    },
    row('expectancy', mean),
    row('sharpe', sharpe),
    row('profitFactor', profit),
    { metric: 'winRate', with: winShare(sent), without: winShare(rs) },
    row('maxDrawdown', maxDrawdown),
  ];
}
