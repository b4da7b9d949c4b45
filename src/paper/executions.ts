import type { Candle } from '../model/candle.ts';

/** Where and how an order is executed: a taker pays slippage and the taker fee, a maker neither. */
export interface Execution {
  readonly price: number;
  readonly maker: boolean;
}

interface Waiting {
  readonly side: 'buy' | 'sell';
  readonly price: number | undefined;
  readonly stopLossPrice: number | undefined;
  readonly takeProfitPrice: number | undefined;
  readonly rests?: boolean;
}

/**
 * What a candle makes of a limit order: the open where that is better and it does not stand in the book yet, its price where
 * that is touched, or nothing.
 */
export function limitExecution(
  { side, price = Number.NaN, rests = false }: Waiting,
  { open, high, low }: Candle,
): Execution | null {
  if (!rests && (side === 'buy' ? open <= price : open >= price)) return { price: open, maker: false };
  return (side === 'buy' ? low <= price : high >= price) ? { price, maker: true } : null;
}

/** Where a candle triggers a stop: at its price, or at the open when the market gapped beyond it. */
export function stopExecution(
  { side, stopLossPrice }: Waiting,
  { open, high, low }: Candle,
): Execution | null {
  if (stopLossPrice === undefined) return null;
  if (side === 'sell')
    return low <= stopLossPrice ? { price: Math.min(open, stopLossPrice), maker: false } : null;
  return high >= stopLossPrice ? { price: Math.max(open, stopLossPrice), maker: false } : null;
}

/** Where a candle triggers a target: at its price, or at the open when the market gapped beyond it. */
export function targetExecution(
  { side, takeProfitPrice }: Waiting,
  { open, high, low }: Candle,
): Execution | null {
  if (takeProfitPrice === undefined) return null;
  if (side === 'sell')
    return high >= takeProfitPrice ? { price: Math.max(open, takeProfitPrice), maker: false } : null;
  return low <= takeProfitPrice ? { price: Math.min(open, takeProfitPrice), maker: false } : null;
}
