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
/** Until this share of the time falls come in waves: for a day faster, and for a day part of the way back. */
const WAVES_END = 0.55;
const WAVE_CANDLES = 48;
/** What a wave adds to the drift of a fall, and takes from it on the way back, as a multiple of it. */
const WAVE = 2.5;
const CRASH_AT = 0.7;
const CRASH_CANDLES = 6;
const CRASH_DRIFT = -0.035;

/**
 * A made-up market that has what real ones have: spells of trend, range and storm, a crash that hits every
 * symbol at once, and outages. Trends persist, so that FVG_Pattern, which buys dips in a rising one, has an edge
 * throughout. Falls come in waves at first and straight later, so that RSI_Reversal, which buys the end of a wave, has
 * an edge and loses it. The same seed gives the same candles.
 */
export function generateMarket(options: GeneratedMarketOptions): Map<string, Candle[]> {
  return new Map(
    Object.entries(GENERATED_SYMBOLS).map(([symbol, price], i) => [
      symbol,
      generateSymbol(price, seededRandom(options.seed * 1009 + i), options),
    ]),
  );
}

/** What a generated market holds for a strategy: an edge at all times, at none, or until it is lost. */
export interface Planted {
  readonly strategy: string;
  /** When it is lost: ms UTC. */
  readonly edge: 'always' | 'never' | { readonly lostAt: number };
}

/** What is planted in a market of these options. */
export function plantedIn({
  start,
  count,
  interval,
}: Omit<GeneratedMarketOptions, 'seed'>): readonly Planted[] {
  return [
    { strategy: 'FVG_Pattern', edge: 'always' },
    { strategy: 'RSI_Reversal', edge: { lostAt: start + Math.ceil(WAVES_END * count) * interval } },
    { strategy: 'EMA_Trend', edge: 'never' },
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
    if (!spell || spell.left === 0) spell = nextSpell(random, log, scale, spell?.kind);
    spell.left -= 1;
    const waves = spell.drift < 0 && i / count < WAVES_END;
    const wave = !waves ? 1 : spell.left % WAVE_CANDLES < WAVE_CANDLES / 2 ? 1 - WAVE : 1 + WAVE;
    const crashing = i >= crashAt && i < crashAt + CRASH_CANDLES;
    const volatility = spell.volatility * (crashing ? 3 : 1);
    const open = Math.exp(log);
    let [high, low] = [open, open];
    for (let tick = 0; tick < TICKS; tick += 1) {
      const drift = crashing ? CRASH_DRIFT * scale : wave * spell.drift + spell.pull * (spell.anchor - log);
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

function nextSpell(random: Random, log: number, scale: number, before: SpellKind | undefined): Spell {
  const others = (['trending', 'ranging', 'volatile'] as const).filter((kind) => kind !== before);
  const kind = others[Math.floor(random.uniform() * others.length)]!;
  const length = 60 + Math.floor(random.uniform() * 140);
  switch (kind) {
    case 'trending': {
      const direction = random.uniform() < 0.55 ? 1 : -1;
      return {
        kind,
        left: 2 * length,
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
