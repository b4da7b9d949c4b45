import type { Candle } from '../model/candle.ts';
import { type Random, seededRandom } from '../statistics/random.ts';

export interface GeneratedMarketOptions {
  readonly seed: number;
  /** Open time of the first candle, ms UTC. */
  readonly start: number;
  readonly count: number;
  /** Length of a candle in ms. */
  readonly interval: number;
}

/** Symbols of the generated market and the price each starts at. */
export const GENERATED_SYMBOLS: Readonly<Record<string, number>> = {
  'BTC/USDT': 40_000,
  'ETH/USDT': 2_500,
  'SOL/USDT': 100,
};

type SpellKind = 'trending' | 'ranging' | 'volatile';

interface Spell {
  readonly kind: SpellKind;
  left: number;
  /** Log drift per candle. */
  readonly drift: number;
  /** Log volatility per candle. */
  readonly volatility: number;
  /** Log price that a ranging spell swings about, and how hard it pulls back. */
  readonly anchor: number;
  readonly pull: number;
}

/** Ticks within one candle. */
const TICKS = 8;
/** Between these shares of the time trends break off early: what bought their dips stops working for a while. */
const TRENDS_BREAK_OFF = { from: 0.45, to: 0.63 } as const;
const CRASH_AT = 0.7;
const CRASH_CANDLES = 6;
const CRASH_DRIFT = -0.035;

/**
 * A made-up market that has what real ones have: spells of trend, range and storm, a crash that hits every
 * symbol at once, and outages. Trends persist but for some weeks in the middle, so that FVG_Pattern, which
 * buys dips in a trend, has an edge, loses it, and finds it again. The same seed gives the same candles.
 */
export function generateMarket(options: GeneratedMarketOptions): Map<string, Candle[]> {
  return new Map(
    Object.entries(GENERATED_SYMBOLS).map(([symbol, price], i) => [
      symbol,
      generateSymbol(price, seededRandom(options.seed * 1009 + i), options),
    ]),
  );
}

/** What a generated market holds for a strategy: nothing to earn, or an edge that is lost for a while. */
export interface Planted {
  readonly strategy: string;
  /** Null for a strategy that never has an edge; else when it is lost and back, ms UTC. */
  readonly edge: { readonly lostAt: number; readonly backAt: number } | null;
}

/** What is planted in a market of these options. */
export function plantedIn({
  start,
  count,
  interval,
}: Omit<GeneratedMarketOptions, 'seed'>): readonly Planted[] {
  const at = (share: number) => start + Math.ceil(share * count) * interval;
  const { from, to } = TRENDS_BREAK_OFF;
  return [
    { strategy: 'FVG_Pattern', edge: { lostAt: at(from), backAt: at(to) } },
    { strategy: 'EMA_Trend', edge: null },
    { strategy: 'RSI_Reversal', edge: null },
  ];
}

function generateSymbol(
  price: number,
  random: Random,
  { start, count, interval }: GeneratedMarketOptions,
): Candle[] {
  const candles: Candle[] = [];
  const crashAt = Math.floor(count * CRASH_AT);
  const scale = Math.sqrt(interval / 3_600_000);
  let spell: Spell | null = null;
  let log = Math.log(price);
  for (let i = 0; i < count; i += 1) {
    const share = i / count;
    const trendsPersist = share < TRENDS_BREAK_OFF.from || share >= TRENDS_BREAK_OFF.to;
    if (!spell || spell.left === 0) spell = nextSpell(random, log, scale, trendsPersist, spell?.kind);
    spell.left -= 1;
    const crashing = i >= crashAt && i < crashAt + CRASH_CANDLES;
    const volatility = spell.volatility * (crashing ? 3 : 1);
    const open = Math.exp(log);
    let [high, low] = [open, open];
    for (let tick = 0; tick < TICKS; tick += 1) {
      const drift = crashing ? CRASH_DRIFT * scale : spell.drift + spell.pull * (spell.anchor - log);
      log += drift / TICKS + (volatility / Math.sqrt(TICKS)) * random.normal();
      high = Math.max(high, Math.exp(log));
      low = Math.min(low, Math.exp(log));
    }
    const volume = (1_000_000 / open) * Math.exp(0.4 * random.normal()) * (volatility / 0.006);
    const outage = random.uniform() < 0.0005;
    if (!outage) {
      candles.push({
        time: start + i * interval,
        open: digits(open),
        high: digits(high),
        low: digits(low),
        close: digits(Math.exp(log)),
        volume: digits(volume),
      });
    }
  }
  return candles;
}

function nextSpell(
  random: Random,
  log: number,
  scale: number,
  trendsPersist: boolean,
  before: SpellKind | undefined,
): Spell {
  const others = (['trending', 'ranging', 'volatile'] as const).filter((kind) => kind !== before);
  const kind = others[Math.floor(random.uniform() * others.length)]!;
  const length = 60 + Math.floor(random.uniform() * 140);
  switch (kind) {
    case 'trending': {
      const direction = random.uniform() < 0.55 ? 1 : -1;
      const left = trendsPersist ? 2 * length : Math.ceil(length / 5);
      return {
        kind,
        left,
        drift: direction * 0.002 * scale,
        volatility: 0.0055 * scale,
        anchor: log,
        pull: 0,
      };
    }
    case 'ranging':
      return { kind, left: length, drift: 0, volatility: 0.006 * scale, anchor: log, pull: 0.08 };
    case 'volatile':
      return {
        kind,
        left: Math.ceil(length / 3),
        drift: 0,
        volatility: 0.016 * scale,
        anchor: log,
        pull: 0.01,
      };
  }
}

/** Eight significant digits, as exchanges print them; rounding keeps the order of high, low, open and close. */
const digits = (x: number): number => Number(x.toPrecision(8));
