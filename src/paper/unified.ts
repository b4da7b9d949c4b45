import type { PaperFill, PaperOrder } from './account.ts';
import type { SwapPosition } from './holdings.ts';

/** What bots look for in a venue's own answer, in the words of the largest. */
const STATUSES = { open: 'NEW', closed: 'FILLED', canceled: 'CANCELED' } as const;

/** An order in ccxt's unified structure. */
export function unifiedOrder(order: PaperOrder, quote: string, contractSize = 1) {
  const { id, clientOrderId, symbol, type, side, amount, price, stopLossPrice, takeProfitPrice } = order;
  const { timestamp, lastTradeTimestamp, status, filled, cost, fee, reduceOnly } = order;
  const triggerPrice = stopLossPrice ?? takeProfitPrice;
  return {
    id,
    clientOrderId,
    symbol,
    type,
    side,
    amount,
    price,
    triggerPrice,
    stopPrice: triggerPrice,
    stopLossPrice,
    takeProfitPrice,
    reduceOnly,
    timestamp,
    datetime: new Date(timestamp).toISOString(),
    lastTradeTimestamp,
    status,
    filled,
    remaining: amount - filled,
    average: filled > 0 ? cost / (filled * contractSize) : undefined,
    cost,
    fee: { currency: quote, cost: fee },
    trades: [],
    info: {
      orderId: id,
      clientOrderId,
      status: filled > 0 && status === 'open' ? 'PARTIALLY_FILLED' : STATUSES[status],
      side: side.toUpperCase(),
      type: type.toUpperCase(),
      price: String(price ?? 0),
      origQty: String(amount),
      executedQty: String(filled),
    },
  };
}

/** An execution in ccxt's unified structure. */
export function unifiedTrade(
  { id, order, clientOrderId, symbol, side, amount, price, fee, timestamp }: PaperFill,
  quote: string,
  contractSize = 1,
) {
  return {
    id,
    order,
    clientOrderId,
    symbol,
    side,
    amount,
    price,
    cost: amount * contractSize * price,
    timestamp,
    datetime: new Date(timestamp).toISOString(),
    fee: { currency: quote, cost: fee },
    info: {},
  };
}

/** A position in ccxt's unified structure; one that is flat has no side and no contracts. */
export function unifiedPosition(
  { symbol, contracts, entryPrice }: SwapPosition,
  { contractSize, leverage, price }: { contractSize: number; leverage: number; price: number | undefined },
  timestamp: number,
) {
  const size = Math.abs(contracts) * contractSize;
  const at = price ?? entryPrice;
  return {
    symbol,
    side: contracts === 0 ? undefined : contracts > 0 ? 'long' : 'short',
    contracts: Math.abs(contracts),
    contractSize,
    entryPrice: contracts === 0 ? undefined : entryPrice,
    markPrice: at,
    notional: size * at,
    leverage,
    initialMargin: (size * entryPrice) / leverage,
    unrealizedPnl: Math.sign(contracts) * size * (at - entryPrice),
    marginMode: 'cross',
    hedged: false,
    timestamp,
    datetime: new Date(timestamp).toISOString(),
    info: {},
  };
}

/** Balances in ccxt's unified structure, under each currency and each kind. */
export function unifiedBalance(
  balances: ReadonlyMap<string, number>,
  usedOf: (currency: string, total: number) => number,
  timestamp: number,
) {
  const kinds = {
    free: {} as Record<string, number>,
    used: {} as Record<string, number>,
    total: {} as Record<string, number>,
  };
  const byCurrency: Record<string, { free: number; used: number; total: number }> = {};
  for (const [currency, total] of balances) {
    const used = usedOf(currency, total);
    const free = Math.max(0, total - used);
    byCurrency[currency] = { free, used, total };
    kinds.free[currency] = free;
    kinds.used[currency] = used;
    kinds.total[currency] = total;
  }
  return { ...byCurrency, ...kinds, timestamp, datetime: new Date(timestamp).toISOString(), info: {} };
}
