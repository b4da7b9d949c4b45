import type { Decision } from './decision.ts';
import type { Cell, RegimeLabel } from './regime.ts';
import type { Side } from './signal.ts';

/** One closed (or partially closed) round trip as a host reports it. Money is net of fees, in quote currency. */
export interface TradeInput {
  /** Two trades with one id are one trade. Without an id every call is a new trade. */
  readonly id?: string;
  /**
   * The position that this trade closes a part of, an id of the host's: all its parts are one outcome, learned when
   * nothing of it is open. Absent: the decision's id; without a decision the trade is a position of its own.
   */
  readonly positionId?: string;
  /** What is left open of the position after this part, in units of `size`; 0 or absent: nothing. */
  readonly openSize?: number;
  readonly strategy: string;
  readonly symbol: string;
  /** Default `long`. */
  readonly side?: Side;
  readonly entryTime: number;
  readonly exitTime: number;
  /** Profit or loss net of fees. */
  readonly pnl: number;
  readonly size?: number;
  readonly entryPrice?: number;
  readonly exitPrice?: number;
  /** Fees paid in quote currency, already taken out of `pnl`. */
  readonly fees?: number;
  /** Funding received, or (negative) paid, in quote currency, already in `pnl`. */
  readonly funding?: number;
  /** Stop price at entry. */
  readonly stop?: number;
  /** Profit and stop as rates of the entry value, for hosts that give no sizes. */
  readonly returnRate?: number;
  readonly stopRate?: number;
  /** ATR/close at entry, a rate; taken from the decision when absent. */
  readonly atrRate?: number;
  /** Account equity when the trade was entered. */
  readonly equityAtEntry?: number;
  /** Regime at entry when there is no decision. TRENDING without a decision counts as with the trend. */
  readonly regime?: RegimeLabel | Cell;
  /** The decision that let this trade through, as `decide` returned it. */
  readonly decision?: Decision;
  /** Worst and best price while the trade was open. */
  readonly lowestPrice?: number;
  readonly highestPrice?: number;
}

/** Sources of the risk behind an R-multiple. `floor`: the stop was nearer than 0.1 ATR, which stands in for it. */
export const R_SOURCES = ['stop', 'stopRate', 'floor', 'atr', 'averageLoss'] as const;
export type RSource = (typeof R_SOURCES)[number];
/** Which of the three sources gave the capital behind a return. */
export type CapitalSource = 'equity' | 'capital' | 'risk';

/** A recorded trade: the host's facts, the regime at entry, R and where it came from. */
export interface Trade {
  readonly id: string;
  /** The position that it is a part of; null for one that is a position of its own. */
  readonly positionId: string | null;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly cell: Cell;
  readonly entryTime: number;
  readonly exitTime: number;
  readonly entryPrice: number | null;
  readonly exitPrice: number | null;
  readonly size: number | null;
  /** Size the host asked for: size / multiplier. */
  readonly baseSize: number | null;
  readonly multiplier: number;
  readonly fees: number;
  /** Received, or (negative) paid; in `pnl`. */
  readonly funding: number;
  readonly pnl: number;
  /** R-multiple; independent of size and currency. */
  readonly r: number;
  readonly rSource: RSource;
  /** pnl / capital base. */
  readonly returnRate: number;
  readonly capitalSource: CapitalSource;
  readonly decisionId: string | null;
  readonly belowThreshold: boolean;
  /** Worst and best excursion in R, when the host gave prices in between. */
  readonly mae: number | null;
  readonly mfe: number | null;
}

/** A stop of this many ATRs is assumed where a host gives none. */
export const ATR_STOP = 1.5;

/** Nobody risks less than this many ATRs: a stop one tick away would make an R of hundreds. */
export const ATR_FLOOR = 0.1;

/** No risk that anybody took pays this many times over: what gives more was no risk but a rounding error. */
export const MAX_R = 1e4;

/** Whether a multiple of a risk or of a capital can be meant. */
export const credible = (r: number): boolean => Math.abs(r) <= MAX_R;

/** |R| below this is a scratch: neither win nor loss. */
export const SCRATCH = 1e-9;

export type Outcome = 'win' | 'loss' | 'scratch';

export function outcomeOf(r: number): Outcome {
  return Math.abs(r) < SCRATCH ? 'scratch' : r > 0 ? 'win' : 'loss';
}
