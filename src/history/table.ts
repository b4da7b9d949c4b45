import { parse } from 'csv-parse/sync';

/** Rows of text under a header. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Text of a file whatever its encoding: UTF-8 with or without a mark, or UTF-16 as some programs export it. */
export function textOf(bytes: Uint8Array): string {
  const [a, b] = bytes;
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The delimiter that splits most lines into equally many fields. */
function delimiterOf(lines: readonly string[]): string {
  const evenness = (delimiter: string): number => {
    const widths = new Map<number, number>();
    for (const line of lines) {
      const width = line.split(delimiter).length;
      if (width > 1) widths.set(width, (widths.get(width) ?? 0) + 1);
    }
    return Math.max(0, ...[...widths].map(([width, count]) => count + width / 1000));
  };
  return DELIMITERS.toSorted((a, b) => evenness(b) - evenness(a))[0]!;
}

/** The table of a CSV file: its first line that has as many fields as most of those after it is the header. */
export function csvTable(text: string): Table {
  const delimiter = delimiterOf(text.split(/\r?\n/).filter(Boolean).slice(0, 50));
  const parsed = parse(text, {
    delimiter,
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
  }) as string[][];
  // Some programs end every line with a delimiter, others leave out cells that are empty.
  const all = parsed.map((row) => row.slice(0, row.findLastIndex((cell) => cell !== '') + 1));
  const widths = new Map<number, number>();
  for (const { length } of all) widths.set(length, (widths.get(length) ?? 0) + 1);
  const [usual = 0] = [...widths].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  const first = all.findIndex(({ length }) => length >= usual);
  const [header = [], ...rows] = all.slice(Math.max(0, first));
  const width = header.length;
  // A row with more cells than there are columns is not what it seems: it is read as nothing, and counted.
  const padded = (row: readonly string[]) =>
    row.length > width
      ? Array<string>(width).fill('')
      : [...row, ...Array<string>(width - row.length).fill('')];
  return { header, rows: rows.filter(({ length }) => length > 1 || width === 1).map(padded) };
}

/** Tables of an HTML page, each row as the text of its cells. */
export function htmlRows(text: string): string[][] {
  return [...text.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/gi)].map(([, row]) =>
    [...row!.matchAll(/<t[dh]([^>]*)>([\s\S]*?)<\/t[dh]>/gi)].flatMap(([, attributes, cell]) => {
      const spans = Number(/colspan\s*=\s*"?(\d+)/i.exec(attributes!)?.[1] ?? 1);
      const isHidden = /class\s*=\s*"?[^">]*hidden/i.test(attributes!);
      if (isHidden) return [];
      const plain = cell!
        .replaceAll(/<[^>]+>/g, ' ')
        .replaceAll('&nbsp;', ' ')
        .replaceAll('&amp;', '&')
        .replaceAll(/\s+/g, ' ')
        .trim();
      return [plain, ...Array<string>(Math.max(0, Math.min(spans, 20) - 1)).fill('')];
    }),
  );
}
