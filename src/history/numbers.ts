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

/** European where a comma can only be a decimal one: `1.234,56`, or `0,5` while nothing has a decimal point. */
export function numberStyleOf(texts: readonly string[]): NumberStyle {
  const all = texts.map(bare);
  const isNumber = (text: string) => /^-?[\d.,]+$/.test(text);
  const numbers = all.filter(isNumber);
  const european = numbers.some(
    (text) => /^-?\d{1,3}(\.\d{3})+,\d+$/.test(text) || /^-?\d+,(\d{1,2}|\d{4,})$/.test(text),
  );
  const pointed = numbers.some(
    (text) => /^-?\d{1,3}(,\d{3})+\.\d+$/.test(text) || /^-?\d+\.(\d{1,2}|\d{4,})$/.test(text),
  );
  return { decimal: european && !pointed ? ',' : '.' };
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
