import { createReadStream } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { type Candle, candleFault } from '../model/candle.ts';
import { EdgekeeperError, show } from '../model/errors.ts';

const COLUMNS = ['timestamp', 'open', 'high', 'low', 'close', 'volume'] as const;

export interface TimeRange {
  /** Open times in [from, to), ms UTC. */
  readonly from?: number;
  readonly to?: number;
}

function refuse(file: string, found: string, expected: string, hint: string): never {
  throw new EdgekeeperError('CANDLES_INVALID', {
    found: `${found} in ${file}`,
    expected,
    hint: `${hint} Nothing was traded.`,
  });
}

/** The candle file of a symbol in a directory: `BTC_USDT-1h.csv` or `.csv.gz`. Throws `CANDLES_MISSING`. */
async function fileOf(directory: string, symbol: string, timeframe: string): Promise<string> {
  const stem = `${symbol.replaceAll('/', '_')}-${timeframe}.csv`;
  for (const name of [stem, `${stem}.gz`]) {
    const path = join(directory, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  const there = await readdir(directory).catch(() => null);
  throw new EdgekeeperError('CANDLES_MISSING', {
    found:
      there === null
        ? `no directory ${directory}`
        : `no ${stem} or ${stem}.gz in ${directory}, which holds ${there.slice(0, 8).join(', ') || 'nothing'}`,
    expected: 'one file for each symbol and timeframe',
    hint: 'Check --candles, --symbols and --timeframe.',
  });
}

/** Symbols that have a file of this timeframe in a directory, in alphabetical order. */
export async function symbolsIn(directory: string, timeframe: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  const pattern = new RegExp(`^(.+)_([^_]+)-${timeframe}\\.csv(\\.gz)?$`);
  const symbols = names.flatMap((name) => {
    const match = pattern.exec(name);
    return match ? [`${match[1]}/${match[2]}`] : [];
  });
  return [...new Set(symbols)].sort();
}

/**
 * Reads the candles of a symbol from CSV, plain or gzip, with the columns timestamp (open time, ms UTC),
 * open, high, low, close and volume. Throws `CANDLES_MISSING` without a file, and `CANDLES_INVALID` with
 * the line for a missing column, a number that is none, an impossible candle, or rows out of order.
 */
export async function readCandles(
  directory: string,
  symbol: string,
  timeframe: string,
  range: TimeRange = {},
): Promise<Candle[]> {
  const path = await fileOf(directory, symbol, timeframe);
  const file = basename(path);
  const candles: Candle[] = [];
  let columns: number[] | null = null;
  let previous = -1;
  let line = 0;

  let refused: unknown;
  const read = async (rows: AsyncIterable<string[]>) => {
    try {
      await readRows(rows);
    } catch (error) {
      // A pipeline that breaks off may report the abort of an earlier stream instead of what broke it.
      refused = error;
      throw error;
    }
  };
  const readRows = async (rows: AsyncIterable<string[]>) => {
    for await (const row of rows) {
      line += 1;
      if (columns === null) {
        columns = COLUMNS.map((name) => row.indexOf(name));
        const missing = COLUMNS.filter((name) => !row.includes(name));
        if (missing.length > 0)
          refuse(
            file,
            `no column ${missing.join(', ')}`,
            `a header row with ${COLUMNS.join(',')}`,
            'Name the columns in the first line.',
          );
        continue;
      }
      const values = columns.map((column, i) => number(row[column], COLUMNS[i]!, file, line));
      const [time, open, high, low, close, volume] = values as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const candle = { time, open, high, low, close, volume };
      const fault = candleFault(candle);
      if (fault !== null)
        refuse(file, `line ${line}: ${fault}`, 'a candle that can be true', 'Repair or remove the line.');
      if (time === previous)
        refuse(
          file,
          `line ${line}: a second candle at ${time}`,
          'one candle for each time',
          'Remove the duplicate.',
        );
      if (time < previous)
        refuse(
          file,
          `line ${line}: ${time} after ${previous}`,
          'candles in order of time',
          'Sort the file by timestamp.',
        );
      previous = time;
      if (time >= (range.from ?? 0) && time < (range.to ?? Number.POSITIVE_INFINITY)) candles.push(candle);
    }
  };
  const source = createReadStream(path);
  const rows = parse({ relax_column_count: true, skip_empty_lines: true, trim: true, bom: true });
  try {
    if (path.endsWith('.gz')) await pipeline(source, createGunzip(), rows, read as never);
    else await pipeline(source, rows, read as never);
  } catch (cause) {
    if (refused instanceof EdgekeeperError) throw refused;
    throw new EdgekeeperError(
      'CANDLES_INVALID',
      {
        found: `${file} that cannot be read: ${(cause as Error).message}`,
        expected: 'a CSV file, plain or gzip',
        hint: 'Download it again.',
      },
      { cause },
    );
  }
  if (candles.length === 0) {
    refuse(
      file,
      previous < 0 ? 'no candle' : 'no candle in the wanted time',
      'at least one candle',
      'Check --from and --to.',
    );
  }
  return candles;
}

function number(text: string | undefined, column: string, file: string, line: number): number {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value))
    refuse(file, `line ${line}: ${column} ${show(text)}`, 'a finite number', 'Repair or remove the line.');
  return value;
}
