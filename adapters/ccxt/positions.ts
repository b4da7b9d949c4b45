import { isRecord, rowsOf } from './answers.ts';

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

/** Net positions by symbol, in contracts, positive for long; null where both sides are open or a size is not told. */
export type Stated = ReadonlyMap<string, number | null>;

/** Reads what an exchange says of positions. An empty answer is knowledge only where it cannot mean a wrong question. */
export class PositionReader {
  #saysEmpty: boolean;

  constructor(exchangeId: string | undefined) {
    this.#saysEmpty = SAYS_EMPTY.has(exchangeId ?? '');
  }

  /** @param expected symbols that the answer must have said something about */
  read(answer: unknown, expected: readonly string[]): Stated {
    const stated = new Map<string, number | null>();
    const hedged = new Set<string>();
    for (const { symbol, contracts, side, hedged: isHedged } of rowsOf(answer)) {
      if (typeof symbol !== 'string') continue;
      this.#saysEmpty = true;
      if (isHedged === true) hedged.add(symbol);
      const size = contracts === undefined || contracts === null ? Number.NaN : Math.abs(Number(contracts));
      const signed = size === 0 ? 0 : side === 'short' ? -size : side === 'long' ? size : Number.NaN;
      const before = stated.get(symbol);
      if (before === undefined) stated.set(symbol, Number.isFinite(signed) ? signed : null);
      else if (signed !== 0) stated.set(symbol, before === 0 && Number.isFinite(signed) ? signed : null);
    }
    for (const symbol of hedged) stated.set(symbol, null);
    if (this.#saysEmpty) for (const symbol of expected) if (!stated.has(symbol)) stated.set(symbol, 0);
    return stated;
  }
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
