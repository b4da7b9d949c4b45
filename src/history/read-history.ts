import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { EdgekeeperError } from '../model/errors.ts';
import { fromCcxtTrades, isCcxtTrades } from './formats/ccxt-trades.ts';
import { fromDebutOrders, isDebutOrders } from './formats/debut.ts';
import { fromBacktest, isBacktest } from './formats/freqtrade.ts';
import { fromDatabase, isSqlite } from './formats/freqtrade-database.ts';
import { fromMetaTrader } from './formats/metatrader.ts';
import { fromTradingView, isTradingView } from './formats/tradingview.ts';
import { fromZip, isZip } from './formats/zip.ts';
import { fromTable, type TableOptions } from './from-table.ts';
import { csvTable, htmlRows, type Table, textOf } from './table.ts';
import type { TradeHistory } from './trade-history.ts';

export type ReadOptions = Partial<Omit<TableOptions, 'format' | 'addedToPnl'>>;

/**
 * Reads a trade history as people have them; what it is, is seen in it. Throws `HISTORY_INVALID`, and `PACKAGE_MISSING`
 * where an archive or a database needs a package.
 */
export async function readHistory(path: string, options: ReadOptions = {}): Promise<TradeHistory> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new EdgekeeperError(
      'HISTORY_INVALID',
      {
        found:
          cause.code === 'ENOENT' ? `no file ${path}` : `${path}, which cannot be read: ${cause.message}`,
        expected: 'a file with past trades',
        hint: 'Check the path.',
      },
      { cause },
    );
  });
  const history = await historyIn(path, bytes, {
    strategy: nameOf(path),
    symbol: 'unknown',
    ...options,
  }).catch((cause: Error) => {
    if (cause instanceof EdgekeeperError) throw cause;
    // A parser of somebody else's that trips over a damaged file.
    throw new EdgekeeperError(
      'HISTORY_INVALID',
      {
        found: `${path}, which cannot be read: ${cause.message.split('\n')[0]}`,
        expected: 'a whole file, as a program writes it',
        hint: 'Export it again. Nothing was read.',
      },
      { cause },
    );
  });
  const { trades } = history;
  if (trades.length === 0) {
    throw new EdgekeeperError('HISTORY_INVALID', {
      found: `${history.format} without a closed trade`,
      expected: 'at least one',
      hint: `${history.notices.join('; ') || 'It is empty'}. Nothing was read.`,
    });
  }
  return {
    ...history,
    trades: trades.toSorted((a, b) => a.exitTime - b.exitTime || a.entryTime - b.entryTime),
  };
}

const nameOf = (path: string): string => basename(path, extname(path)).slice(0, 100);

async function historyIn(
  path: string,
  bytes: Uint8Array,
  options: ReadOptions & { readonly strategy: string; readonly symbol: string },
): Promise<TradeHistory> {
  if (isZip(bytes)) return fromZip(path, bytes);
  if (isSqlite(bytes)) return fromDatabase(path, bytes);
  const text = textOf(bytes).trimStart();
  if (text.startsWith('{') || text.startsWith('[')) return fromJson(path, text, options);
  if (/<(html|table|tr)\b/i.test(text.slice(0, 20_000))) return fromReport(path, htmlRows(text), options);
  const table = csvTable(text);
  if (isTradingView(table)) {
    const { table: trades, open } = fromTradingView(table);
    const history = fromTable(trades, { ...options, format: "TradingView's list of trades" });
    const left = open === 0 ? [] : [`${open} trades that are open at its end are left out`];
    return { ...history, columns: null, notices: [...history.notices, ...left] };
  }
  const report = fromMetaTrader([table.header, ...table.rows]);
  if (report) return fromReport(path, [table.header, ...table.rows], options);
  const format = isHummingbot(table) ? "Hummingbot's trades" : 'a table, its columns guessed';
  return fromTable(table, { ...options, format });
}

/** Whether it has the columns that Hummingbot alone writes. */
const isHummingbot = ({ header }: Table): boolean =>
  header.includes('config_file_path') && header.includes('trade_fee');

function fromReport(
  path: string,
  rows: readonly (readonly string[])[],
  options: ReadOptions & { readonly strategy: string; readonly symbol: string },
): TradeHistory {
  const report = fromMetaTrader(rows);
  if (report === null) {
    const [header = [], ...body] = rows.filter((row) => row.length > 3);
    return fromTable({ header, rows: body } satisfies Table, {
      ...options,
      format: `the table in ${basename(path)}`,
    });
  }
  const costs = report.table.header.filter((each) => ['commission', 'swap', 'taxes'].includes(each));
  const history = fromTable(report.table, { ...options, format: report.name, addedToPnl: costs });
  return { ...history, columns: null };
}

function fromJson(
  path: string,
  text: string,
  options: ReadOptions & { readonly strategy: string; readonly symbol: string },
): TradeHistory {
  const { strategy, symbol } = options;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EdgekeeperError(
      'HISTORY_INVALID',
      {
        found: `${path}: ${(cause as Error).message}`,
        expected: 'JSON, CSV, HTML, a zip archive or a SQLite database',
        hint: 'Nothing was read.',
      },
      { cause },
    );
  }
  if (isBacktest(value)) return fromBacktest(value);
  if (isCcxtTrades(value)) return fromCcxtTrades(value, strategy);
  if (isDebutOrders(value)) return fromDebutOrders(value, strategy, symbol);
  if (Array.isArray(value) && value.every((each) => each !== null && typeof each === 'object'))
    return fromTable(tableOf(value as Record<string, unknown>[]), {
      ...options,
      format: 'a list of records, its columns guessed',
    });
  throw new EdgekeeperError('HISTORY_INVALID', {
    found: `${path}, JSON with ${Object.keys(value as object)
      .slice(0, 8)
      .join(', ')}`,
    expected: "freqtrade's backtest result, trades of ccxt, or a list of trades",
    hint: 'Nothing was read.',
  });
}

/** Records as a table, so that their fields are guessed as columns are. */
function tableOf(records: readonly Record<string, unknown>[]): Table {
  const header = [...new Set(records.slice(0, 100).flatMap((each) => Object.keys(each)))];
  const cell = (value: unknown): string =>
    value === null || value === undefined
      ? ''
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);
  return { header, rows: records.map((each) => header.map((name) => cell(each[name]))) };
}
