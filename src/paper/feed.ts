import type { Candle } from '../model/candle.ts';

/** The candles of all symbols that closed at one time. */
export interface Batch {
  /** When they closed, ms UTC: the time at which a bot can know them. */
  readonly closedAt: number;
  readonly candles: readonly (readonly [symbol: string, candle: Candle])[];
  /** True for candles that came so late that newer ones are known: nobody could have traded on them. */
  readonly late?: boolean;
}

/** Where the candles of a run come from. */
export interface Feed {
  /** Candles in the whole run, or null when it has no end. */
  readonly total: number | null;
  batches(): AsyncIterable<Batch>;
}

/** Replays candles in order of time; symbols that share a time come in one batch, in alphabetical order. */
export function replayFeed(bySymbol: ReadonlyMap<string, readonly Candle[]>, interval: number): Feed {
  const symbols = [...bySymbol.keys()].sort();
  let total = 0;
  for (const candles of bySymbol.values()) total += candles.length;
  return {
    total,
    async *batches() {
      const positions = new Map(symbols.map((symbol) => [symbol, 0]));
      for (;;) {
        let time = Number.POSITIVE_INFINITY;
        for (const symbol of symbols) {
          time = Math.min(
            time,
            bySymbol.get(symbol)![positions.get(symbol)!]?.time ?? Number.POSITIVE_INFINITY,
          );
        }
        if (time === Number.POSITIVE_INFINITY) return;
        const candles: [string, Candle][] = [];
        for (const symbol of symbols) {
          const at = positions.get(symbol)!;
          const candle = bySymbol.get(symbol)![at];
          if (candle?.time !== time) continue;
          candles.push([symbol, candle]);
          positions.set(symbol, at + 1);
        }
        yield { closedAt: time + interval, candles };
      }
    },
  };
}
