import type { Trade } from '../../../../src/index.ts';
import type { RunRecord } from './run.ts';
import type { LedgerFill } from './venue/ledger.ts';

/** Fills of one order that follow each other, as a report of the order may put them together. */
interface Source {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly qty: number;
}

/** One end of a recorded trade, and the orders that it can come from. */
interface Claim {
  readonly text: string;
  readonly size: number;
  readonly orders: readonly string[];
}

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));

function sourcesOf(fills: readonly LedgerFill[]): Source[] {
  const orders = new Map<string, LedgerFill[]>();
  for (const fill of fills) {
    const key = `${fill.instrument.symbol} ${fill.orderId}`;
    orders.set(key, [...(orders.get(key) ?? []), fill]);
  }
  return [...orders].flatMap(([orderId, parts]) =>
    parts.flatMap((first, from) =>
      parts.slice(from).map((_, i) => {
        const range = parts.slice(from, from + i + 1);
        const qty = range.reduce((sum, each) => sum + each.qty, 0);
        const inverse = first.instrument.type === 'inverse';
        const price = inverse
          ? qty / range.reduce((sum, each) => sum + each.qty / each.price, 0)
          : range.reduce((sum, each) => sum + each.qty * each.price, 0) / qty;
        return { orderId, symbol: first.instrument.symbol, side: first.side, price, qty };
      }),
    ),
  );
}

/** The claims that the fills cannot all serve: sizes are handed out along augmenting paths. */
function unserved(claims: readonly Claim[], capacity: ReadonlyMap<string, number>): Claim[] {
  const left = new Map(capacity);
  const given = claims.map(() => new Map<string, number>());
  const give = (claim: number, wanted: number, seen: Set<string>): number => {
    let got = 0;
    for (const order of claims[claim]!.orders) {
      if (got >= wanted - 1e-9) break;
      if (seen.has(order)) continue;
      seen.add(order);
      const free = Math.min(wanted - got, left.get(order) ?? 0);
      if (free > 0) {
        left.set(order, left.get(order)! - free);
        given[claim]!.set(order, (given[claim]!.get(order) ?? 0) + free);
        got += free;
      }
      for (const [other, shares] of given.entries()) {
        const share = shares.get(order) ?? 0;
        if (other === claim || share <= 0 || got >= wanted - 1e-9) continue;
        const moved = give(other, Math.min(share, wanted - got), seen);
        shares.set(order, share - moved);
        given[claim]!.set(order, (given[claim]!.get(order) ?? 0) + moved);
        got += moved;
      }
    }
    return got;
  };
  return claims.filter(({ size }, i) => {
    let missing = size;
    for (let got = 1; got > 0 && missing > 0; missing -= got) got = give(i, missing, new Set());
    return missing > size * 1e-6 + 1e-9;
  });
}

/** Sizes of recorded trades are base units; of inverse contracts they become contracts again. */
function claimsOf(
  trades: readonly Trade[],
  sources: readonly Source[],
  contractSizes: ReadonlyMap<string, number>,
): Claim[] {
  return trades.flatMap((trade) => {
    const { id, symbol, side = 'long' } = trade;
    const size = trade.size ?? 0;
    const entryPrice = trade.entryPrice ?? Number.NaN;
    const exitPrice = trade.exitPrice ?? Number.NaN;
    const contractSize = contractSizes.get(symbol);
    const amount = contractSize === undefined ? size : (size * entryPrice) / contractSize;
    return (['entry', 'exit'] as const).map((end) => {
      const price = end === 'entry' ? entryPrice : exitPrice;
      const buys = (side === 'long') === (end === 'entry');
      const orders = sources
        .filter(
          (source) =>
            source.symbol === symbol && source.side === (buys ? 'buy' : 'sell') && near(source.price, price),
        )
        .map(({ orderId }) => orderId);
      return {
        text: `${end} of ${id}: ${side} ${amount} at ${price}`,
        size: amount,
        orders: [...new Set(orders)],
      };
    });
  });
}

/** What of the recorded trades the fills of the venue do not bear out. */
export function backing({ trades, venue }: RunRecord): string[] {
  const sources = sourcesOf(venue.ledger.fills);
  const capacity = new Map<string, number>();
  for (const { orderId, qty } of sources) capacity.set(orderId, Math.max(capacity.get(orderId) ?? 0, qty));
  const contractSizes = new Map(
    venue.instruments
      .filter(({ type }) => type === 'inverse')
      .map(({ symbol, contractSize }) => [symbol, contractSize]),
  );
  return unserved(claimsOf(trades, sources, contractSizes), capacity).map(
    ({ text, orders }) =>
      `${text}: ${orders.length === 0 ? 'no order filled at this price' : 'its fills are in other trades already'}`,
  );
}
