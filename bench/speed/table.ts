import Table from 'cli-table3';
import type { Beside, Row, Unit } from './row.ts';

/** A number with three digits that count. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

const withUnit = (value: number, unit: Unit): string =>
  unit === 'x' ? `${digits(value)} x` : `${digits(value)} ${unit}`;
const beside = ({ what, value }: Beside): string => `${digits(value)} (${what})`;

export const HEAD = ['what', 'median', 'p99', 'floor', 'ratio', 'peers', 'must', 'holds'] as const;

/** The cells of a row as text. */
export function cellsOf({ what, unit, median, p99, floor, ratio, peers, must, holds }: Row): string[] {
  return [
    what,
    withUnit(median, unit),
    p99 === null ? '' : digits(p99),
    floor === null ? '' : beside(floor),
    ratio === null ? '' : `${digits(ratio)} x`,
    peers.map(beside).join('; '),
    must,
    holds === null ? '' : holds ? 'yes' : 'NO',
  ];
}

export function render(rows: readonly Row[]): string {
  const table = new Table({ head: [...HEAD], style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push(cellsOf(row));
  return table.toString();
}

/** The same for a page of documentation, beside what an earlier run measured where it has a row of that name. */
export function renderMarkdown(rows: readonly Row[], before: readonly Row[] | null): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const known = new Map(before?.map((row) => [row.what, row]));
  const beside = (what: string): string => {
    const row = known.get(what);
    if (row === undefined) return '';
    return `${withUnit(row.median, row.unit)}${row.p99 === null ? '' : `, ${digits(row.p99)}`}`;
  };
  const full = ([what, ...rest]: readonly string[], earlier: string) =>
    line(before === null ? [what!, ...rest] : [what!, earlier, ...rest]);
  return [
    full(HEAD, 'before (median, p99)'),
    full(
      HEAD.map(() => '---'),
      '---',
    ),
    ...rows.map((row) => full(cellsOf(row), beside(row.what))),
  ].join('\n');
}
