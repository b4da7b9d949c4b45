import { LotBook } from '../../adapters/core/lots.ts';
import type { PastFill, PastTrade } from './trade-history.ts';

/** What executions came to: round trips, first in first out by strategy and symbol, and what is still open. */
export interface Paired {
  readonly trades: readonly PastTrade[];
  /** Positions without an end. */
  readonly open: number;
  /** Sales of what nobody bought in this history. */
  readonly unopened: number;
  /** Executions that are there again, by their ids: each is counted once. */
  readonly repeated: number;
}

/** Share of an amount below which the rest of it is rounding. */
const ROUNDING = 1e-9;

/**
 * Pairs executions into round trips. What is sold beyond what was bought is taken for a sale of older holdings where
 * shorts are not known of, and opens a short position where they are.
 */
export function pairFills(fills: readonly PastFill[], hasShorts: boolean): Paired {
  const book = new LotBook();
  const held = new Map<string, number>();
  const trades: PastTrade[] = [];
  let unopened = 0;
  const seen = new Set<string>();
  const once = fills.filter(({ id, symbol, side, amount, price }) => {
    const key = `${id} ${symbol} ${side} ${amount} ${price}`;
    const isNew = id === undefined || !seen.has(key);
    seen.add(key);
    return isNew;
  });
  // What happened at one time is in the order of the file, from whichever end that begins.
  const isNewestFirst = (once[0]?.time ?? 0) > (once.at(-1)?.time ?? 0);
  const sorted = (isNewestFirst ? once.toReversed() : once).toSorted((a, b) => a.time - b.time);
  for (const [i, fill] of sorted.entries()) {
    const { strategy, symbol, side, amount } = fill;
    const key = `${strategy}\n${symbol}`;
    const sign = side === 'buy' ? 1 : -1;
    const before = held.get(key) ?? 0;
    const gained = sign * amount - (side === 'buy' ? (fill.baseFee ?? 0) : 0);
    const closes = Math.min(amount, Math.max(0, -sign * before));
    const opens = amount - closes;
    const execution = (units: number) => ({
      ...{ id: fill.id ?? String(i), time: fill.time, price: fill.price, amount: units },
      fee: fill.fee * (units / amount),
      baseFee: (fill.baseFee ?? 0) * (units / amount),
    });
    let after = before + gained;
    if (closes > amount * ROUNDING)
      for (const trade of book.close(
        { strategy, symbol, side: sign > 0 ? 'short' : 'long' },
        execution(closes),
      ))
        trades.push({ ...trade, side: trade.side ?? 'long' });
    if (opens > amount * ROUNDING) {
      if (side === 'sell' && !hasShorts) {
        unopened += 1;
        after = 0;
      } else
        book.open({ strategy, symbol, side: sign > 0 ? 'long' : 'short', from: String(i) }, execution(opens));
    }
    held.set(key, Math.abs(after) < amount * ROUNDING ? 0 : after);
  }
  return {
    trades,
    open: [...held.values()].filter((units) => units !== 0).length,
    unopened,
    repeated: fills.length - once.length,
  };
}
