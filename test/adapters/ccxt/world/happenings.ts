import type { Bot } from './bots/bot.ts';
import type { Step } from './bots/program.ts';
import type { Account } from './server.ts';
import { floorStep, type Instrument } from './venue/instruments.ts';
import { isOpen } from './venue/order.ts';
import type { Venue } from './venue/venue.ts';

/** How long a venue forgets the positions of an account, in ms. */
const LAPSE = 45_000;

/** Does what happens outside of the bot; false for a step that is the bot's. */
export function happen(account: Account, step: Step): boolean {
  const { venue } = account;
  const instrument = venue.instruments[step.on]!;
  const price = venue.price(instrument);
  if (step.do === 'move') venue.move(instrument, price * (1 + step.by));
  else if (step.do === 'fund') venue.fund(instrument, step.rate);
  else if (step.do === 'liquidate') venue.ruin(instrument);
  else if (step.do === 'owner') ownerTrades(venue, instrument, step);
  else if (step.do === 'orderFault') account.orderFault = step.fault;
  else if (step.do === 'readFaults') {
    account.readFaults = step.faults;
    account.emptyUntil = venue.now + LAPSE;
  } else return false;
  return true;
}

function ownerTrades(
  venue: Venue,
  instrument: Instrument,
  { side, share }: Extract<Step, { do: 'owner' }>,
): void {
  const positionSide = venue.hedged ? (side === 'buy' ? 'SHORT' : 'LONG') : 'BOTH';
  const held = venue.ledger.size(instrument, positionSide);
  const closes = held !== 0 && held > 0 === (side === 'sell');
  // A hedge's side is only ever closed by hand here; else the owner adds or opens a little.
  if (venue.hedged && !closes) return;
  const qty = floorStep(closes ? Math.abs(held) * share : 100 / instrument.startPrice, instrument.step);
  const isSpot = venue.settings.kind === 'spot';
  const isThere = !isSpot || side === 'buy' || venue.free(instrument.base) >= qty;
  if (qty > 0 && isThere)
    venue.tradeByHand({ instrument, side: side === 'buy' ? 'BUY' : 'SELL', qty, positionSide });
}

/**
 * The end: everything is cancelled, each of several bots closes what it believes in, and the first one what is left.
 * Whether nothing was left by then that one strategy would have had to close for another.
 */
export async function close(bots: readonly Bot[], account: Account): Promise<boolean> {
  const { venue, clock } = account;
  let isOwn = true;
  account.orderFault = null;
  account.readFaults = {};
  await clock.pass(120_000);
  for (const instrument of venue.instruments.slice(0, 2)) {
    if (venue.orders.some((order) => order.instrument === instrument && isOpen(order)))
      await bots[0]!.cancelAll(instrument);
    for (const bot of bots.length > 1 ? bots : [])
      for (const side of ['long', 'short'] as const) {
        const amount = floorStep(bot.believes(instrument, side), instrument.step);
        if (!(amount > 0)) continue;
        const before = venue.ledger.fills.length;
        await bot.close(instrument, side, amount);
        const closed = venue.ledger.fills.slice(before).reduce((sum, { qty }) => sum + qty, 0);
        isOwn &&= Math.abs(closed - amount) < instrument.step / 2;
      }
    for (const { instrument: of, size } of venue.ledger.positions()) {
      if (of !== instrument) continue;
      const isSpot = venue.settings.kind === 'spot';
      const held = isSpot ? Math.min(size, venue.ledger.cash(instrument.base)) : size;
      const amount = floorStep(Math.abs(held), instrument.step);
      if (!(amount > 0)) continue;
      isOwn &&= bots.length === 1;
      await bots[0]!.close(instrument, held > 0 ? 'long' : 'short', amount);
    }
  }
  return isOwn;
}
