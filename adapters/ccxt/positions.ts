import { isRecord, rowsOf } from './answers.ts';
import { type CcxtExchange, marketOf } from './market.ts';

/** Exchanges that answer an empty list for an account without positions, whatever they are asked for. */
const SAYS_EMPTY = new Set([
  'binance',
  'binanceusdm',
  'binancecoinm',
  'okx',
  'bybit',
  'bitget',
  'krakenfutures',
  'hyperliquid',
]);

/** What an account holds of a symbol, in contracts. */
export interface Stated {
  /** Positive for long; null on an account that holds both sides apart, or where a size is not told. */
  readonly net: number | null;
  /** Null where a size is not told. */
  readonly long: number | null;
  readonly short: number | null;
}

const FLAT: Stated = { net: 0, long: 0, short: 0 };
const UNTOLD: Stated = { net: null, long: null, short: null };

/** Reads what an exchange says of positions. An empty answer is knowledge only where it cannot mean a wrong question. */
export class PositionReader {
  #saysEmpty: boolean;
  /** Symbols that are held on both sides apart. */
  readonly #hedged = new Set<string>();

  constructor(exchangeId: string | undefined) {
    this.#saysEmpty = SAYS_EMPTY.has(exchangeId ?? '');
  }

  /** @param expected symbols that the answer must have said something about */
  read(answer: unknown, expected: readonly string[]): ReadonlyMap<string, Stated> {
    const sizes = new Map<string, { long: number; short: number }>();
    for (const { symbol, contracts, side, hedged } of rowsOf(answer)) {
      if (typeof symbol !== 'string') continue;
      this.#saysEmpty = true;
      if (hedged === true) this.#hedged.add(symbol);
      const size = contracts === undefined || contracts === null ? Number.NaN : Math.abs(Number(contracts));
      const known = sizes.get(symbol) ?? { long: 0, short: 0 };
      if (size !== 0) known[side === 'short' ? 'short' : 'long'] += side === undefined ? Number.NaN : size;
      if (known.long > 0 && known.short > 0) this.#hedged.add(symbol);
      sizes.set(symbol, known);
    }
    const stated = new Map([...sizes].map(([symbol, each]) => [symbol, this.#stated(symbol, each)]));
    if (this.#saysEmpty)
      for (const symbol of expected)
        if (!stated.has(symbol)) stated.set(symbol, this.#hedged.has(symbol) ? { ...FLAT, net: null } : FLAT);
    return stated;
  }

  #stated(symbol: string, { long, short }: { long: number; short: number }): Stated {
    if (!Number.isFinite(long + short)) return UNTOLD;
    return { net: this.#hedged.has(symbol) ? null : long - short, long, short };
  }
}

/** Positions that stand in an answer about balances, in the words of binance's futures, as `fetchPositions` says them. */
export function positionsIn(balance: unknown, exchange: CcxtExchange): Record<string, unknown>[] {
  const info = isRecord(balance) && isRecord(balance.info) ? balance.info : {};
  return rowsOf(info.positions).flatMap(({ symbol, positionAmt, positionSide }) => {
    const market = marketOf(exchange, symbol);
    if (positionAmt === undefined || market?.symbol === undefined || market.spot === true) return [];
    const size = Number(positionAmt);
    const hedged = positionSide === 'LONG' || positionSide === 'SHORT';
    const isShort = hedged ? positionSide === 'SHORT' : size < 0;
    return [{ symbol: market.symbol, contracts: size, side: isShort ? 'short' : 'long', hedged }];
  });
}

/** Whole balances by currency, as `fetchBalance` answers them. */
export function totalsOf(balance: unknown): ReadonlyMap<string, number> {
  const total = isRecord(balance) && isRecord(balance.total) ? balance.total : {};
  return new Map(
    Object.entries(total).flatMap(([currency, units]) => {
      const size = Number(units);
      return units === undefined || units === null || !Number.isFinite(size)
        ? []
        : [[currency, size] as const];
    }),
  );
}
