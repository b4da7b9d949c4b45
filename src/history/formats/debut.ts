import type { PastTrade, TradeHistory } from '../trade-history.ts';

/** A closed order as Debut's statistics have it. */
interface DebutOrder {
  readonly openTime: string | number;
  readonly time: string | number;
  readonly openPrice: number;
  readonly price: number;
  readonly profit: number;
  readonly lots?: number;
  readonly type?: string;
  readonly openName?: string;
  readonly name?: string;
  readonly ticker?: string;
  readonly commission?: { readonly value?: number };
}

const ordersOf = (value: unknown): unknown =>
  Array.isArray(value) ? value : (value as { orders?: unknown })?.orders;

/** Whether parsed JSON is a list of closed orders of Debut. */
export function isDebutOrders(value: unknown): boolean {
  const orders = ordersOf(value);
  return (
    Array.isArray(orders) &&
    orders.length > 0 &&
    orders.every(
      (each) => each !== null && typeof each === 'object' && 'openPrice' in each && 'openTime' in each,
    )
  );
}

/** The closed orders of Debut; a closing SELL ends a long position. */
export function fromDebutOrders(value: unknown, strategy: string, symbol: string): TradeHistory {
  const timeOf = (time: string | number): number => (typeof time === 'number' ? time : Date.parse(time));
  const trades = (ordersOf(value) as DebutOrder[]).map(
    (order): PastTrade => ({
      strategy: order.openName ?? order.name ?? strategy,
      symbol: order.ticker ?? symbol,
      side: order.type === 'BUY' ? 'short' : 'long',
      entryTime: timeOf(order.openTime),
      exitTime: timeOf(order.time),
      entryPrice: order.openPrice,
      exitPrice: order.price,
      size: order.lots,
      pnl: order.profit,
      fees: order.commission?.value,
    }),
  );
  return { format: 'closed orders of Debut', trades, notices: [], columns: null };
}
