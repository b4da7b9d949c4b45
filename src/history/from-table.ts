import { EdgekeeperError, show } from '../model/errors.ts';
import type { Side } from '../model/signal.ts';
import { type Columns, FILL_ROLES, guessColumns, type Role, TRADE_ROLES } from './columns.ts';
import { type NumberStyle, numberOf, numberStyleOf } from './numbers.ts';
import { pairedHistory } from './paired-history.ts';
import { executionWord, positionWord } from './side-words.ts';
import type { Table } from './table.ts';
import { type DateOrder, timeOf, timeStyleOf, unitName, zoneIn } from './times.ts';
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
  const filled = columnsOf(table, FILL_ROLES, options);
  const isFilled = FILLED.every((role) => filled[role] !== undefined);
  // A venue writes what an execution realized beside its price: that is no table of round trips.
  const saysEntry = [closed.entryTime, closed.entryPrice, closed.exitPrice].some(
    (each) => each !== undefined,
  );
  if (
    closed.exitTime !== undefined &&
    (closed.pnl !== undefined || canReckon(closed)) &&
    (saysEntry || !isFilled)
  )
    return closedTrades(table, closed, options);
  if (isFilled) return executions(table, filled, options);
  throw invalid(
    table.header.length === 0 ? 'an empty file' : `columns ${table.header.map(show).join(', ')}`,
    'closed trades (an exit time and a profit, or entry and exit prices and a size), or executions (time, side, price, amount)',
    'Say which is which: --columns exitTime=Closed,pnl=Result. Nothing was read.',
  );
}

/** Without these there is no execution. */
const FILLED = ['time', 'side', 'price', 'amount'] as const satisfies readonly Role[];

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
  readonly #numbers = new Map<Role, NumberStyle>();
  readonly #usual: NumberStyle;
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
    const styles = numeric.map((role) => [role, numberStyleOf(this.#column(role))] as const);
    const known = styles.flatMap(([, style]) => style ?? []);
    // A column that leaves it open, such as one of whole thousands, is written as the others are.
    this.#usual =
      known.every(({ decimal }) => decimal === ',') && known.length > 0 ? { decimal: ',' } : { decimal: '.' };
    for (const [role, style] of styles) this.#numbers.set(role, style ?? this.#usual);
    if (known.some(({ decimal }) => decimal === ',')) this.notices.push('numbers have a decimal comma');
    for (const role of times) {
      const texts = this.#column(role);
      if (texts.length === 0) continue;
      const style = timeStyleOf(texts, this.nameOf(role), options.dates);
      this.#times.set(role, style);
      if (style.unit !== null && style.unit !== 1)
        this.notices.push(`${this.nameOf(role)} is in ${unitName(style.unit)}: read as such`);
      if (!style.hasZone && options.offsetMinutes === undefined && zoneIn(this.nameOf(role)) === null)
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
    const value = numberOf(this.text(row, role), this.#numbers.get(role) ?? this.#usual);
    return Number.isNaN(value) ? undefined : value;
  }

  /** A number behind which the coin of a symbol may stand. */
  amount(row: readonly string[], role: Role, symbol: string): number | undefined {
    const text = this.text(row, role);
    const coin = coinAt(text, symbol);
    const value = numberOf(
      coin === undefined ? text : text!.slice(0, -coin.length),
      this.#numbers.get(role) ?? this.#usual,
    );
    return Number.isNaN(value) ? undefined : value;
  }

  /** A number in a column that has no role. */
  numberAt(row: readonly string[], at: number): number {
    const value = numberOf(row[at], this.#usual);
    return Number.isNaN(value) ? 0 : value;
  }

  time(row: readonly string[], role: Role): number {
    const style = this.#times.get(role);
    if (style === undefined) return Number.NaN;
    const offset = this.#options.offsetMinutes ?? zoneIn(this.nameOf(role)) ?? 0;
    return timeOf(this.text(row, role), style, offset);
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
  let [guessed, unknown] = [0, 0];
  const trades: PastTrade[] = [];
  let bad = 0;
  for (const row of table.rows) {
    const exitTime = reader.time(row, 'exitTime');
    const entryTime = columns.entryTime === undefined ? exitTime : reader.time(row, 'entryTime');
    const said =
      columns.side === undefined ? null : positionWord(reader.text(row, 'side'), reader.nameOf('side'));
    const [entryPrice, exitPrice, given] = [
      reader.number(row, 'entryPrice'),
      reader.number(row, 'exitPrice'),
      reader.number(row, 'size'),
    ];
    const size = given === undefined ? undefined : Math.abs(given);
    const fees = Math.abs(reader.number(row, 'fees') ?? 0);
    const rate = reader.number(row, 'returnRate');
    const returnRate = rate === undefined ? undefined : isPercent ? rate / 100 : rate;
    const stated = reader.number(row, 'pnl');
    const side = said ?? sideBy(stated, entryPrice, exitPrice);
    if (said === null && side !== null) guessed += 1;
    // A column that says the side, and says nothing that can be read: without a profit there is nothing to go by.
    const isLost = side === null && columns.side !== undefined && stated === undefined;
    if (side === null && !isLost) unknown += 1;
    const reckoned = isLost
      ? undefined
      : reckonedPnl(side ?? 'long', entryPrice, exitPrice, size, fees, returnRate);
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
  if (guessed > 0) notices.push(`the side of ${guessed} trades is taken from their prices and profits`);
  if (unknown > 0) notices.push(`${unknown} trades do not say their side: taken as long`);
  if (bad > 0) notices.push(`${bad} rows say no time or no profit and are left out`);
  return { format: options.format, trades, notices, columns: reader.taken(), isPaired: false };
}

function executions(table: Table, columns: Columns, options: TableOptions): TradeHistory {
  const reader = new Reader(table, columns, ['price', 'amount', 'fee', 'realized'], ['time'], options);
  const fills: PastFill[] = [];
  let [bad, unfilled, others, realized] = [0, 0, 0, 0];
  let hasShorts = columns.realized !== undefined || columns.effect !== undefined;
  for (const row of table.rows) {
    if (isUnfilled(reader.text(row, 'status'))) {
      unfilled += 1;
      continue;
    }
    const symbol = reader.text(row, 'symbol') ?? options.symbol;
    const [time, price] = [reader.time(row, 'time'), reader.number(row, 'price')];
    const amount = reader.amount(row, 'amount', symbol);
    const word = executionWord(reader.text(row, 'side'));
    // An order that nothing was executed of is none, and no mistake.
    if (amount === 0 && columns.status !== undefined) {
      unfilled += 1;
      continue;
    }
    if (!(time > 0) || !(price! > 0) || !(Math.abs(amount!) > 0) || word === null) {
      bad += 1;
      continue;
    }
    hasShorts ||= word.isOfPosition || /perp|swap|future/i.test(reader.text(row, 'market') ?? '');
    realized += reader.number(row, 'realized') ?? 0;
    const fee = Math.abs(reader.amount(row, 'fee', symbol) ?? 0);
    const currency = reader.text(row, 'feeCurrency') ?? unitOfCell(reader.text(row, 'fee'), symbol);
    const paidIn = currencyOf(currency, symbol);
    if (paidIn === 'other' && fee > 0) others += 1;
    const isBought = word.side === 'buy';
    fills.push({
      id: reader.text(row, 'id'),
      strategy: reader.text(row, 'strategy') ?? options.strategy,
      symbol,
      side: word.side,
      time,
      price: price!,
      amount: Math.abs(amount!),
      fee: paidIn === 'other' ? 0 : paidIn === 'quote' ? fee : isBought ? 0 : fee * price!,
      baseFee: paidIn === 'base' && isBought ? fee : 0,
    });
  }
  demandReadable({ ...table, rows: table.rows.slice(unfilled) }, bad, fills.length);
  const notices = [
    ...reader.notices,
    ...(unfilled === 0 ? [] : [`${unfilled} orders that were not filled are left out`]),
    ...(bad === 0 ? [] : [`${bad} rows are no executions and are left out`]),
    ...(others === 0
      ? []
      : [`${others} fees in another currency are left out: the results are a little too good`]),
  ];
  const history = pairedHistory(options.format, fills, { hasShorts, notices, columns: reader.taken() });
  return columns.realized === undefined
    ? history
    : withRealized(history, realized, reader.nameOf('realized'));
}

/** Says so where the venue's own sum of what was realized is another. */
function withRealized(history: TradeHistory, realized: number, column: string): TradeHistory {
  const made = history.trades.reduce((sum, { pnl, fees = 0 }) => sum + pnl + fees, 0);
  if (Math.abs(made - realized) <= 0.02 * Math.max(Math.abs(made), Math.abs(realized))) return history;
  const notice = `${column} sums up to ${realized.toFixed(2)}, what is paired here to ${made.toFixed(2)} before fees: positions from before this file, or contracts of another size`;
  return { ...history, notices: [...history.notices, notice] };
}

const isUnfilled = (status: string | undefined): boolean =>
  status !== undefined &&
  /cancel|reject|expire|fail|^(new|open|pending|untriggered)$/i.test(status) &&
  !/partial/i.test(status);

/** Which side a position was on whose price went one way and whose profit says whether that was good. */
function sideBy(pnl: number | undefined, entry: number | undefined, exit: number | undefined): Side | null {
  if (pnl === undefined || entry === undefined || exit === undefined || pnl === 0 || entry === exit)
    return null;
  return pnl > 0 === exit > entry ? 'long' : 'short';
}

/** A symbol without what separates its parts. */
const joined = (symbol: string): string => symbol.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

/** What a fee was paid in, as far as the symbol tells. */
function currencyOf(currency: string | undefined, symbol: string): 'base' | 'quote' | 'other' {
  if (currency === undefined || symbol === 'unknown') return 'quote';
  const [name, whole] = [currency.toUpperCase(), joined(symbol)];
  if (whole.startsWith(name)) return 'base';
  return whole.includes(name) || /^USD/.test(name) ? 'quote' : 'other';
}

/** The currency at the end of a cell such as `0.1BNB`. */
const unitOfCell = (text: string | undefined, symbol: string): string | undefined =>
  coinAt(text, symbol) ?? /[A-Za-z]{2,10}$/.exec(text ?? '')?.[0];

/** The coin of a symbol at the end of a cell such as `101INCH`, which is 10 of 1INCH; undefined without one. */
function coinAt(text: string | undefined, symbol: string): string | undefined {
  const whole = joined(symbol);
  for (let i = 1; text !== undefined && i < text.length; i += 1) {
    const coin = text.slice(i).toUpperCase();
    if (/[A-Z]/.test(coin) && whole.startsWith(coin) && /^[-+]?[\d.,]+$/.test(text.slice(0, i))) return coin;
  }
  return undefined;
}

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
  // One row, such as a line of totals, is a mistake of no table.
  if (read > 0 && bad <= Math.max(1, rows.length * MOST_UNREADABLE)) return;
  const sample = rows.find((row) => row.some(Boolean)) ?? [];
  throw invalid(
    `${bad} of ${rows.length} rows that cannot be read, such as ${show(sample.join(' | ').slice(0, 200))} under ${header.join(' | ').slice(0, 200)}`,
    'rows with a time and a profit, or with time, side, price and amount',
    'Say which column is which: --columns exitTime=Closed,pnl=Result. Nothing was read.',
  );
}

const invalid = (found: string, expected: string, hint: string): EdgekeeperError =>
  new EdgekeeperError('HISTORY_INVALID', { found, expected, hint });
