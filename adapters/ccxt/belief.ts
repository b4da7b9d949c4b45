import type { Side } from '../../src/index.ts';
import { mostScaleOf, type SentOrder, scaleOf } from './sent-orders.ts';

/** Units that a strategy holds on a side, and that its bot takes itself to hold. */
export interface Belief {
  readonly held: number;
  readonly believed: number;
  /** The most that it may take itself to hold: by cost it asked for no units. */
  readonly most: number;
}

/** What a strategy holds on both sides by what is booked. */
export type Holdings = Readonly<Record<Side, Belief>>;

const opposite = (side: Side): Side => (side === 'long' ? 'short' : 'long');

/**
 * What a strategy holds, and its bot believes in, once everything is counted that went out and is not booked yet:
 * what filled, and what a market order that nobody has told of must have filled.
 * @param orders of the strategy on the symbol, oldest first
 */
export function holdings(booked: Holdings, orders: readonly SentOrder[]): Holdings {
  const now = { long: { ...booked.long }, short: { ...booked.short } };
  const close = (side: Side, units: number): number => {
    const { held, believed, most } = now[side];
    const taken = Math.min(held, units);
    const left = 1 - taken / held;
    if (taken > 0) now[side] = { held: held - taken, believed: believed * left, most: most * left };
    return units - taken;
  };
  for (const order of orders) {
    const { kind, buys } = order;
    const side = order.side ?? (buys ? 'long' : 'short');
    let units = order.execution.ahead + untold(order);
    if (!(units > 0)) continue;
    if (kind === 'exit') {
      close(side, units);
      continue;
    }
    const filled = units;
    if (kind !== 'entry') units = close(opposite(side), units);
    const closed = (order.closed ?? 0) + filled - units;
    const { held, believed, most } = now[side];
    now[side] = {
      held: held + units,
      believed: believed + units * scaleOf(order, closed),
      most: most + units * mostScaleOf(order, closed),
    };
  }
  return now;
}

/** Units of an entry of which nobody has said what they filled; what rests or waits is heard of before it fills. */
function untold({ kind, final, resting, conditional, byCost, sent, execution }: SentOrder): number {
  if (kind === 'exit' || final || resting || conditional || byCost) return 0;
  return Math.max(0, sent - execution.amount);
}
