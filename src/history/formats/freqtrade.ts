import type { PastTrade, TradeHistory } from '../trade-history.ts';

/** A closed trade as freqtrade keeps it, in a backtest result or a row of its database. */
export interface FreqtradeTrade {
  readonly strategy?: string | null;
  readonly pair: string;
  readonly is_open?: boolean | number;
  readonly is_short?: boolean | number | null;
  readonly amount?: number;
  readonly leverage?: number | null;
  readonly open_rate: number;
  readonly close_rate?: number | null;
  /** Rates. */
  readonly fee_open?: number;
  readonly fee_close?: number | null;
  readonly open_date?: string;
  readonly close_date?: string | null;
  readonly open_timestamp?: number;
  readonly close_timestamp?: number;
  readonly profit_abs?: number;
  readonly close_profit_abs?: number | null;
  readonly profit_ratio?: number;
  readonly initial_stop_loss_abs?: number | null;
  readonly initial_stop_loss?: number | null;
  readonly min_rate?: number | null;
  readonly max_rate?: number | null;
  readonly exit_reason?: string | null;
  readonly sell_reason?: string | null;
}

/** Times without a zone are UTC. */
const timeIn = (text: string | null | undefined): number =>
  Date.parse(
    text
      ? text.replace(' ', 'T').replace(/(\.\d{3})\d+/, '$1') +
          (/[zZ]|[+-]\d{2}:?\d{2}$/.test(text) ? '' : 'Z')
      : '',
  );

const positive = (value: number | null | undefined): number | undefined =>
  value !== null && value !== undefined && value > 0 ? value : undefined;

/** One trade of freqtrade; null for one that is open or says too little. */
export function fromFreqtrade(trade: FreqtradeTrade, strategy: string): PastTrade | null {
  const { amount = 0, open_rate, close_rate, fee_open = 0, fee_close } = trade;
  const pnl = trade.profit_abs ?? trade.close_profit_abs;
  const entryTime = trade.open_timestamp ?? timeIn(trade.open_date);
  const exitTime = trade.close_timestamp ?? timeIn(trade.close_date);
  if (trade.is_open || pnl === null || pnl === undefined || !close_rate) return null;
  return {
    strategy: trade.strategy || strategy,
    symbol: trade.pair,
    side: trade.is_short ? 'short' : 'long',
    entryTime,
    exitTime,
    pnl,
    entryPrice: open_rate,
    exitPrice: close_rate,
    size: positive(amount),
    fees: amount * (open_rate * fee_open + close_rate * (fee_close ?? fee_open)),
    stop: positive(trade.initial_stop_loss_abs ?? trade.initial_stop_loss),
    lowestPrice: positive(trade.min_rate),
    highestPrice: positive(trade.max_rate),
    exitReason: trade.exit_reason ?? trade.sell_reason ?? undefined,
  };
}

interface Backtest {
  readonly strategy: Readonly<Record<string, { readonly trades: readonly FreqtradeTrade[] }>>;
}

/** Whether a parsed JSON file is a backtest result of freqtrade. */
export const isBacktest = (value: unknown): value is Backtest => {
  const { strategy } = (value ?? {}) as { readonly strategy?: unknown };
  return (
    strategy !== null &&
    typeof strategy === 'object' &&
    Object.values(strategy).every((each) => Array.isArray((each as { trades?: unknown } | null)?.trades))
  );
};

/** The trades of a backtest result. */
export function fromBacktest({ strategy }: Backtest): TradeHistory {
  const all = Object.entries(strategy).flatMap(([name, { trades }]) =>
    trades.map((trade) => fromFreqtrade(trade, name)),
  );
  return freqtradeHistory('a backtest result of freqtrade', all);
}

/** What freqtrade's trades come to, with a word of those that are open. */
export function freqtradeHistory(format: string, all: readonly (PastTrade | null)[]): TradeHistory {
  const trades = all.filter((trade) => trade !== null);
  const open = all.length - trades.length;
  return {
    format,
    trades,
    notices: open === 0 ? [] : [`${open} that are open or say too little are left out`],
    columns: null,
  };
}
