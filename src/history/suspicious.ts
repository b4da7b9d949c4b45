import type { PastTrade, TradeHistory } from './trade-history.ts';

/** Share of wins beyond which losses are probably missing. */
const TOO_MANY_WINS = 0.95;
const ENOUGH = 30;
/** A stop further away than this share of the price is none that anybody would let be hit. */
const WIDE_STOP = 0.25;
const YEAR_2010 = Date.UTC(2010, 0, 1);
/** A profit is not what prices and sizes say from this share of it on, and of the entry value: fees are less. */
const ODD_SHARE = 0.5;
const ODD_VALUE = 0.005;
const DAY = 86_400_000;

const share = (trades: readonly PastTrade[], is: (trade: PastTrade) => boolean): number =>
  trades.filter(is).length / trades.length;
const percent = (rate: number): string => `${(100 * rate).toFixed(1)}%`;

/** What in a history looks too good, wrong or unclear, each in a sentence. Pure. @param now wall clock in ms */
export function suspicious(
  { trades, isPaired = false }: Pick<TradeHistory, 'trades' | 'isPaired'>,
  now: number,
): string[] {
  const found: string[] = [];
  const wins = share(trades, ({ pnl }) => pnl > 0);
  if (trades.length >= ENOUGH && wins > TOO_MANY_WINS)
    found.push(
      `${percent(wins)} of the trades win: losses are held on to, averaged down, or missing from the file`,
    );

  const stops = trades.filter(({ stop, entryPrice }) => stop !== undefined && entryPrice !== undefined);
  const wide = stops.filter(({ stop, entryPrice }) => Math.abs(stop! / entryPrice! - 1) > WIDE_STOP);
  if (wide.length > stops.length / 2)
    found.push(
      `stops lie ${percent(median(wide.map(({ stop, entryPrice }) => Math.abs(stop! / entryPrice! - 1))))} away and are not what ends the trades: R means little`,
    );
  const wrongSide = stops.filter(({ stop, entryPrice, side }) =>
    side === 'long' ? stop! >= entryPrice! : stop! <= entryPrice!,
  );
  if (wrongSide.length > 0)
    found.push(`${wrongSide.length} stops lie on the wrong side of the entry: they are not used`);

  const doubled = isPaired ? 0 : trades.length - new Set(trades.map(keyOf)).size;
  if (doubled > 0)
    found.push(
      isCoarse(trades)
        ? `${doubled} rows are like another of the same day: whether they are there twice nobody can tell, and each is counted`
        : `${doubled} rows are there twice or more: each is counted once`,
    );

  const backwards = trades.filter(({ entryTime, exitTime }) => exitTime < entryTime).length;
  if (backwards > 0) found.push(`${backwards} trades end before they begin: they are left out`);
  const early = trades.filter(({ exitTime }) => exitTime < YEAR_2010).length;
  if (early > 0) found.push(`${early} trades are from before 2010: is the time in another unit?`);
  const late = trades.filter(({ exitTime }) => exitTime > now).length;
  if (late > 0)
    found.push(
      `${late} trades are from the future and are left out: is the time in another unit or zone (--utc-offset)?`,
    );
  const quotes = new Set(trades.flatMap(({ symbol }) => /^[^/]+\/([A-Z0-9]+)/.exec(symbol)?.[1] ?? []));
  if (quotes.size > 1)
    found.push(`profits are in ${[...quotes].slice(0, 6).join(', ')}: their sums mean nothing, R does`);

  const odd = trades.filter(isOdd).length;
  if (odd > trades.length / 10)
    found.push(
      `the profits of ${percent(odd / trades.length)} of the trades are not what their prices and sizes say: contracts, leverage, or another currency`,
    );
  const free = trades.filter(({ fees }) => !fees).length;
  if (free === trades.length && trades.length >= ENOUGH)
    found.push('no trade has paid a fee: the results may be before fees');
  if (
    new Set(trades.map(({ entryTime, exitTime }) => exitTime - entryTime)).size === 1 &&
    trades.length >= ENOUGH
  )
    found.push('all trades last equally long: are these times those of the trades?');
  return found;
}

/** Whether times say no more than the day. */
export const isCoarse = (trades: readonly PastTrade[]): boolean =>
  trades.every(({ exitTime }) => exitTime % DAY === 0);

/** Two trades with one key are one. */
export const keyOf = ({
  strategy,
  symbol,
  side,
  entryTime,
  exitTime,
  pnl,
  size,
  entryPrice,
}: PastTrade): string => JSON.stringify([strategy, symbol, side, entryTime, exitTime, pnl, size, entryPrice]);

function isOdd({ entryPrice, exitPrice, size, side, pnl, fees = 0 }: PastTrade): boolean {
  if (entryPrice === undefined || exitPrice === undefined || size === undefined) return false;
  const reckoned = (exitPrice - entryPrice) * size * (side === 'short' ? -1 : 1) - fees;
  const gap = Math.abs(pnl - reckoned);
  return gap > ODD_SHARE * Math.max(Math.abs(pnl), Math.abs(reckoned)) && gap > ODD_VALUE * entryPrice * size;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
