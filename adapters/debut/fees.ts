import { type DebutHost, type DebutOrder, numberOr } from './types.ts';

/**
 * The fee of an order in quote currency. Binance charges in what was bought, on spot and margin, and calls it quote: of
 * the two readings of its number the one nearer to the fee rate is meant. A fee that nobody tells is the rate's.
 */
export function feeOf(
  { opts, instrument }: DebutHost,
  order: DebutOrder,
  price: number,
  lots: number,
): number {
  const value = lots * price * (instrument?.lot ?? 1);
  const atRate = (value * (opts.fee ?? 0)) / 100;
  const charged = numberOr(order.commission?.value);
  if (charged === undefined) return atRate;
  const inBase = opts.broker === 'binance' && opts.instrumentType !== 'FUTURES';
  if (!inBase || !(charged > 0) || !(atRate > 0)) return charged;
  const distance = (fee: number) => Math.abs(Math.log(fee / atRate));
  return distance(charged * price) < distance(charged) ? charged * price : charged;
}

/**
 * The entry fee of lots whose opening this plugin did not see. What the order says is for all that it once opened, some
 * of which may have closed since: the rest pays no more than its rate.
 */
export function restFeeOf(host: DebutHost, opened: DebutOrder, price: number, lots: number): number {
  const told = feeOf(host, opened, price, lots);
  const atRate = feeOf(host, { ...opened, commission: undefined }, price, lots);
  return atRate > 0 ? Math.min(told, atRate) : told;
}
