import { EdgekeeperError } from '../../model/errors.ts';
import { pairedHistory } from '../paired-history.ts';
import type { PastFill, TradeHistory } from '../trade-history.ts';

interface CcxtTrade {
  readonly id?: string;
  readonly timestamp: number;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly amount: number;
  /** Money that was paid: beside price and amount it says what a contract is. */
  readonly cost?: number | null;
  /** Of an order, which is not all that was executed. */
  readonly status?: string;
  readonly filled?: number | null;
  readonly average?: number | null;
  readonly fee?: { readonly cost?: number; readonly currency?: string } | null;
  readonly fees?: readonly { readonly cost?: number; readonly currency?: string }[];
}

/** Whether parsed JSON is what `fetchMyTrades` of ccxt answers. */
export const isCcxtTrades = (value: unknown): value is readonly CcxtTrade[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (each) =>
      each !== null && typeof each === 'object' && 'timestamp' in each && 'side' in each && 'amount' in each,
  );

/** The round trips of what `fetchMyTrades` of ccxt answers. Throws `HISTORY_INVALID` for an impossible row. */
export function fromCcxtTrades(given: readonly CcxtTrade[], strategy: string): TradeHistory {
  let others = 0;
  const executed = given.filter(({ status, filled }) => status === undefined || (filled ?? 0) > 0);
  const fills = executed.map((trade, i): PastFill => {
    const { id, timestamp, symbol, side } = trade;
    const price = trade.average ?? trade.price;
    const amount = unitsOf(trade, price);
    if (!(timestamp > 0) || !(price > 0) || !(amount > 0) || (side !== 'buy' && side !== 'sell')) {
      throw new EdgekeeperError('HISTORY_INVALID', {
        found: `${JSON.stringify(trade).slice(0, 200)} at ${i}`,
        expected: 'a trade as ccxt has it: timestamp, symbol, side, price and amount',
        hint: 'Nothing was read.',
      });
    }
    const [base = '', rest = ''] = symbol.split('/');
    const quote = rest.split(':').at(-1);
    let [fee, baseFee] = [0, 0];
    for (const { cost = 0, currency } of trade.fees?.length ? trade.fees : trade.fee ? [trade.fee] : []) {
      if (currency === undefined || currency === quote) fee += cost;
      else if (currency === base && side === 'buy') baseFee += cost;
      else if (currency === base) fee += cost * price;
      else others += 1;
    }
    return { id, strategy, symbol, side, time: timestamp, price, amount, fee, baseFee };
  });
  const hasShorts = given.some(({ symbol }) => symbol.includes(':'));
  const unfilled = given.length - executed.length;
  const notices = [
    ...(unfilled === 0 ? [] : [`${unfilled} orders that were not filled are left out`]),
    ...(others === 0
      ? []
      : [`${others} fees in another currency are left out: the results are a little too good`]),
  ];
  return pairedHistory('trades as ccxt has them (fetchMyTrades)', fills, { hasShorts, notices });
}

/** What was traded in units of the base currency: a contract may be another amount of it, which the cost tells. */
function unitsOf({ symbol, amount, filled, cost }: CcxtTrade, price: number): number {
  const contracts = filled ?? amount;
  const [pair = '', settle] = symbol.split(':');
  if (settle === undefined || !(Number(cost) > 0) || !(price > 0)) return contracts;
  const isInverse = settle.split('-')[0] === pair.split('/')[0];
  return isInverse ? Number(cost) : Number(cost) / price;
}
