import { boundary } from '../core/boundary.ts';
import type { DebutHost } from './types.ts';

/** Lots that differ by less than this share are the same. */
const ROUNDING = 1e-9;

type Prepare = (lots: number) => number;

/**
 * The most lots that a venue takes, at most as many as wanted; 0 where that is none.
 *
 * Debut says a venue's rule only as a function, `prepareLots`: it rounds down, to the nearest or up, to a step that
 * nobody names, and says its least lot where nothing is left. All that these have in common is that more lots never
 * prepare to fewer, so the answer is searched for between nothing and what is wanted.
 *
 * @param wanted lots
 * @param price in quote currency; without one no value is checked
 * @param minNotional least value of an order, where the instrument knows none
 */
export function largestLots(
  host: DebutHost,
  wanted: number,
  price: number | undefined,
  minNotional: number,
): number {
  if (!(wanted > 0) || !Number.isFinite(wanted)) return 0;
  const prepare = preparerOf(host);
  const fits = (lots: number) => lots <= wanted * (1 + ROUNDING);
  const asked = prepare(wanted);
  const lots = fits(asked) ? asked : prepare(boundary(0, wanted, (x) => fits(prepare(x))).below);
  return lots > 0 && fits(lots) && reaches(lots, leastLots(host, price, minNotional)) ? lots : 0;
}

/**
 * The fewest lots that a venue takes, at most as many as are asked for; 0 where that is none. Where it says no
 * minimum, as Debut's tester does, that is one step of its lots.
 */
export function smallestLots(
  host: DebutHost,
  asked: number,
  price: number | undefined,
  minNotional: number,
): number {
  const prepare = preparerOf(host);
  const least = leastLots(host, price, minNotional);
  const enough = (x: number) => prepare(x) > 0 && reaches(prepare(x), least);
  if (!(asked > 0) || !enough(asked)) return 0;
  const lots = prepare(enough(0) ? 0 : boundary(0, asked, (x) => !enough(x)).above);
  return lots <= asked * (1 + ROUNDING) ? lots : 0;
}

/** What a venue prepares some lots to; a rule that answers no number takes nothing. */
function preparerOf({ instrument, transport }: DebutHost): Prepare {
  const id = instrument?.id ?? '';
  return (lots) => {
    const prepared = Number(transport.prepareLots(lots, id));
    return Number.isFinite(prepared) ? prepared : Number.POSITIVE_INFINITY;
  };
}

function leastLots({ opts, instrument }: DebutHost, price: number | undefined, minNotional: number): number {
  const { lot = 1, minQuantity = 0 } = instrument ?? {};
  const inLots = opts.broker === 'tinkoff' ? minQuantity / lot : minQuantity;
  const value = Math.max(instrument?.minNotional ?? 0, minNotional);
  return Math.max(inLots, price !== undefined && price > 0 ? value / (price * lot) : 0);
}

const reaches = (lots: number, least: number): boolean => lots >= least * (1 - ROUNDING);
