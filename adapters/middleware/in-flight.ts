import type { Range } from '../core/exposure.ts';

/** An order that was let through and has not been told to have filled. */
interface Flight {
  readonly symbol: string;
  readonly sign: 1 | -1;
  left: number;
  readonly until: number;
}

/** A bot tells its fills within this time, in ms; an order of which it says nothing by then did not reach the venue, or rests. */
const TOLD_WITHIN = 60_000;

/** Orders between the bot's decision and the news of their fill: until then the position may have moved. */
export class InFlight {
  readonly #flights = new Map<string, Flight>();

  sent(key: string, symbol: string, side: 'buy' | 'sell', amount: number, now: number): void {
    this.#flights.set(key, { symbol, sign: side === 'buy' ? 1 : -1, left: amount, until: now + TOLD_WITHIN });
  }

  filled(key: string, amount: number): void {
    const flight = this.#flights.get(key);
    if (!flight) return;
    flight.left -= amount;
    if (!(flight.left > amount * 1e-9)) this.#flights.delete(key);
  }

  /** Where a position lies that is told to be so much. */
  around(symbol: string, position: number, now: number): Range {
    let [low, high] = [position, position];
    for (const [key, { symbol: of, sign, left, until }] of this.#flights) {
      if (until <= now) this.#flights.delete(key);
      else if (of === symbol && sign > 0) high += left;
      else if (of === symbol) low -= left;
    }
    return { low, high };
  }
}
