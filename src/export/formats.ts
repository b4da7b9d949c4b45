import { optionalPackage } from '../model/packages.ts';
import type { Table, Value } from './tables.ts';

export const FORMATS = ['csv', 'jsonl', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

/** A table as a file. Throws `PACKAGE_MISSING` for Parquet without hyparquet-writer. */
export async function written(table: Table, format: Format): Promise<Uint8Array<ArrayBuffer>> {
  if (format === 'parquet') return parquetOf(table);
  const text = format === 'csv' ? csvOf(table) : jsonLinesOf(table);
  return new TextEncoder().encode(text);
}

/** Times are ISO 8601 in UTC; nothing is an empty cell. */
function csvOf({ columns, rows }: Table): string {
  const names = Object.keys(columns);
  const lines = rows.map((row) =>
    names.map((name) => cell(columns[name] === 'time' ? iso(row[name]) : (row[name] ?? null))).join(','),
  );
  return `${[names.join(','), ...lines].join('\n')}\n`;
}

/** What a spreadsheet would take for a formula is made text: names are those of whoever runs the bot. */
function cell(value: Value): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Numbers that JSON cannot say are null. */
function jsonLinesOf({ columns, rows }: Table): string {
  const names = Object.keys(columns);
  return rows
    .map((row) => {
      const values = names.map((name) => {
        const value = row[name] ?? null;
        return [name, typeof value === 'number' && !Number.isFinite(value) ? null : value];
      });
      return `${JSON.stringify(Object.fromEntries(values))}\n`;
    })
    .join('');
}

const iso = (value: Value | undefined): Value =>
  typeof value === 'number' ? new Date(value).toISOString() : (value ?? null);

const TYPES = { time: 'TIMESTAMP', number: 'DOUBLE', text: 'STRING', boolean: 'BOOLEAN' } as const;

async function parquetOf({ columns, rows }: Table): Promise<Uint8Array<ArrayBuffer>> {
  const { parquetWriteBuffer } = await optionalPackage(
    'hyparquet-writer',
    '>=0.9.0',
    () => import('hyparquet-writer'),
  );
  const buffer = parquetWriteBuffer({
    columnData: Object.entries(columns).map(([name, kind]) => ({
      name,
      type: TYPES[kind],
      nullable: true,
      data: rows.map((row) => {
        const value = row[name] ?? null;
        return kind === 'time' && typeof value === 'number' ? new Date(value) : value;
      }),
    })),
  });
  return new Uint8Array(buffer as ArrayBuffer);
}
