import Table from 'cli-table3';

type Value = number | null;

export const percent = (rate: Value): string => (rate === null ? '-' : `${(100 * rate).toFixed(1)}%`);
export const fixed = (x: Value, digits = 2): string =>
  x === null ? '-' : x === Number.POSITIVE_INFINITY ? 'inf' : Number.isFinite(x) ? x.toFixed(digits) : '-';
export const signed = (x: Value, digits = 2): string =>
  x !== null && x > 0 ? `+${fixed(x, digits)}` : fixed(x, digits);
export const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
export const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

/** A table; columns after the first are aligned to the right, up to `right` of them. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right = head.length,
): string {
  const style = { head: [], border: [], compact: true };
  const made = new Table({
    head: [...head],
    style,
    colAligns: head.map((_, i) => (i === 0 || i > right ? 'left' : 'right')),
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}
