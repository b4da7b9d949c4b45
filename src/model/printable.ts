/**
 * What a terminal obeys instead of showing it: control characters (escape sequences begin with one), line breaks of every
 * kind, and marks that turn the direction of writing.
 */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\uFEFF]/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * A text that comes from outside (a name, a reason, a line of a file) as it may be printed: on one line, with escapes for
 * what a terminal obeys. They are those of JSON, so that a value in JSON stays the same.
 */
export const printable = (text: string): string => text.replaceAll(OBEYED, escaped);

/** A text of several lines, as `printable` makes each of them. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

/** A plain value with every text in it made printable, names included. */
export function printableValue<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map(printableValue) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [printable(name), printableValue(each)]),
  ) as T;
}
