import { type Interval, meanInterval, wilsonInterval } from '../statistics/interval.ts';
import { kurtosis, skewness } from '../statistics/moments.ts';
import { profitFactor, sharpeRatio } from '../statistics/ratios.ts';
import { cellState, type PerformanceCell, type PerformanceCellState } from './cell.ts';

/** The metrics of one cell. Rates are fractions in [0,1]; `null` means that the number does not exist. */
export interface Performance {
  readonly trades: number;
  readonly wins: number;
  readonly losses: number;
  readonly breakeven: number;
  readonly winRate: number | null;
  readonly winRateInterval: Interval | null;
  readonly lossRate: number | null;
  /** Mean profit of a winning trade and mean loss (positive) of a losing one, in money. */
  readonly avgWin: number | null;
  readonly avgLoss: number | null;
  /** winRate*avgWin - lossRate*avgLoss: the mean pnl, in money. */
  readonly expectancy: number | null;
  readonly expectancyInterval: Interval | null;
  /** Mean R-multiple of its positions that are closed. */
  readonly expectancyR: number | null;
  readonly expectancyRInterval: Interval | null;
  /** grossProfit / grossLoss; Infinity without losses, null without either. */
  readonly profitFactor: number | null;
  /** Mean / sample deviation of returns per trade, not annualised. */
  readonly sharpe: number | null;
  readonly sortino: number | null;
  /** System quality number, sqrt(n) * sharpe (Van Tharp). */
  readonly sqn: number | null;
  readonly totalPnl: number;
  readonly fees: number;
  /** Peak-to-trough of cumulative pnl, in money; the peak starts at 0. */
  readonly maxDrawdown: number;
  /** The same as a rate of the peak of equity on the capital base; null without trades. */
  readonly maxDrawdownRate: number | null;
  readonly consecutiveLosses: number;
  readonly maxConsecutiveLosses: number;
  readonly skewness: number | null;
  readonly kurtosis: number | null;
  /** Mean worst and best excursion in R over the trades that have one. */
  readonly mae: number | null;
  readonly mfe: number | null;
}

/** Mean over the root mean square of the losses (Sortino and Price 1994); null without a loss. */
function sortinoRatio(cell: PerformanceCellState): number | null {
  return cell.downside > 0 ? cell.returns.mean / Math.sqrt(cell.downside / cell.n) : null;
}

const ratio = (a: number, n: number): number | null => (n > 0 ? a / n : null);

export function performanceOf(known: PerformanceCell): Performance {
  const cell = cellState(known);
  const { n, wins, losses } = cell;
  const sharpe = sharpeRatio(cell.returns);
  return {
    trades: n,
    wins,
    losses,
    breakeven: n - wins - losses,
    winRate: ratio(wins, n),
    winRateInterval: wilsonInterval(wins, n),
    lossRate: ratio(losses, n),
    avgWin: ratio(cell.grossProfit, wins),
    avgLoss: ratio(cell.grossLoss, losses),
    expectancy: ratio(cell.grossProfit - cell.grossLoss, n),
    expectancyInterval: meanInterval(cell.pnl),
    expectancyR: cell.r.n > 0 ? cell.r.mean : null,
    expectancyRInterval: meanInterval(cell.r),
    profitFactor: profitFactor(cell.grossProfit, cell.grossLoss),
    sharpe,
    sortino: sortinoRatio(cell),
    sqn: sharpe === null ? null : Math.sqrt(n) * sharpe,
    totalPnl: cell.cumulative.pnl,
    fees: cell.fees,
    maxDrawdown: cell.cumulative.maxDrawdown,
    maxDrawdownRate: n > 0 ? cell.curve.maxDrawdown : null,
    consecutiveLosses: cell.streak,
    maxConsecutiveLosses: cell.maxStreak,
    skewness: skewness(cell.returns),
    kurtosis: kurtosis(cell.returns),
    mae: ratio(cell.mae.sum, cell.mae.n),
    mfe: ratio(cell.mfe.sum, cell.mfe.n),
  };
}
