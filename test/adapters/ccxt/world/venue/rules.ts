import { isAtStep } from './instruments.ts';
import { hasMargin, mayBorrow, worthAt } from './money.ts';
import { closesSide, crosses, isConditional, isOpen, triggers, VenueError, type Wanted } from './order.ts';
import type { Venue } from './venue.ts';

/** Code and words of a refusal, on spot and for contracts. */
const REFUSALS = {
  duplicate: [-2010, 'Duplicate order sent.', -4116, 'ClientOrderId is duplicated.'],
  size: [-1013, 'Filter failure: LOT_SIZE', -4003, 'Quantity less than or equal to zero.'],
  step: [-1013, 'Filter failure: LOT_SIZE', -1111, 'Precision is over the maximum defined for this asset.'],
  tick: [-1013, 'Filter failure: PRICE_FILTER', -4014, 'Price not increased by tick size.'],
  least: [
    -1013,
    'Filter failure: NOTIONAL',
    -4164,
    "Order's notional must be no smaller (unless you choose reduce only).",
  ],
  trigger: [-2010, 'Stop price would trigger immediately.', -2021, 'Order would immediately trigger.'],
  maker: [-2010, 'Order would immediately match and take.', -5022, 'Post Only order will be rejected.'],
} as const;

/** Throws the venue's refusal of an order that breaks a rule. */
export function check(wanted: Wanted, venue: Venue): void {
  const { instrument, type, qty, quoteQty, clientId, closePosition, price, trigger } = wanted;
  const { step, tick, minQty, minNotional } = instrument;
  const spot = instrument.type === 'spot';
  const refuse = (name: keyof typeof REFUSALS): never => {
    const [spotCode, spotWords, code, words] = REFUSALS[name];
    throw spot ? new VenueError(spotCode, spotWords) : new VenueError(code, words);
  };
  const market = venue.price(instrument);
  const isTaken = venue.orders.some(
    (order) => order.clientId === clientId && order.instrument === instrument && isOpen(order),
  );
  if (isTaken) refuse('duplicate');
  if (!closePosition && quoteQty === undefined) {
    if (!(qty > 0) || qty < minQty * (1 - 1e-9)) refuse('size');
    if (!isAtStep(qty, step)) refuse('step');
  }
  for (const each of [price, trigger])
    if (each !== undefined && !(each > 0 && isAtStep(each, tick))) refuse('tick');
  const value = quoteQty ?? worthAt(instrument, qty, price ?? market);
  if (value < minNotional && !wanted.reduceOnly && !closePosition) refuse('least');
  if (trigger !== undefined && triggers(wanted, market)) refuse('trigger');
  if (type === 'LIMIT_MAKER' && crosses(wanted, market)) refuse('maker');
  if (spot) checkFunds(wanted, value, venue);
  else checkPosition(wanted, value, venue);
}

function checkFunds(wanted: Wanted, value: number, venue: Venue): void {
  const { instrument, side, qty, trigger, price, quoteQty } = wanted;
  const [currency, needed] =
    side === 'BUY'
      ? [instrument.quote, quoteQty ?? Math.max(value, (price ?? trigger ?? 0) * qty)]
      : [instrument.base, quoteQty === undefined ? qty : quoteQty / venue.price(instrument)];
  const isEnough =
    venue.settings.kind === 'margin' ? mayBorrow(venue, value) : needed <= venue.free(currency) + 1e-9;
  if (!isEnough) throw new VenueError(-2010, 'Account has insufficient balance for requested action.');
}

function checkPosition(wanted: Wanted, value: number, venue: Venue): void {
  const { instrument, side, positionSide = 'BOTH', reduceOnly, closePosition, qty } = wanted;
  if (venue.hedged !== (positionSide !== 'BOTH'))
    throw new VenueError(-4061, "Order's position side does not match user's setting.");
  if (venue.hedged && reduceOnly)
    throw new VenueError(-1106, "Parameter 'reduceonly' sent when not required.");
  if (isConditional(wanted)) return;
  const held = venue.ledger.size(instrument, positionSide);
  const reduces = held * (side === 'BUY' ? qty : -qty) < 0;
  const closes = closesSide(wanted);
  const flagged = (reduceOnly ?? false) || (closePosition ?? false);
  if ((flagged && !reduces) || (closes && Math.abs(held) < qty - 1e-9))
    throw new VenueError(-2022, 'ReduceOnly Order is rejected.');
  if (flagged || closes) return;
  const opens = reduces ? Math.max(0, qty - Math.abs(held)) / qty : 1;
  if (opens > 0 && !hasMargin(venue, instrument.settle, value * opens))
    throw new VenueError(-2019, 'Margin is insufficient.');
}
