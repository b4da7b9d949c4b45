import type { Candle } from '../../src/index.ts';

/** Puts candles together to longer ones. Lengths in ms, the longer a multiple of the shorter. */
export class CandleAggregator {
  readonly #from: number;
  readonly #to: number;
  #start = -1;
  #last = -1;
  #open: Candle | null = null;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  /**
   * Takes one closed candle; one that is not later than the last is no news. Returns the longer candles that are
   * complete now, oldest first: one whose end came, and one that the candles passed over. The first is left out where
   * its beginning was not seen; candles that are missing within did not trade.
   */
  add(candle: Candle): Candle[] {
    if (candle.time <= this.#last) return [];
    this.#last = candle.time;
    const start = Math.floor(candle.time / this.#to) * this.#to;
    const complete: Candle[] = [];
    if (start !== this.#start) {
      if (this.#open) complete.push(this.#open);
      const seen = this.#start >= 0 || candle.time === start;
      this.#open = seen ? { ...candle, time: start } : null;
      this.#start = start;
    } else if (this.#open) {
      const { open, high, low, volume } = this.#open;
      this.#open = {
        time: start,
        open,
        high: Math.max(high, candle.high),
        low: Math.min(low, candle.low),
        close: candle.close,
        volume: volume + candle.volume,
      };
    }
    if (this.#open && candle.time + this.#from >= start + this.#to) {
      complete.push(this.#open);
      this.#open = null;
    }
    return complete;
  }
}
