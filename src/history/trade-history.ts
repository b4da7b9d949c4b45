import type { Side } from '../model/signal.ts';

/** One closed round trip of somebody's history. Times in ms UTC, money net of fees in quote currency. */
export interface PastTrade {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly entryTime: number;
  readonly exitTime: number;
  readonly pnl: number;
  readonly entryPrice?: number | undefined;
  readonly exitPrice?: number | undefined;
  readonly size?: number | undefined;
  readonly fees?: number | undefined;
  readonly stop?: number | undefined;
  /** Profit as a rate of the entry value, where no size is known. */
  readonly returnRate?: number | undefined;
  readonly lowestPrice?: number | undefined;
  readonly highestPrice?: number | undefined;
  readonly exitReason?: string | undefined;
}

/** One execution of somebody's history. Fees in quote currency. */
export interface PastFill {
  readonly id?: string | undefined;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly time: number;
  readonly price: number;
  readonly amount: number;
  readonly fee: number;
  /** Part of a bought amount that the venue kept as its fee. */
  readonly baseFee?: number | undefined;
}

/** A trade history as it was read. */
export interface TradeHistory {
  /** What the file is, in words. */
  readonly format: string;
  /** In order of their exits. */
  readonly trades: readonly PastTrade[];
  /** What was noticed and taken care of on the way, or left out. */
  readonly notices: readonly string[];
  /** Which column was taken for what, for a table whose columns were guessed. */
  readonly columns: Readonly<Record<string, string>> | null;
  /** Whether its trades were paired from executions: two that are alike are two. */
  readonly isPaired?: boolean;
}
