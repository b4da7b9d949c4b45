/** Points of a series in a report, in the form that charts take: times in seconds, then each line. */
export type Columns = readonly [times: readonly number[], ...lines: (readonly (number | null)[])[]];

/** Points kept of a series: more than a screen has. */
const MOST = 800;

/** Rows of a series at even distances, the first and the last among them, as columns. @param rows each a time in ms, then its values */
export function columnsOf(rows: readonly (readonly (number | null)[])[], lines: number): Columns {
  const every = Math.max(1, Math.ceil(rows.length / MOST));
  const kept = rows.filter((_, i) => i % every === 0 || i === rows.length - 1);
  const column = (at: number) => kept.map((row) => row[at] ?? null);
  return [
    kept.map(([time]) => Math.round(time! / 1000)),
    ...Array.from({ length: lines }, (_, i) => column(i + 1)),
  ];
}
