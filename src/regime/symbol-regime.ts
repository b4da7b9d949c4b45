import { z } from 'zod';
import type { Candle } from '../model/candle.ts';
import type { Regime } from '../model/regime.ts';
import { hysteresisSchema, resetConfirmation, startHysteresis, stepHysteresis } from './hysteresis.ts';
import { IndicatorStreams } from './indicators.ts';
import { regimeProbabilities, trendStrength } from './probabilities.ts';
import { emptyVolatility, scoreVolatility, volatilitySchema, WARM_UP } from './volatility.ts';

const SLOPE_BARS = 5;
/** A hole of more bars than this means that confirmations before it prove nothing. */
const MAX_GAP_BARS = 3;

const probabilitiesSchema = z.object({ TRENDING: z.number(), RANGING: z.number(), VOLATILE: z.number() });

export const symbolRegimeStateSchema = z.object({
  lastTime: z.number(),
  skipped: z.number().int().min(0),
  bars: z.array(z.object({ high: z.number(), low: z.number(), close: z.number() })),
  adxFrom: z.number().int().min(0),
  emas: z.array(z.number()).max(SLOPE_BARS + 1),
  volatility: volatilitySchema,
  hysteresis: hysteresisSchema,
  direction: z.union([z.literal(1), z.literal(-1)]),
  probabilities: probabilitiesSchema.nullable(),
  atrRate: z.number().nullable(),
});
export type SymbolRegimeState = z.infer<typeof symbolRegimeStateSchema>;

/** The regime of one symbol on one timeframe, from its closed candles. */
export class SymbolRegime {
  readonly #interval: number;
  #streams: IndicatorStreams;
  #state: Omit<SymbolRegimeState, 'bars' | 'adxFrom'>;

  /** @param interval length of a candle in ms */
  constructor(interval: number, state?: SymbolRegimeState) {
    this.#interval = interval;
    this.#streams = new IndicatorStreams(state?.bars, state?.adxFrom);
    const { bars: _bars, adxFrom: _adxFrom, ...rest } = state ?? freshState();
    this.#state = structuredClone(rest);
  }

  /** Takes one closed candle that can be true. An older or equal one is no news. */
  update(candle: Candle): void {
    const state = this.#state;
    if (candle.time <= state.lastTime) return;
    if (state.lastTime >= 0 && candle.time - state.lastTime > (MAX_GAP_BARS + 1) * this.#interval) {
      resetConfirmation(state.hysteresis);
    }
    state.lastTime = candle.time;

    const { atr, ema, adx, risingDi } = this.#streams.next(candle);
    if (ema !== null) {
      state.emas.push(ema);
      if (state.emas.length > SLOPE_BARS + 1) state.emas.shift();
    }
    if (atr === null) return;
    state.atrRate = atr > 0 ? atr / candle.close : null;
    // A market without any movement is calm, and ln 0 must not enter the mean.
    const score =
      atr > 0
        ? scoreVolatility(state.volatility, Math.log(atr / candle.close))
        : state.volatility.count >= WARM_UP
          ? Number.NEGATIVE_INFINITY
          : null;
    const slope =
      state.emas.length > SLOPE_BARS && atr > 0
        ? (state.emas.at(-1)! - state.emas[0]!) / (SLOPE_BARS * atr)
        : 0;
    state.direction = slope === 0 ? (risingDi ? 1 : -1) : slope > 0 ? 1 : -1;
    if (score === null) return;
    state.probabilities = regimeProbabilities(score, trendStrength(adx ?? 0, slope));
    stepHysteresis(state.hysteresis, state.probabilities);
  }

  get regime(): Regime {
    const { hysteresis, direction, probabilities, atrRate } = this.#state;
    const { label } = hysteresis;
    const confidence = label === 'UNKNOWN' || probabilities === null ? 0 : probabilities[label];
    return { label, direction, confidence, probabilities, atrRate };
  }

  /** When the latest candle closed, in ms; null before the first. */
  get closedAt(): number | null {
    return this.#state.lastTime < 0 ? null : this.#state.lastTime + this.#interval;
  }

  /** Open time of the latest candle; -1 before the first. */
  get lastTime(): number {
    return this.#state.lastTime;
  }

  /** Close of the latest candle; null before the first. */
  get lastClose(): number | null {
    return this.#streams.bars.at(-1)?.close ?? null;
  }

  /** Candles skipped because they could not be true. */
  get skipped(): number {
    return this.#state.skipped;
  }

  /** Counts a candle that could not be true. */
  skip(): void {
    this.#state.skipped += 1;
  }

  /** What to continue from: it stays as it is, and its bars are those in use. */
  get state(): SymbolRegimeState {
    const { bars, adxFrom } = this.#streams;
    return { ...structuredClone(this.#state), bars: [...bars], adxFrom };
  }

  snapshot(): SymbolRegimeState {
    return structuredClone(this.state);
  }
}

const freshState = (): SymbolRegimeState => ({
  lastTime: -1,
  skipped: 0,
  bars: [],
  adxFrom: 0,
  emas: [],
  volatility: emptyVolatility(),
  hysteresis: startHysteresis(),
  direction: 1,
  probabilities: null,
  atrRate: null,
});
