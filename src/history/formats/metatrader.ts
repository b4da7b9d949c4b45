import { plainName } from '../columns.ts';
import type { Table } from '../table.ts';

/** Headers of closed positions in the reports of MetaTrader 5 and 4, and what stands for each. */
const LAYOUTS = [
  {
    name: "MetaTrader 5's report",
    header: [
      'time',
      'position',
      'symbol',
      'type',
      'volume',
      'price',
      'sl',
      'tp',
      'time',
      'price',
      'commission',
      'swap',
      'profit',
    ],
    roles: [
      'entry time',
      '',
      'symbol',
      'side',
      'size',
      'entry price',
      'stop',
      '',
      'exit time',
      'exit price',
      'commission',
      'swap',
      'profit',
    ],
  },
  {
    name: "MetaTrader 4's statement",
    header: [
      'ticket',
      'opentime',
      'type',
      'size',
      'item',
      'price',
      'sl',
      'tp',
      'closetime',
      'price',
      'commission',
      'taxes',
      'swap',
      'profit',
    ],
    roles: [
      '',
      'entry time',
      'side',
      'size',
      'symbol',
      'entry price',
      'stop',
      '',
      'exit time',
      'exit price',
      'commission',
      'taxes',
      'swap',
      'profit',
    ],
  },
] as const;

/** Closed positions among the rows of a MetaTrader report, under names of our own; null where none are in it. */
export function fromMetaTrader(
  rows: readonly (readonly string[])[],
): { readonly name: string; readonly table: Table } | null {
  for (const { name, header, roles } of LAYOUTS) {
    const start = rows.findIndex((row) => {
      const names = row.map(plainName).filter(Boolean);
      return header.every((each, i) => names[i] === each);
    });
    if (start < 0) continue;
    const width = rows[start]!.map(plainName).filter(Boolean).length;
    const body: (readonly string[])[] = [];
    for (const row of rows.slice(start + 1)) {
      const isTrade = row.length >= width && row.some((cell) => /^(buy|sell)$/i.test(cell));
      if (isTrade) body.push(row);
      // Deposits, cancelled orders and remarks stand between trades; another table has a header of its own.
      else if (body.length > 0 && isHeader(row)) break;
    }
    return { name, table: { header: roles, rows: body } };
  }
  return null;
}

/** Whether a row is the header of a table, or its title. */
const isHeader = (row: readonly string[]): boolean => {
  const names = row.map(plainName).filter(Boolean);
  return (
    (names.includes('symbol') && names.includes('type')) ||
    (names.includes('ticket') && names.includes('type')) ||
    (names.length === 1 && /^(orders|deals|opentrades|workingorders|summary|openpositions)$/.test(names[0]!))
  );
};
