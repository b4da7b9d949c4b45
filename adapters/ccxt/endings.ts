import type { TradeInput } from '../../src/index.ts';

/** What is known of the position that a trade closed a part of. */
export interface Ending {
  /** Base units that are open of it. */
  readonly open: number;
  /** Whether the order that opened it may fill more. */
  readonly mayGrow: boolean;
}

/**
 * Which trades can be told. The last one of a position ends it: while the order that opened it may fill more it waits,
 * for one entry decision is one outcome, however often it was sold out in between.
 * @param trades those that wait, then the new ones
 */
export function tellable(
  trades: readonly TradeInput[],
  endingOf: (trade: TradeInput) => Ending,
): { readonly now: readonly TradeInput[]; readonly later: readonly TradeInput[] } {
  const now: TradeInput[] = [];
  const later: TradeInput[] = [];
  for (const [i, trade] of trades.entries()) {
    if ((trade.openSize ?? 0) > 0) {
      now.push(trade);
      continue;
    }
    const next = trades.slice(i + 1).find(({ positionId }) => positionId === trade.positionId);
    const { open, mayGrow } = endingOf(trade);
    const openSize = next ? (next.size ?? 0) + (next.openSize ?? 0) : open;
    if (openSize === 0 && mayGrow) later.push(trade);
    else now.push({ ...trade, openSize });
  }
  return { now, later };
}
