import type { Side } from './signal.ts';

export const REGIMES = ['TRENDING', 'RANGING', 'VOLATILE', 'UNKNOWN'] as const;
/** What a market is doing, as a label that describes and does not forecast. */
export type RegimeLabel = (typeof REGIMES)[number];

export const CELLS = ['TREND_WITH', 'TREND_AGAINST', 'RANGING', 'VOLATILE', 'UNKNOWN'] as const;
/** A regime crossed with the side of a trade: buying an up-trend and selling it are different bets. */
export type Cell = (typeof CELLS)[number];

/** Probabilities of the three known regimes; they sum to 1. */
export interface RegimeProbabilities {
  readonly TRENDING: number;
  readonly RANGING: number;
  readonly VOLATILE: number;
}

/** The regime of one symbol (or of the market) at one time. */
export interface Regime {
  readonly label: RegimeLabel;
  /** 1 up, -1 down. Meaningful for TRENDING. */
  readonly direction: 1 | -1;
  /** Probability of the current label in [0,1]; 0 when UNKNOWN. */
  readonly confidence: number;
  readonly probabilities: RegimeProbabilities | null;
  /** ATR14 / close: a rate, for stops that the host does not give. Null before warm-up. */
  readonly atrRate: number | null;
}

export const UNKNOWN_REGIME: Regime = Object.freeze({
  label: 'UNKNOWN',
  direction: 1,
  confidence: 0,
  probabilities: null,
  atrRate: null,
});

/** The cell of a trade on `side` entered while the market is in `label` moving in `direction`. */
export function cellOf(label: RegimeLabel, direction: 1 | -1, side: Side): Cell {
  if (label !== 'TRENDING') return label;
  return (side === 'long') === (direction === 1) ? 'TREND_WITH' : 'TREND_AGAINST';
}

/** The cell meant by a label without a side: TRENDING counts as with the trend. */
export function asCell(regime: RegimeLabel | Cell): Cell {
  return regime === 'TRENDING' ? 'TREND_WITH' : regime;
}

/** The regime label behind a cell. */
export function labelOf(cell: Cell): RegimeLabel {
  return cell === 'TREND_WITH' || cell === 'TREND_AGAINST' ? 'TRENDING' : cell;
}
