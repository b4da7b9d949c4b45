import type { Instrument } from './venue/instruments.ts';
import type { LedgerFill } from './venue/ledger.ts';
import type { Venue } from './venue/venue.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const quoteValue = ({ instrument, price, qty }: LedgerFill): number =>
  instrument.type === 'inverse' ? qty * instrument.contractSize : qty * price;

/** What of a market's sums may differ because it cannot be otherwise, in quote currency. */
function ofInstrument(instrument: Instrument, { ledger, settings }: Venue): number {
  const fills = ledger.fills.filter((fill) => fill.instrument === instrument);
  const trips = ledger.roundTrips.filter(({ exit }) => exit.instrument === instrument);
  const prices = fills.map(({ price }) => price);
  const range = prices.length === 0 ? 0 : Math.max(...prices) - Math.min(...prices);
  const rounding = 1e-6 * sum(fills.map(quoteValue));
  if (instrument.type === 'spot') {
    // A fee that is kept of what was bought leaves rests that are too small to be sold.
    const kept = sum(fills.map(({ fee, feeCurrency }) => (feeCurrency === instrument.base ? fee : 0)));
    return rounding + kept * range + (kept > 0 ? trips.length * instrument.minQty * range : 0);
  }
  // Within one tick of a coarse clock nobody knows which entry an exit is paired with; of inverse contracts that tells.
  const isAmbiguous = settings.coarse > 1 && instrument.type === 'inverse';
  return (
    rounding + (isAmbiguous ? sum(trips.map(({ gross, exit }) => Math.abs(gross / exit.price) * range)) : 0)
  );
}

/** What the sums of a venue may differ from those of who saw the same, in quote currency. */
export const tolerance = (venue: Venue): number =>
  1e-4 + sum(venue.instruments.map((instrument) => ofInstrument(instrument, venue)));
