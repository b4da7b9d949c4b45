type Cell = string | number | null;

/** Prints rows as a table of Markdown, as the documents show them. */
export function printTable(title: string, rows: readonly Readonly<Record<string, Cell>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const line = (cells: readonly Cell[]) => `| ${cells.map((cell) => cell ?? '-').join(' | ')} |`;
  const body = rows.map((row) => line(columns.map((column) => row[column] ?? null)));
  console.log([`${title}\n`, line(columns), line(columns.map(() => '---')), ...body, ''].join('\n'));
}

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)}%`;

/** A figure, or what there is to say where it never came to be. */
export const figure = (value: number | null, digits = 0): string | null =>
  value === null ? null : Number.isFinite(value) ? value.toFixed(digits) : 'never';

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
