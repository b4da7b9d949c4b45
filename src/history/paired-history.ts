import { pairFills } from './fills.ts';
import type { PastFill, TradeHistory } from './trade-history.ts';

export interface PairedHistoryOptions {
  readonly hasShorts: boolean;
  readonly notices?: readonly string[];
  readonly columns?: Readonly<Record<string, string>> | null;
}

/** A history of executions, paired into round trips. */
export function pairedHistory(
  format: string,
  fills: readonly PastFill[],
  { hasShorts, notices = [], columns = null }: PairedHistoryOptions,
): TradeHistory {
  const { trades, open, unopened, repeated } = pairFills(fills, hasShorts);
  return {
    format,
    trades,
    columns,
    isPaired: true,
    notices: [
      ...notices,
      `${fills.length} executions are paired first in, first out into ${trades.length} round trips`,
      ...(repeated === 0 ? [] : [`${repeated} executions are there twice or more: each is counted once`]),
      ...(open === 0 ? [] : [`${open} positions have no end and are left out`]),
      ...(unopened === 0 ? [] : [`${unopened} sales of what was not bought in this file are left out`]),
    ],
  };
}
