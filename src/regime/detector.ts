import { type Candle, candleFault, timeframeMs } from '../model/candle.ts';
import { checkedState, checkName, isMoney, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { type Regime, type RegimeProbabilities, UNKNOWN_REGIME } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { hysteresisSchema, startHysteresis, stepHysteresis } from './hysteresis.ts';
import { regimeFrom, SymbolRegime, symbolRegimeStateSchema } from './symbol-regime.ts';

export const detectorStateSchema = z.object({
  timeframe: z.string(),
  symbols: z.array(z.tuple([z.string(), symbolRegimeStateSchema])),
  market: z.object({
    time: z.number(),
    hysteresis: hysteresisSchema,
    direction: z.union([z.literal(1), z.literal(-1)]),
    probabilities: z.object({ TRENDING: z.number(), RANGING: z.number(), VOLATILE: z.number() }).nullable(),
  }),
});
export type DetectorState = z.infer<typeof detectorStateSchema>;

export interface DetectorOptions {
  /** Timeframe of the candles that decide; candles of others are ignored. Default `1h`. */
  readonly timeframe?: string;
  /** Weight of a symbol in the market-wide regime; 1 where none is given. */
  readonly marketWeights?: Readonly<Record<string, number>>;
}

/** History from which a regime starts out like one that has long been watched. */
export const WARM_UP_CANDLES = 1200;

/** Data whose last candle closed more than this many intervals ago says nothing about now. */
const STALE_INTERVALS = 2;

/**
 * The regime of every symbol, and of the market as their weighted mean. The labels describe what a market
 * has been doing; what that is worth to a strategy is learned from its outcomes, not assumed.
 */
export class RegimeDetector {
  readonly #timeframe: string;
  readonly #interval: number;
  readonly #marketWeights: ReadonlyMap<string, number>;
  readonly #symbols = new Map<string, SymbolRegime>();
  /** The same by name, so that sums do not depend on who came first; null since a symbol was added. */
  #byName: [string, SymbolRegime][] | null = null;
  #market: DetectorState['market'] = freshMarket();
  /** Whether the state that is gone on from means nothing here. */
  #forgets = false;
  /** The market's regime as it was last asked for; null since it may have changed. */
  #marketRegime: Regime | null = null;

  /** @throws EdgekeeperError `CONFIG_INVALID` or `TIMEFRAME_UNKNOWN` */
  constructor({ timeframe = '1h', marketWeights = {} }: DetectorOptions = {}) {
    this.#timeframe = timeframe;
    this.#interval = timeframeMs(timeframe);
    this.#marketWeights = new Map(Object.entries(marketWeights));
    for (const [symbol, weight] of this.#marketWeights)
      if (!isMoney(weight)) refuse(`weight ${show(weight)} of ${show(symbol)}`, 'a number', 'CONFIG_INVALID');
  }

  /** Takes one closed candle; the order of symbols at equal times changes nothing. Throws `ARGUMENT_INVALID`. */
  update(symbol: string, timeframe: string, candle: Candle): void {
    if (!this.#symbols.has(symbol)) checkName(symbol, 'symbol');
    if (timeframe !== this.#timeframe) return;
    const isPossible = candleFault(candle) === null;
    if (isPossible) this.#stepMarket(candle.time);
    const regime = this.#symbols.get(symbol) ?? this.#add(symbol);
    if (isPossible) regime.update(candle);
    else regime.skip();
  }

  /** The regime of a symbol as known at `now`, or the market's when the symbol has none; UNKNOWN when stale. */
  regimeOf(symbol: string, now: number): Regime {
    const known = this.#symbols.get(symbol);
    if (!known) return this.marketRegime(now);
    return this.#isStale(known.closedAt, now) ? UNKNOWN_REGIME : known.regime;
  }

  /** Whether the latest candle of a symbol is recent enough to say something at `now`. */
  isFresh(symbol: string, now: number): boolean {
    const known = this.#symbols.get(symbol);
    return known !== undefined && !this.#isStale(known.closedAt, now);
  }

  /** The market-wide regime over all bars before the newest one. */
  marketRegime(now: number): Regime {
    const market = this.#market;
    if (market.probabilities === null || this.#isStale(market.time + 2 * this.#interval, now))
      return UNKNOWN_REGIME;
    this.#marketRegime ??= regimeFrom({ ...market, atrRate: null });
    return this.#marketRegime;
  }

  /** Symbols whose data is too old at `now`, with the time their last candle closed. */
  staleSymbols(now: number): { symbol: string; closedAt: number }[] {
    const stale: { symbol: string; closedAt: number }[] = [];
    for (const [symbol, { closedAt }] of this.#symbols) {
      if (closedAt !== null && this.#isStale(closedAt, now)) stale.push({ symbol, closedAt });
    }
    return stale.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  }

  /** Open time of the latest candle of a symbol; -1 before the first. */
  lastTime(symbol: string): number {
    return this.#symbols.get(symbol)?.lastTime ?? -1;
  }

  /** Close of the latest candle of a symbol; null before the first. */
  lastClose(symbol: string): number | null {
    return this.#symbols.get(symbol)?.lastClose ?? null;
  }

  getSymbols(): string[] {
    return [...this.#symbols.keys()].sort();
  }

  /** Candles skipped because they could not be true, over all symbols. */
  get skipped(): number {
    let sum = 0;
    for (const { skipped } of this.#symbols.values()) sum += skipped;
    return sum;
  }

  reset(): void {
    this.#symbols.clear();
    this.#byName = null;
    this.#market = freshMarket();
    this.#marketRegime = null;
  }

  snapshot(): DetectorState {
    return structuredClone({
      ...this.head(),
      symbols: this.getSymbols().flatMap((symbol) => this.regimeIn(symbol)),
    });
  }

  /** Continues from a state; candles of another timeframe than today's mean nothing, and are forgotten. */
  restore(state: DetectorState): void {
    const { symbols, ...head } = structuredClone(checkedState(detectorStateSchema, state));
    this.begin(head);
    this.take(symbols);
  }

  /** The state but for the symbols. Of this and of what follows: it is live, write it down at once. */
  head(): DetectorState {
    return { timeframe: this.#timeframe, symbols: [], market: this.#market };
  }

  regimeIn(symbol: string): DetectorState['symbols'] {
    const regime = this.#symbols.get(symbol);
    return regime === undefined ? [] : [[symbol, regime.snapshot()]];
  }

  /** Goes on from a state, of which the symbols follow. It is handed over: do not keep it. */
  begin({ timeframe, market }: Pick<DetectorState, 'timeframe' | 'market'>): void {
    this.reset();
    this.#forgets = timeframe !== this.#timeframe;
    if (!this.#forgets) this.#market = market;
  }

  take(symbols: DetectorState['symbols']): void {
    if (this.#forgets) return;
    for (const [symbol, regime] of symbols) this.#add(symbol, new SymbolRegime(this.#interval, regime));
  }

  #add(symbol: string, regime = new SymbolRegime(this.#interval)): SymbolRegime {
    this.#symbols.set(symbol, regime);
    this.#byName = null;
    return regime;
  }

  #isStale(closedAt: number | null, now: number): boolean {
    if (typeof now !== 'number') refuse(`now ${show(now)}`, 'a time in ms');
    return closedAt === null || now - closedAt > STALE_INTERVALS * this.#interval;
  }

  /**
   * A bar of the market is complete when the first candle of a later bar arrives, whichever symbol brings
   * it: only then do all symbols that have the bar count.
   */
  #stepMarket(time: number): void {
    const market = this.#market;
    if (time <= market.time) return;
    const complete = market.time;
    market.time = time;
    if (complete < 0) return;
    const sum = { TRENDING: 0, RANGING: 0, VOLATILE: 0 };
    let total = 0;
    let drift = 0;
    this.#byName ??= [...this.#symbols].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [symbol, state] of this.#byName) {
      const { probabilities, direction } = state.regime;
      const weight = this.#marketWeights.get(symbol) ?? 1;
      if (probabilities === null || weight <= 0 || this.#isStale(state.closedAt, complete + this.#interval))
        continue;
      sum.TRENDING += weight * probabilities.TRENDING;
      sum.RANGING += weight * probabilities.RANGING;
      sum.VOLATILE += weight * probabilities.VOLATILE;
      drift += weight * probabilities.TRENDING * direction;
      total += weight;
    }
    if (total === 0) return;
    const mean: RegimeProbabilities = {
      TRENDING: sum.TRENDING / total,
      RANGING: sum.RANGING / total,
      VOLATILE: sum.VOLATILE / total,
    };
    this.#marketRegime = null;
    market.probabilities = mean;
    market.direction = drift < 0 ? -1 : 1;
    stepHysteresis(market.hysteresis, mean);
  }
}

const freshMarket = (): DetectorState['market'] => ({
  time: -1,
  hysteresis: startHysteresis(),
  direction: 1,
  probabilities: null,
});
