import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock } from '../clock.ts';
import { KINDS, type Kind } from './instruments.ts';
import type { LedgerFill } from './ledger.ts';
import { isOpen, PLAIN_VENUE, VenueError } from './order.ts';
import { Venue } from './venue.ts';

const settings = (kind: Kind, fees: 'received' | 'quote' | 'bnb', parts: number) =>
  ({ ...PLAIN_VENUE, kind, fees, parts }) as const;

const acts = fc.array(
  fc.record({
    what: fc.constantFrom('market', 'limit', 'stop', 'move', 'fund', 'ruin'),
    buys: fc.boolean(),
    lots: fc.integer({ min: 1, max: 40 }),
    by: fc.integer({ min: -50, max: 50 }),
    long: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Random orders and prices; what the venue refuses does not happen. */
function play(
  venue: Venue,
  script: readonly { what: string; buys: boolean; lots: number; by: number; long: boolean }[],
) {
  const [instrument] = venue.instruments;
  for (const { what, buys, lots, by, long } of script) {
    venue.clock.now += 1000;
    const price = venue.price(instrument!);
    const at = Number((price * (1 + by / 1000)).toFixed(2));
    try {
      if (what === 'move') venue.move(instrument!, at);
      else if (what === 'fund') venue.fund(instrument!, by / 1e5);
      else if (what === 'ruin') venue.ruin(instrument!);
      else
        venue.place({
          instrument: instrument!,
          side: buys ? 'BUY' : 'SELL',
          type:
            what === 'market'
              ? 'MARKET'
              : what === 'limit'
                ? 'LIMIT'
                : instrument!.type === 'spot'
                  ? 'STOP_LOSS'
                  : 'STOP_MARKET',
          qty: Number((lots * 20 * (instrument!.type === 'inverse' ? 0.1 : 0.001)).toFixed(3)),
          ...(what === 'limit' ? { price: at } : {}),
          ...(what === 'stop' ? { trigger: at } : {}),
          ...(venue.hedged ? { positionSide: long ? 'LONG' : 'SHORT' } : {}),
          clientId: `c${venue.orders.length}`,
          by: 'bot',
        });
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
    }
  }
}

/** Money from the raw fills alone: every one taken for an exchange of goods at its price. */
function recount(venue: Venue, currency: string, start: number): number {
  let money = start;
  const prices = new Map(venue.instruments.map((each) => [each.id, venue.price(each)]));
  for (const fill of venue.ledger.fills) {
    money -= fill.feeCurrency === currency ? fill.fee : 0;
    money +=
      fill.instrument.settle === currency || fill.instrument.type === 'spot'
        ? worth(fill, currency, prices)
        : 0;
  }
  return (
    money +
    venue.ledger.payments.reduce(
      (sum, { instrument, amount }) => sum + (instrument.settle === currency ? amount : 0),
      0,
    )
  );
}

function worth(
  { instrument, side, qty, price }: LedgerFill,
  currency: string,
  prices: Map<string, number>,
): number {
  const signed = side === 'buy' ? qty : -qty;
  const last = prices.get(instrument.id)!;
  if (instrument.type === 'spot')
    return currency === instrument.quote ? -signed * price : currency === instrument.base ? signed : 0;
  if (instrument.type === 'linear') return signed * (last - price);
  return signed * instrument.contractSize * (1 / price - 1 / last);
}

describe('the ledger of the loopback venue', () => {
  for (const kind of KINDS)
    it(`keeps what a recount of the raw fills says, on ${kind}`, () => {
      fc.assert(
        fc.property(
          acts,
          fc.constantFrom('received', 'quote', 'bnb'),
          fc.constantFrom(1, 2, 3),
          (script, fees, parts) => {
            const venue = new Venue(settings(kind, fees, parts), new Clock(0));
            play(venue, script);
            const { ledger } = venue;
            for (const currency of ledger.currencies()) {
              const open = ledger
                .positions()
                .filter(
                  ({ instrument, size }) =>
                    size !== 0 && instrument.settle === currency && instrument.type !== 'spot',
                )
                .reduce((sum, { instrument, size, entry }) => {
                  const last = venue.price(instrument);
                  return (
                    sum +
                    (instrument.type === 'inverse'
                      ? size * instrument.contractSize * (1 / entry - 1 / last)
                      : size * (last - entry))
                  );
                }, 0);
              const outside = -ledger.balance('outside', currency);
              expect(ledger.cash(currency) + open).toBeCloseTo(recount(venue, currency, outside), 6);
              const books = ['cash', 'market', 'fees', 'funding', 'outside'] as const;
              expect(books.reduce((sum, account) => sum + ledger.balance(account, currency), 0)).toBeCloseTo(
                0,
                9,
              );
            }
          },
        ),
        { numRuns: 60, seed: 1 },
      );
    });

  it('pairs first in first out what its money says: round trips of closed positions sum to the change of equity', () => {
    fc.assert(
      fc.property(acts, fc.constantFrom(1, 2, 3), (script, parts) => {
        const venue = new Venue(settings('usdm', 'quote', parts), new Clock(0));
        play(
          venue,
          script.filter(({ what }) => what !== 'ruin'),
        );
        const [instrument] = venue.instruments;
        for (const order of venue.orders) if (isOpen(order)) venue.cancel(order);
        const held = venue.ledger.size(instrument!);
        if (held !== 0)
          venue.place({
            instrument: instrument!,
            side: held > 0 ? 'SELL' : 'BUY',
            type: 'MARKET',
            qty: Math.abs(held),
            reduceOnly: true,
            clientId: 'last',
            by: 'bot',
          });
        const { gross, fees, funding } = venue.ledger.closed();
        const change = venue.ledger.cash('USDT') + venue.ledger.balance('outside', 'USDT');
        expect(venue.ledger.size(instrument!)).toBe(0);
        expect(gross - fees + funding).toBeCloseTo(change, 6);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('never fills more than was asked, and a reducing order never turns a position around', () => {
    fc.assert(
      fc.property(acts, fc.constantFrom(1, 2, 3), (script, parts) => {
        const venue = new Venue(settings('usdm', 'quote', parts), new Clock(0));
        play(venue, script);
        for (const { qty, filled } of venue.orders) expect(filled).toBeLessThanOrEqual(qty + 1e-9);
      }),
      { numRuns: 40, seed: 2 },
    );
  });
});
