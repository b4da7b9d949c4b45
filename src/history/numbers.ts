/** How the numbers of a table are written. */
export interface NumberStyle {
  readonly decimal: '.' | ',';
}

const CURRENCIES = /[$€£¥₿]|\b(usd|usdt|usdc|eur|btc|eth|bnb)\b/gi;
/** Spaces that separate thousands, and signs that stand for a minus. */
const SPACES = /[\s\u00a0\u202f']/g;
const MINUS = /^[\u2212\u2013]/;

const bare = (text: string): string =>
  text
    .replaceAll(CURRENCIES, '')
    .replaceAll(SPACES, '')
    .replace(MINUS, '-')
    .replace(/%$/, '')
    .replace(/[a-z]{2,6}$/i, '');

/**
 * How the numbers of a column are written, by those that can be read in one way only: `1.234,56` and `0,5`, or `1,234.56` and
 * `0.5`. Null where none is such.
 */
export function numberStyleOf(texts: readonly string[]): NumberStyle | null {
  const all = texts.map(bare);
  const numbers = all
    .map((text) => text.replace(/^[-+]/, '').replace(/e[-+]?\d+$/i, ''))
    .filter((text) => /^[\d.,]+$/.test(text));
  const european = numbers.some(
    (text) => /^\d{1,3}(\.\d{3})+,\d+$/.test(text) || /^(0,\d+|\d+,(\d{1,2}|\d{4,}))$/.test(text),
  );
  const pointed = numbers.some(
    (text) => /^\d{1,3}(,\d{3})+\.\d+$/.test(text) || /^(0\.\d+|\d+\.(\d{1,2}|\d{4,}))$/.test(text),
  );
  if (european === pointed) return null;
  return { decimal: european ? ',' : '.' };
}

/** A number as a table writes it; NaN where it is none. Brackets stand for a minus. */
export function numberOf(text: string | undefined, { decimal }: NumberStyle): number {
  if (text === undefined || text.trim() === '') return Number.NaN;
  const inBrackets = /^\((.+)\)$/.exec(text.trim());
  const plain = bare(inBrackets ? inBrackets[1]! : text);
  const written = decimal === ',' ? plain.replaceAll('.', '').replace(',', '.') : plain.replaceAll(',', '');
  const value = written === '' || written === '-' ? Number.NaN : Number(written);
  return inBrackets ? -value : value;
}
