import { ADX, ATR, EMA } from 'technicalindicators';
import type { Candle } from '../model/candle.ts';

/** Candles kept to rebuild the streams from; after twice as many the streams are rebuilt anyway. */
export const REBUILD = 300;

/** What the regime is computed from, at one closed candle. Null where there is not enough history yet. */
export interface Indicators {
  /** Average true range over 14 bars (Wilder 1978), in price. */
  readonly atr: number | null;
  /** Exponential moving average of the close over 20 bars. */
  readonly ema: number | null;
  /** Average directional index over 14 bars, in [0,100]; 0 where a flat market has none. */
  readonly adx: number | null;
  /** Whether the positive directional indicator exceeds the negative one. */
  readonly risingDi: boolean;
}

type Bar = Pick<Candle, 'high' | 'low' | 'close'>;

const newAdx = () => new ADX({ period: 14, high: [], low: [], close: [] });
const newAtr = () => new ATR({ period: 14, high: [], low: [], close: [] });
const newEma = () => new EMA({ period: 20, values: [] });

const moves = (bar: Bar, previous: Bar): boolean => bar.high !== previous.high || bar.low !== previous.low;

/**
 * The streams of one symbol. They always equal a fold over `bars` (ADX: from `adxFrom` on), so that the
 * bars are the whole state: restoring them gives bit-identical streams. Two repairs of the library follow
 * from that. ADX is 0/0 for ever once 14 bars in a row had no directional movement: it is started again
 * at the next candle that moves. And after 2 x 300 bars everything is rebuilt from the latest 300, which
 * bounds both the state and what the library keeps per bar.
 */
export class IndicatorStreams {
  #bars: Bar[] = [];
  #adxFrom = 0;
  #adx = newAdx();
  #atr = newAtr();
  #ema = newEma();
  #poisoned = false;

  constructor(bars: readonly Bar[] = [], adxFrom = 0) {
    this.#fold(bars, adxFrom);
  }

  next({ high, low, close }: Bar): Indicators {
    if (this.#bars.length >= 2 * REBUILD) {
      const dropped = this.#bars.length - REBUILD;
      this.#fold(this.#bars.slice(dropped), Math.max(0, this.#adxFrom - dropped));
    }
    return this.#take({ high, low, close });
  }

  get bars(): readonly Bar[] {
    return this.#bars;
  }

  get adxFrom(): number {
    return this.#adxFrom;
  }

  #fold(bars: readonly Bar[], adxFrom: number): void {
    this.#bars = [];
    this.#adxFrom = adxFrom;
    this.#adx = newAdx();
    this.#atr = newAtr();
    this.#ema = newEma();
    this.#poisoned = false;
    for (const bar of bars) this.#take(bar);
  }

  #take(bar: Bar): Indicators {
    const previous = this.#bars.at(-1);
    if (this.#poisoned && previous && moves(bar, previous)) {
      this.#poisoned = false;
      this.#adxFrom = this.#bars.length - 1;
      this.#adx = newAdx();
      this.#step(previous);
    }
    this.#bars.push(bar);
    const atr = this.#atr.nextValue(bar as never) as number | undefined;
    const ema = this.#ema.nextValue(bar.close);
    const adx = this.#bars.length > this.#adxFrom ? this.#step(bar) : undefined;
    return {
      atr: finite(atr),
      ema: finite(ema),
      adx: this.#poisoned ? 0 : finite(adx?.adx),
      risingDi: (adx?.pdi ?? 0) >= (adx?.mdi ?? 0),
    };
  }

  /** The library answers NaN from the first bar on which it is poisoned. */
  #step(bar: Bar): { adx: number; pdi: number; mdi: number } | undefined {
    const value = this.#adx.nextValue(bar as never);
    if (value && !Number.isFinite(value.adx)) this.#poisoned = true;
    return value;
  }
}

const finite = (x: number | undefined): number | null => (x !== undefined && Number.isFinite(x) ? x : null);
