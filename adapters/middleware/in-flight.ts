import type { Range } from '../core/exposure.ts';

/** What of an order that was let through has not been told to have filled. */
interface Flight {
  /** Names the order, or, where it has no id, whose it is. */
  readonly key: string;
  readonly buys: boolean;
  readonly asked: number;
  left: number;
}

export interface InFlightState {
  readonly flights: readonly (readonly [symbol: string, flights: readonly Readonly<Flight>[]])[];
  /** Symbols whose position nobody can tell any more. */
  readonly lost: readonly string[];
}

/** Flights of a symbol; of a bot that tells less than this of what became of them, nothing is certain. */
const MOST = 64;
const ROUNDING = 1e-9;

/**
 * Orders between the bot's decision and the news of their fill: until then the position may have moved. A limit order
 * may rest for days, so that time alone says nothing.
 */
export class InFlight {
  readonly #bySymbol = new Map<string, Flight[]>();
  readonly #lost = new Set<string>();

  /** @param isNamed whether the key is one order's alone: sent again, it is the same */
  sent(symbol: string, key: string, isNamed: boolean, side: 'buy' | 'sell', amount: number): void {
    const flights = this.#bySymbol.get(symbol) ?? [];
    this.#bySymbol.set(symbol, flights);
    const same = isNamed ? flights.find((flight) => flight.key === key) : undefined;
    if (same) {
      same.left = Math.max(same.left, amount);
      return;
    }
    flights.push({ key, buys: side === 'buy', asked: amount, left: amount });
    if (flights.length > MOST) {
      flights.shift();
      this.lose(symbol);
    }
  }

  /** A fill was told. @param isNamed whether it names its order; one that does not may be of any on its side */
  filled(symbol: string, key: string, isNamed: boolean, side: 'buy' | 'sell', amount: number): void {
    const flights = this.#bySymbol.get(symbol) ?? [];
    const own = flights.filter((flight) => flight.key === key);
    const others = flights.filter((flight) => flight.key !== key && flight.buys === (side === 'buy'));
    let rest = amount;
    for (const flight of isNamed ? own : [...own, ...others]) {
      const part = Math.min(flight.left, rest);
      flight.left -= part;
      rest -= part;
    }
    this.#keep(
      symbol,
      flights.filter(({ left, asked }) => left > asked * ROUNDING),
    );
  }

  /** An order will not fill any more; of those with one key the latest. */
  ended(symbol: string, key: string): void {
    const flights = this.#bySymbol.get(symbol) ?? [];
    const at = flights.findLastIndex((flight) => flight.key === key);
    this.#keep(
      symbol,
      flights.filter((_, i) => i !== at),
    );
  }

  /** Something went out of which nobody can say what it does to the position. */
  lose(symbol: string): void {
    this.#lost.add(symbol);
  }

  /** Where a position lies that is told to be so much; null where nobody knows. */
  around(symbol: string, position: number): Range | null {
    if (this.#lost.has(symbol)) return null;
    let [low, high] = [position, position];
    for (const { buys, left } of this.#bySymbol.get(symbol) ?? []) {
      if (buys) high += left;
      else low -= left;
    }
    return { low, high };
  }

  snapshot(): InFlightState {
    return structuredClone({ flights: [...this.#bySymbol], lost: [...this.#lost] });
  }

  restore(state: InFlightState): void {
    const { flights, lost } = structuredClone(state);
    this.#bySymbol.clear();
    this.#lost.clear();
    for (const [symbol, ofSymbol] of flights) this.#bySymbol.set(symbol, [...ofSymbol]);
    for (const symbol of lost) this.lose(symbol);
  }

  #keep(symbol: string, flights: Flight[]): void {
    if (flights.length > 0) this.#bySymbol.set(symbol, flights);
    else this.#bySymbol.delete(symbol);
  }
}
