import type { Decision } from './decision.ts';
import type { Cell } from './regime.ts';
import type { Side } from './signal.ts';
import type { CapitalSource, RSource } from './trade.ts';

/**
 * What a position came to, once nothing of it is open: the one outcome that everything learns from, in however
 * many parts it was closed. Money is net of fees, in quote currency.
 */
export interface PositionOutcome {
  /** Null for a trade that is a position of its own. */
  readonly positionId: string | null;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  /** Regime at the first entry, crossed with the side. */
  readonly cell: Cell;
  /** First entry and last exit, in ms. */
  readonly entryTime: number;
  readonly exitTime: number;
  /** Trades in which it was closed. */
  readonly parts: number;
  /** Size of all parts as it was, and as the host asked for it; null where a part's is not known. */
  readonly size: number | null;
  readonly baseSize: number | null;
  readonly pnl: number;
  /** Money at the host's own size. */
  readonly basePnl: number;
  readonly fees: number;
  readonly funding: number;
  /** All that it gained by all that it risked. */
  readonly r: number;
  readonly rSource: RSource;
  readonly returnRate: number;
  readonly capitalSource: CapitalSource;
  /** The decision on its first entry; null where there was none. */
  readonly decision: Decision | null;
  readonly belowThreshold: boolean;
}
