import Table from 'cli-table3';

type Value = number | null;

export const percent = (rate: Value): string => (rate === null ? '-' : `${(100 * rate).toFixed(1)}%`);
export const fixed = (x: Value, digits = 2): string =>
  x === null ? '-' : x === Number.POSITIVE_INFINITY ? 'inf' : Number.isFinite(x) ? x.toFixed(digits) : '-';
export const signed = (x: Value, digits = 2): string =>
  x !== null && x > 0 ? `+${fixed(x, digits)}` : fixed(x, digits);
export const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
export const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

/** Border and padding that a column has beside its text. */
const FRAME = 3;

/**
 * A table; columns after the first are aligned to the right, up to `right` of them. Where it is wider than the terminal
 * texts are broken between words, and where that is not enough the table is, its first column said again.
 * @param width columns of the terminal; without one nothing is broken, so that each row stays a line
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right = head.length,
  width: number = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): string {
  const columns = head.map((_, i) => [head, ...rows].map((row) => row[i] ?? ''));
  const aligned = head.map((_, i) => (i === 0 || i > right ? 'left' : 'right'));
  return columnGroups(columns, width)
    .map((group) => {
      const made = new Table({
        head: group.map((i) => head[i]!),
        style: { head: [], border: [], compact: true },
        colAligns: group.map((i) => aligned[i]!),
        ...(width === Number.POSITIVE_INFINITY
          ? {}
          : {
              colWidths: fitting(
                group.map((i) => columns[i]!),
                width,
              ),
              wordWrap: true,
            }),
      });
      made.push(...rows.map((row) => group.map((i) => row[i] ?? '')));
      return made.toString();
    })
    .join('\n');
}

const longest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length));
const longestWord = (texts: readonly string[]): number => longest(texts.flatMap((text) => text.split(' ')));

/** Columns that fit beside each other, each group with the first. */
function columnGroups(columns: readonly (readonly string[])[], width: number): number[][] {
  const groups: number[][] = [];
  let used = 0;
  for (let i = 1; i < columns.length; i += 1) {
    const least = longestWord(columns[i]!) + FRAME;
    const isFull = used + least > width && groups.at(-1)?.length !== 1;
    if (groups.length === 0 || isFull) {
      groups.push([0]);
      used = 1 + longestWord(columns[0]!) + FRAME;
    }
    groups.at(-1)!.push(i);
    used += least;
  }
  return groups.length === 0 ? [[0]] : groups;
}

/** Widths of columns with their padding, those of the longest texts made narrower until all fit. */
function fitting(columns: readonly (readonly string[])[], width: number): number[] {
  const least = columns.map(longestWord);
  const widths = columns.map(longest);
  for (let over = widths.reduce((sum, each) => sum + each + FRAME, 1) - width; over > 0; over -= 1) {
    const slack = widths.map((each, i) => (each > least[i]! ? each : 0));
    const widest = slack.indexOf(Math.max(...slack));
    if (slack[widest] === 0) break;
    widths[widest]! -= 1;
  }
  return widths.map((each) => each + 2);
}
