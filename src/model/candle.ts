import { EdgekeeperError, show } from './errors.ts';
import { isName } from './strategy.ts';
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
  const match = typeof timeframe === 'string' ? /^([1-9]\d{0,3})([smhdw])$/.exec(timeframe) : null;
  if (!match) {
    throw new EdgekeeperError('TIMEFRAME_UNKNOWN', {
      found: show(timeframe),
      expected: 'a count and a unit s, m, h, d or w, such as 5m, 1h or 1d',
      hint: 'Use a timeframe that your exchange serves; 1h is the default.',
    });
  }
  return Number(match[1]) * UNITS[match[2]!]!;
}

/**
 * A candle as its host says it, read once: nobody else holds it, and it has what a candle has and nothing else. What
 * cannot be read is as good as empty.
 */
export function readCandle(given: Candle): Candle {
  try {
    const { time, open, high, low, close, volume } = given;
    return { time, open, high, low, close, volume };
  } catch {
    return {} as never as Candle;
  }
}

/** What is wrong with the names that a candle comes with; null where nothing is. */
export const candleNameFault = (symbol: unknown, timeframe: unknown): string | null => {
  if (!isName(symbol)) return `symbol ${show(symbol)} is not a name`;
  return isName(timeframe) ? null : `timeframe ${show(timeframe)} is none`;
};

/** Says what makes a candle impossible, or null for a candle that can be true. */
export function candleFault(candle: Candle): string | null {
  if (candle === null || typeof candle !== 'object') return 'not a candle';
  try {
    return isPossible(candle) ? null : faultOf(candle);
  } catch {
    return 'not a candle that can be read';
  }
}

/** Most that a volume can be: meme coins trade by the quadrillion. */
const MAX_VOLUME = 1e21;

/** The question that is asked for every candle; what is wrong is asked for few. */
function isPossible({ time, open, high, low, close, volume }: Candle): boolean {
  return (
    isTime(time) &&
    isPrice(open) &&
    isPrice(high) &&
    isPrice(low) &&
    isPrice(close) &&
    isVolume(volume) &&
    high >= open &&
    high >= close &&
    low <= open &&
    low <= close
  );
}

/** From one wei on; beyond, what is computed of prices could leave the numbers there are. */
const MIN_PRICE = 1e-18;
const MAX_PRICE = 1e15;

const isPrice = (value: unknown): boolean =>
  typeof value === 'number' && value >= MIN_PRICE && value <= MAX_PRICE;
const isVolume = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= MAX_VOLUME;

function faultOf({ time, open, high, low, close, volume }: Candle): string {
  if (!isTime(time)) return `time ${show(time)} is not a time in ms`;
  for (const [name, value] of Object.entries({ open, high, low, close }))
    if (!isPrice(value))
      return `${name} ${show(value)} is not a positive price from ${MIN_PRICE} to ${MAX_PRICE}`;
  if (!isVolume(volume)) return `volume ${show(volume)} is not a volume`;
  if (high < Math.max(open, close, low)) return `high ${high} is below the open, close or low`;
  return `low ${low} is above the open or close`;
}
