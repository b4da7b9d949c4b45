import { EdgekeeperError } from '../../src/index.ts';
import type { LotBookState } from '../core/lots.ts';
import { isRecord } from './answers.ts';
import type { BooksState } from './books.ts';
import { type CcxtExchange, marketOf, unitOf } from './market.ts';

export const STATE_VERSION = 2;

/** What an attachment knows of open orders and positions, as plain JSON: keep it to go on over a restart. */
export interface AttachmentState extends BooksState {
  readonly version: typeof STATE_VERSION;
}

/** A lot as the first version kept it, in base units. */
type OldLot = Omit<LotBookState[number], 'from' | 'positionId' | 'funding'> & { readonly cost: number };

/** Reads what an attachment kept, of this version or the one before. Throws `STATE_CORRUPT`. */
export function readState(state: unknown, exchange: CcxtExchange): BooksState {
  if (isRecord(state) && state.version === STATE_VERSION && isWhole(state))
    return state as unknown as BooksState;
  if (isRecord(state) && state.version === undefined && Array.isArray(state.lots))
    return ofVersion1(state as { lots: OldLot[]; believed?: [string, number][] }, exchange);
  throw new EdgekeeperError('STATE_CORRUPT', {
    found: `a state of an attachment with version ${JSON.stringify(isRecord(state) ? state.version : state)}, or one that is not whole`,
    expected: `version ${STATE_VERSION}, as state() returned it`,
    hint: 'Leave the state out to go on without it: positions that were open are not recorded then.',
  });
}

const areRecords = (value: unknown): value is Record<string, unknown>[] =>
  Array.isArray(value) && value.every(isRecord);

const areNumbers = (record: Record<string, unknown>, keys: readonly string[]): boolean =>
  keys.every((key) => Number.isFinite(record[key]));

/** Whether a state has all that a start builds on. */
function isWhole({ orders, accounts }: Record<string, unknown>): boolean {
  if (!isRecord(orders) || !areRecords(orders.orders) || !areRecords(orders.lost) || !areRecords(accounts))
    return false;
  const areOrders = [...orders.orders, ...orders.lost].every(
    ({ key, symbol, strategy }) =>
      typeof key === 'string' && typeof symbol === 'string' && typeof strategy === 'string',
  );
  return (
    areOrders &&
    orders.orders.every(({ execution }) => isRecord(execution) && Array.isArray(execution.trades)) &&
    accounts.every(
      ({ symbol, market, book, tape }) =>
        typeof symbol === 'string' &&
        isRecord(market) &&
        isRecord(book) &&
        areRecords(book.lots) &&
        book.lots.every((lot) => areNumbers(lot, ['size', 'price', 'time', 'fees', 'funding'])) &&
        Array.isArray(book.attached) &&
        Array.isArray(book.believed) &&
        isRecord(tape) &&
        areNumbers(tape, ['readTo', 'fundedTo']),
    )
  );
}

/** The first version kept lots alone, in one list. */
function ofVersion1(
  { lots, believed = [] }: { lots: readonly OldLot[]; believed?: readonly (readonly [string, number])[] },
  exchange: CcxtExchange,
): BooksState {
  const symbols = [...new Set(lots.map(({ symbol }) => symbol))];
  return {
    orders: { orders: [], lost: [], finished: [] },
    accounts: symbols.map((symbol) => {
      const market = marketOf(exchange, symbol) ?? { symbol, spot: !symbol.includes(':') };
      const { size: unit } = unitOf(market);
      const now = exchange.milliseconds();
      return {
        symbol,
        market,
        book: {
          lots: lots
            .filter((lot) => lot.symbol === symbol)
            .map(({ cost: _cost, ...lot }, i) => {
              const from = lot.decision?.id ?? `kept ${i}`;
              return { ...lot, size: lot.size / unit, from, positionId: `${symbol}/${from}`, funding: 0 };
            }),
          foreign: null,
          attached: [],
          believed: believed.flatMap(([key, units]) => {
            const [strategy, of, side] = JSON.parse(key) as [string, string, string];
            return of === symbol ? [[`${side}\n${strategy}`, units] as const] : [];
          }),
        },
        tape: { readTo: now, fundedTo: now, seen: [], funded: [] },
      };
    }),
  };
}
