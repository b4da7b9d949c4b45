import { INSTRUMENTS, type Instrument, type Kind } from './instruments.ts';
import { profit } from './ledger.ts';
import type { Order, VenueSettings } from './order.ts';
import type { Venue } from './venue.ts';

export const BNB_PRICE = 200;
const LEVERAGE = 20;
/** Share of a contract's value below which its margin is gone. */
const MAINTENANCE = 0.01;
/** How many times its own money a margin account may hold. */
const MARGIN_FACTOR = 5;
/** Accounts whose fees cannot be paid in BNB, and what of a fee BNB saves. */
const NO_BNB: readonly Kind[] = ['coinm', 'bybit'];
const BNB_SHARE = 0.75;

/** What is in an account at first. */
export const START_CASH: Readonly<Record<Kind, Readonly<Record<string, number>>>> = {
  spot: { USDT: 20_000, BNB: 20 },
  margin: { USDT: 20_000, BNB: 20 },
  usdm: { USDT: 2000, BNB: 20 },
  hedge: { USDT: 2000, BNB: 20 },
  coinm: { BTC: 2, ETH: 20, BNB: 20 },
  bybit: { USDT: 2000 },
};

/** Value of a size at a price, in the currency that it settles in. */
export const worthAt = ({ type, contractSize }: Instrument, size: number, price: number): number =>
  type === 'inverse' ? (size * contractSize) / price : size * price;

/** Quote units of one unit of a currency. */
function worthOf(venue: Venue, currency: string): number {
  if (currency === 'USDT' || currency === 'USD') return 1;
  if (currency === 'BNB') return BNB_PRICE;
  const found = INSTRUMENTS[venue.settings.kind].find(({ base }) => base === currency);
  return found ? venue.price(found) : 0;
}

/** Fee of a fill and its currency. */
export function feeOf(
  { fees, kind }: VenueSettings,
  { type, base, settle, quote }: Instrument,
  fill: {
    readonly side: Order['side'];
    readonly rate: number;
    readonly qty: number;
    readonly value: number;
    readonly price: number;
  },
): readonly [fee: number, currency: string] {
  const { side, rate, qty, value, price } = fill;
  const rounded = (fee: number) => Number(fee.toFixed(8));
  if (fees === 'bnb' && !NO_BNB.includes(kind))
    return [rounded((BNB_SHARE * rate * value * (type === 'inverse' ? price : 1)) / BNB_PRICE), 'BNB'];
  if (type !== 'spot') return [rounded(rate * value), settle];
  if (fees === 'received' && side === 'BUY') return [rounded(rate * qty), base];
  return [rounded(rate * value), quote];
}

/** Whether a margin account may hold this much more, in quote currency. */
export function mayBorrow(venue: Venue, more: number): boolean {
  const { ledger } = venue;
  const held = ledger
    .positions()
    .reduce((sum, { instrument, size }) => sum + Math.abs(size) * venue.price(instrument), 0);
  const own = ledger.currencies().reduce((sum, each) => sum + ledger.cash(each) * worthOf(venue, each), 0);
  return held + more <= MARGIN_FACTOR * own;
}

/** What the positions of a currency gained and are worth. */
export function exposed(
  venue: Venue,
  settle: string,
): { readonly unrealized: number; readonly value: number } {
  let [unrealized, value] = [0, 0];
  for (const { instrument, size, entry } of venue.ledger.positions()) {
    if (size === 0 || instrument.settle !== settle || instrument.type === 'spot') continue;
    unrealized += profit(instrument, size, entry, venue.price(instrument));
    value += Math.abs(worthAt(instrument, size, venue.price(instrument)));
  }
  return { unrealized, value };
}

/** Whether there is margin for so much more, in the currency that it settles in. */
export function hasMargin(venue: Venue, settle: string, more: number): boolean {
  const { unrealized, value } = exposed(venue, settle);
  return venue.ledger.cash(settle) + unrealized - value / LEVERAGE >= more / LEVERAGE;
}

/** Whether the margin of a currency's positions is gone. */
export function isRuined(venue: Venue, settle: string): boolean {
  const { unrealized, value } = exposed(venue, settle);
  return value > 0 && venue.ledger.cash(settle) + unrealized < value * MAINTENANCE;
}

/** What resting orders hold back of a currency. */
export function lockedBy(orders: readonly Order[], currency: string): number {
  let sum = 0;
  const counted = new Set<Order>();
  for (const order of orders) {
    const { instrument, side, qty, filled, pair } = order;
    if (instrument.type !== 'spot' || (pair && counted.has(pair))) continue;
    counted.add(order);
    const left = qty - filled;
    if (side === 'SELL' && instrument.base === currency) sum += left;
    if (side === 'BUY' && instrument.quote === currency) sum += left * (order.price ?? order.trigger ?? 0);
  }
  return Number(sum.toFixed(8));
}
