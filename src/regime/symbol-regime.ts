import type { Candle } from '../model/candle.ts';
import type { Regime } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { adxOf, isRising } from './directional-movement.ts';
import { hysteresisSchema, resetConfirmation, startHysteresis, stepHysteresis } from './hysteresis.ts';
import { atrOf, emaOf, indicatorsSchema, startIndicators, stepIndicators } from './indicators.ts';
import { regimeProbabilities, trendStrength } from './probabilities.ts';
import { emptyVolatility, scoreVolatility, volatilitySchema, WARM_UP } from './volatility.ts';

const SLOPE_BARS = 5;
/** A hole of more bars than this means that confirmations before it prove nothing. */
const MAX_GAP_BARS = 3;

const probabilitiesSchema = z.object({ TRENDING: z.number(), RANGING: z.number(), VOLATILE: z.number() });

export const symbolRegimeStateSchema = z.object({
  lastTime: z.number(),
  skipped: z.number().int().min(0),
  indicators: indicatorsSchema,
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
  readonly #state: SymbolRegimeState;
  /** The regime as it was last asked for; null since it may have changed. */
  #regime: Regime | null = null;

  /** @param interval length of a candle in ms */
  constructor(interval: number, state?: SymbolRegimeState) {
    this.#interval = interval;
    this.#state = state ? copyOf(state) : freshState();
  }

  /** Takes one closed candle that can be true. An older or equal one is no news. */
  update(candle: Candle): void {
    const state = this.#state;
    if (candle.time <= state.lastTime) return;
    if (state.lastTime >= 0 && candle.time - state.lastTime > (MAX_GAP_BARS + 1) * this.#interval) {
      resetConfirmation(state.hysteresis);
    }
    state.lastTime = candle.time;
    this.#regime = null;

    const { indicators } = state;
    stepIndicators(indicators, candle);
    const ema = emaOf(indicators);
    if (ema !== null) {
      state.emas.push(ema);
      if (state.emas.length > SLOPE_BARS + 1) state.emas.shift();
    }
    const atr = atrOf(indicators);
    if (atr === null) return;
    // What is left of an average of ranges is below the resolution of a price after some 400 bars without movement.
    const isMoving = atr > candle.close * Number.EPSILON;
    state.atrRate = isMoving ? atr / candle.close : null;
    // A market without any movement is calm, and ln 0 must not enter the mean.
    const score = isMoving
      ? scoreVolatility(state.volatility, Math.log(atr / candle.close))
      : state.volatility.count >= WARM_UP
        ? Number.NEGATIVE_INFINITY
        : null;
    const slope =
      isMoving && state.emas.length > SLOPE_BARS
        ? (state.emas.at(-1)! - state.emas[0]!) / (SLOPE_BARS * atr)
        : 0;
    state.direction = slope === 0 ? (isRising(indicators.directional) ? 1 : -1) : slope > 0 ? 1 : -1;
    if (score === null) return;
    const adx = isMoving ? adxOf(indicators.directional) : 0;
    state.probabilities = regimeProbabilities(score, trendStrength(adx ?? 0, slope));
    stepHysteresis(state.hysteresis, state.probabilities);
  }

  /** The same object until the next candle. */
  get regime(): Regime {
    this.#regime ??= regimeFrom(this.#state);
    return this.#regime;
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
    const { bars, close } = this.#state.indicators;
    return bars === 0 ? null : close;
  }

  /** Candles skipped because they could not be true. */
  get skipped(): number {
    return this.#state.skipped;
  }

  /** Counts a candle that could not be true. */
  skip(): void {
    this.#state.skipped += 1;
  }

  snapshot(): SymbolRegimeState {
    return copyOf(this.#state);
  }
}

/** What is told of a regime: it can be kept, for it never changes. */
export function regimeFrom({
  hysteresis,
  direction,
  probabilities,
  atrRate,
}: Pick<SymbolRegimeState, 'hysteresis' | 'direction' | 'probabilities' | 'atrRate'>): Regime {
  const { label } = hysteresis;
  const confidence = label === 'UNKNOWN' || probabilities === null ? 0 : probabilities[label];
  return Object.freeze({
    label,
    direction,
    confidence,
    probabilities: probabilities && Object.freeze(probabilities),
    atrRate,
  });
}

const copyOf = (state: SymbolRegimeState): SymbolRegimeState => ({
  ...state,
  indicators: { ...state.indicators, directional: { ...state.indicators.directional } },
  emas: [...state.emas],
  volatility: { ...state.volatility },
  hysteresis: { ...state.hysteresis },
  probabilities: state.probabilities && { ...state.probabilities },
});

const freshState = (): SymbolRegimeState => ({
  lastTime: -1,
  skipped: 0,
  indicators: startIndicators(),
  emas: [],
  volatility: emptyVolatility(),
  hysteresis: startHysteresis(),
  direction: 1,
  probabilities: null,
  atrRate: null,
});
