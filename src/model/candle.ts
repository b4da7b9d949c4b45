import { EdgekeeperError, show } from './errors.ts';
import { isTime } from './time.ts';

/**
 * One closed bar. `time` is its OPEN time in ms UTC; prices from 1e-18 to 1e15 in quote currency, volume in base
 * currency.
 */
export interface Candle {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** What is asked for with every candle. */
const USUAL: ReadonlyMap<string, number> = new Map(
  ['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '1d', '1w'].map((timeframe) => [
    timeframe,
    lengthOf(timeframe),
  ]),
);

/** Length in ms of a timeframe such as `5m`, `1h` or `1d`. Throws `TIMEFRAME_UNKNOWN`. */
export function timeframeMs(timeframe: string): number {
  return USUAL.get(timeframe) ?? lengthOf(timeframe);
}

function lengthOf(timeframe: string): number {
  const match = /^([1-9]\d{0,3})([smhdw])$/.exec(timeframe);
  if (!match) {
    throw new EdgekeeperError('TIMEFRAME_UNKNOWN', {
      found: show(timeframe),
      expected: 'a count and a unit s, m, h, d or w, such as 5m, 1h or 1d',
      hint: 'Use a timeframe that your exchange serves; 1h is the default.',
    });
  }
  return Number(match[1]) * UNITS[match[2]!]!;
}

/** Says what makes a candle impossible, or null for a candle that can be true. */
export function candleFault(candle: Candle): string | null {
  if (candle === null || typeof candle !== 'object') return 'not a candle';
  return isPossible(candle) ? null : faultOf(candle);
}

/** The question that is asked for every candle; what is wrong is asked for few. */
function isPossible({ time, open, high, low, close, volume }: Candle): boolean {
  return (
    isTime(time) &&
    isPrice(open) &&
    isPrice(high) &&
    isPrice(low) &&
    isPrice(close) &&
    Number.isFinite(volume) &&
    volume >= 0 &&
    high >= open &&
    high >= close &&
    low <= open &&
    low <= close
  );
}

/** From one wei on; beyond, what is computed of prices could leave the numbers there are. */
const MIN_PRICE = 1e-18;
const MAX_PRICE = 1e15;

const isPrice = (value: number): boolean =>
  typeof value === 'number' && value >= MIN_PRICE && value <= MAX_PRICE;

function faultOf({ time, open, high, low, close, volume }: Candle): string {
  if (!isTime(time)) return `time ${show(time)} is not a time in ms`;
  for (const [name, value] of Object.entries({ open, high, low, close }))
    if (!isPrice(value))
      return `${name} ${show(value)} is not a positive price from ${MIN_PRICE} to ${MAX_PRICE}`;
  if (!Number.isFinite(volume) || volume < 0) return `volume ${show(volume)} is not a volume`;
  if (high < Math.max(open, close, low)) return `high ${high} is below the open, close or low`;
  return `low ${low} is above the open or close`;
}
