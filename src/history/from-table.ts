import { EdgekeeperError, show } from '../model/errors.ts';
import type { Side } from '../model/signal.ts';
import { type Columns, FILL_ROLES, guessColumns, type Role, TRADE_ROLES } from './columns.ts';
import { type NumberStyle, numberOf, numberStyleOf } from './numbers.ts';
import { pairedHistory } from './paired-history.ts';
import type { Table } from './table.ts';
import { type DateOrder, timeOf, timeStyleOf, unitName } from './times.ts';
import type { PastFill, PastTrade, TradeHistory } from './trade-history.ts';

export interface TableOptions {
  readonly format: string;
  /** Whose the trades are, and of what, where the table does not say. */
  readonly strategy: string;
  readonly symbol: string;
  /** Columns by role, in the words of the header, over what is guessed. */
  readonly columns?: Readonly<Partial<Record<Role, string>>>;
  readonly dates?: DateOrder;
  /** Minutes that the table's clock is ahead of UTC. */
  readonly offsetMinutes?: number;
  /** Columns that are added to the profit: what a report keeps apart from it, as it writes them. */
  readonly addedToPnl?: readonly string[];
}

/** Rows of which more than this share cannot be read are no mistake here and there. */
const MOST_UNREADABLE = 0.2;

/** The trades of a table: closed ones, a row each, or executions, which are paired. Throws `HISTORY_INVALID`. */
export function fromTable(table: Table, options: TableOptions): TradeHistory {
  const closed = columnsOf(table, TRADE_ROLES, options);
  if (closed.exitTime !== undefined && (closed.pnl !== undefined || canReckon(closed)))
    return closedTrades(table, closed, options);
  const filled = columnsOf(table, FILL_ROLES, options);
  if (['time', 'side', 'price', 'amount'].every((role) => filled[role as Role] !== undefined))
    return executions(table, filled, options);
  throw invalid(
    table.header.length === 0 ? 'an empty file' : `columns ${table.header.map(show).join(', ')}`,
    'closed trades (an exit time and a profit, or entry and exit prices and a size), or executions (time, side, price, amount)',
    'Say which is which: --columns exitTime=Closed,pnl=Result. Nothing was read.',
  );
}

const canReckon = ({ entryPrice, exitPrice, size, returnRate }: Columns): boolean =>
  returnRate !== undefined || (entryPrice !== undefined && exitPrice !== undefined && size !== undefined);

function columnsOf({ header }: Table, roles: readonly Role[], { columns: told = {} }: TableOptions): Columns {
  const guessed = guessColumns(header, roles);
  for (const [role, name] of Object.entries(told) as [Role, string][]) {
    const at = header.findIndex((each) => each.trim().toLowerCase() === name.trim().toLowerCase());
    if (at < 0)
      throw invalid(`no column ${show(name)}`, `one of ${header.map(show).join(', ')}`, 'Nothing was read.');
    for (const other of Object.keys(guessed) as Role[]) if (guessed[other] === at) delete guessed[other];
    if (roles.includes(role)) guessed[role] = at;
  }
  return guessed;
}

/** Reads the cells of a table by role, and notices how they are written. */
class Reader {
  readonly notices: string[] = [];
  readonly #table: Table;
  readonly #columns: Columns;
  readonly #options: TableOptions;
  readonly #numbers: NumberStyle;
  readonly #times = new Map<Role, ReturnType<typeof timeStyleOf>>();

  constructor(
    table: Table,
    columns: Columns,
    numeric: readonly Role[],
    times: readonly Role[],
    options: TableOptions,
  ) {
    this.#table = table;
    this.#columns = columns;
    this.#options = options;
    const texts = numeric.flatMap((role) => this.#column(role));
    this.#numbers = numberStyleOf(texts);
    if (this.#numbers.decimal === ',') this.notices.push('numbers have a decimal comma');
    for (const role of times) {
      const texts = this.#column(role);
      if (texts.length === 0) continue;
      const style = timeStyleOf(texts, this.nameOf(role), options.dates);
      this.#times.set(role, style);
      if (style.unit !== null && style.unit !== 1)
        this.notices.push(`${this.nameOf(role)} is in ${unitName(style.unit)}: read as such`);
      if (!style.hasZone && options.offsetMinutes === undefined)
        this.notices.push(
          `${this.nameOf(role)} says no time zone: taken for UTC (--utc-offset +02:00 says another)`,
        );
    }
  }

  nameOf(role: Role): string {
    return this.#table.header[this.#columns[role]!]!;
  }

  text(row: readonly string[], role: Role): string | undefined {
    const at = this.#columns[role];
    const text = at === undefined ? undefined : row[at]?.trim();
    return text === '' ? undefined : text;
  }

  number(row: readonly string[], role: Role): number | undefined {
    const value = numberOf(this.text(row, role), this.#numbers);
    return Number.isNaN(value) ? undefined : value;
  }

  /** A number in a column that has no role. */
  numberAt(row: readonly string[], at: number): number {
    const value = numberOf(row[at], this.#numbers);
    return Number.isNaN(value) ? 0 : value;
  }

  time(row: readonly string[], role: Role): number {
    const style = this.#times.get(role);
    return style ? timeOf(this.text(row, role), style, this.#options.offsetMinutes) : Number.NaN;
  }

  /** Whether the values of a column are percents: it says so, or they are. */
  isPercent(role: Role): boolean {
    return (
      this.#columns[role] !== undefined &&
      (/%|percent|pct/i.test(this.nameOf(role)) || this.#column(role).some((text) => text.endsWith('%')))
    );
  }

  /** What was taken for what, in the words of the header. */
  taken(): Record<string, string> {
    return Object.fromEntries(
      (Object.keys(this.#columns) as Role[]).map((role) => [role, this.nameOf(role)]),
    );
  }

  #column(role: Role): string[] {
    const at = this.#columns[role];
    return at === undefined ? [] : this.#table.rows.map((row) => row[at]?.trim() ?? '').filter(Boolean);
  }
}

function closedTrades(table: Table, columns: Columns, options: TableOptions): TradeHistory {
  const numeric: Role[] = ['pnl', 'returnRate', 'size', 'entryPrice', 'exitPrice', 'fees', 'stop'];
  const reader = new Reader(table, columns, numeric, ['entryTime', 'exitTime'], options);
  const { notices } = reader;
  const isPercent = reader.isPercent('returnRate');
  if (isPercent) notices.push(`${reader.nameOf('returnRate')} is in percent: read as rates`);
  const added = (options.addedToPnl ?? []).map((name) => table.header.indexOf(name));
  if (columns.entryTime === undefined)
    notices.push('no entry times: each trade is taken to have been entered when it ended');
  if (columns.pnl === undefined) notices.push('no column of profits: reckoned from prices, sizes and fees');
  // Of some exports the side is that of the order that closed the position.
  const closes = columns.side !== undefined && /clos/i.test(reader.nameOf('side'));
  const trades: PastTrade[] = [];
  let bad = 0;
  for (const row of table.rows) {
    const exitTime = reader.time(row, 'exitTime');
    const entryTime = columns.entryTime === undefined ? exitTime : reader.time(row, 'entryTime');
    const said = sideOf(reader.text(row, 'side'));
    const side = closes && said ? OTHER_SIDE[said] : said;
    const [entryPrice, exitPrice, given] = [
      reader.number(row, 'entryPrice'),
      reader.number(row, 'exitPrice'),
      reader.number(row, 'size'),
    ];
    const size = given === undefined ? undefined : Math.abs(given);
    const fees = Math.abs(reader.number(row, 'fees') ?? 0);
    const rate = reader.number(row, 'returnRate');
    const returnRate = rate === undefined ? undefined : isPercent ? rate / 100 : rate;
    const reckoned = reckonedPnl(side, entryPrice, exitPrice, size, fees, returnRate);
    const stated = reader.number(row, 'pnl');
    const pnl =
      stated === undefined ? reckoned : stated + added.reduce((sum, at) => sum + reader.numberAt(row, at), 0);
    if (!(exitTime > 0) || !(entryTime > 0) || pnl === undefined || !Number.isFinite(pnl)) {
      bad += 1;
      continue;
    }
    trades.push({
      strategy: reader.text(row, 'strategy') ?? options.strategy,
      symbol: reader.text(row, 'symbol') ?? options.symbol,
      side: side ?? 'long',
      entryTime,
      exitTime,
      pnl,
      entryPrice: positive(entryPrice),
      exitPrice: positive(exitPrice),
      size: positive(size),
      fees,
      stop: positive(reader.number(row, 'stop')),
      returnRate,
      exitReason: reader.text(row, 'exitReason'),
    });
  }
  demandReadable(table, bad, trades.length);
  if (bad > 0) notices.push(`${bad} rows say no time or no profit and are left out`);
  return { format: options.format, trades, notices, columns: reader.taken() };
}

function executions(table: Table, columns: Columns, options: TableOptions): TradeHistory {
  const reader = new Reader(table, columns, ['price', 'amount', 'fee'], ['time'], options);
  const fills: PastFill[] = [];
  let bad = 0;
  for (const row of table.rows) {
    const [time, price, amount] = [
      reader.time(row, 'time'),
      reader.number(row, 'price'),
      reader.number(row, 'amount'),
    ];
    const side = sideOf(reader.text(row, 'side'));
    if (!(time > 0) || !(price! > 0) || !(Math.abs(amount!) > 0) || side === undefined) {
      bad += 1;
      continue;
    }
    const symbol = reader.text(row, 'symbol') ?? options.symbol;
    const fee = Math.abs(reader.number(row, 'fee') ?? 0);
    const currency = reader.text(row, 'feeCurrency') ?? unitOfCell(reader.text(row, 'fee'));
    const isBase = currency !== undefined && symbol.toUpperCase().startsWith(currency.toUpperCase());
    const isBought = side === 'long';
    fills.push({
      id: reader.text(row, 'id'),
      strategy: reader.text(row, 'strategy') ?? options.strategy,
      symbol,
      side: isBought ? 'buy' : 'sell',
      time,
      price: price!,
      amount: Math.abs(amount!),
      fee: isBase ? (isBought ? 0 : fee * price!) : fee,
      baseFee: isBase && isBought ? fee : 0,
    });
  }
  demandReadable(table, bad, fills.length);
  const notices = [
    ...reader.notices,
    ...(bad === 0 ? [] : [`${bad} rows are no executions and are left out`]),
  ];
  return pairedHistory(options.format, fills, { hasShorts: false, notices, columns: reader.taken() });
}

/** Which side a word stands for; undefined for one that says nothing of it. */
function sideOf(text: string | undefined): Side | undefined {
  if (text === undefined) return undefined;
  if (/short|^(s|sell|ask|-1|true)$|^sell\b/i.test(text)) return 'short';
  return /long|^(b|buy|bid|1|false)$|^buy\b/i.test(text) ? 'long' : undefined;
}

const OTHER_SIDE = { long: 'short', short: 'long' } as const;

/** The currency at the end of a cell such as `0.1BNB`. */
const unitOfCell = (text: string | undefined): string | undefined => /[A-Za-z]{2,6}$/.exec(text ?? '')?.[0];

const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined;

function reckonedPnl(
  side: Side | undefined,
  entryPrice: number | undefined,
  exitPrice: number | undefined,
  size: number | undefined,
  fees: number,
  returnRate: number | undefined,
): number | undefined {
  if (entryPrice !== undefined && exitPrice !== undefined && size !== undefined)
    return (exitPrice - entryPrice) * size * (side === 'short' ? -1 : 1) - fees;
  // Of a rate alone money is what it makes of one unit.
  return returnRate === undefined
    ? undefined
    : returnRate * (entryPrice !== undefined && size !== undefined ? entryPrice * size : 1);
}

function demandReadable({ rows, header }: Table, bad: number, read: number): void {
  if (read > 0 && bad <= rows.length * MOST_UNREADABLE) return;
  const sample = rows.find((row) => row.some(Boolean)) ?? [];
  throw invalid(
    `${bad} of ${rows.length} rows that cannot be read, such as ${show(sample.join(' | ').slice(0, 200))} under ${header.join(' | ').slice(0, 200)}`,
    'rows with a time and a profit, or with time, side, price and amount',
    'Say which column is which: --columns exitTime=Closed,pnl=Result. Nothing was read.',
  );
}

const invalid = (found: string, expected: string, hint: string): EdgekeeperError =>
  new EdgekeeperError('HISTORY_INVALID', { found, expected, hint });
