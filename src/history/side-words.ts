import type { Side } from '../model/signal.ts';

/** What a word says of an execution: which way it went, and, where it says so, which side's position it opened or closed. */
export interface ExecutionWord {
  readonly side: 'buy' | 'sell';
  /** Whether it speaks of a position on one side: then there may be shorts. */
  readonly isOfPosition: boolean;
}

const BUY = /^(b|buy|bought|bid|kauf|achat|compra|1)$|^buy\b|^bought\b/i;
const SELL = /^(s|sell|sold|ask|verkauf|vente|venta|-1)$|^sell\b|^sold\b/i;
const LONG = /\blong\b|^l$|^long/i;
const SHORT = /\bshort\b|^short/i;
const CLOSES = /clos|exit|cover|reduce|schlie/i;

/** What a word such as `Buy`, `Close short` or `sell to open` says of an execution; null where nothing. */
export function executionWord(text: string | undefined): ExecutionWord | null {
  if (text === undefined) return null;
  const word = text.trim().replaceAll('_', ' ');
  if (LONG.test(word) || SHORT.test(word)) {
    const isLong = LONG.test(word);
    // A word may say both, such as `sell short`.
    if (BUY.test(word) || SELL.test(word))
      return { side: BUY.test(word) ? 'buy' : 'sell', isOfPosition: true };
    return { side: isLong !== CLOSES.test(word) ? 'buy' : 'sell', isOfPosition: true };
  }
  if (/\bto (open|close|cover)\b/i.test(word))
    return { side: BUY.test(word) ? 'buy' : 'sell', isOfPosition: true };
  if (BUY.test(word)) return { side: 'buy', isOfPosition: false };
  return SELL.test(word) ? { side: 'sell', isOfPosition: false } : null;
}

/**
 * Which side of a closed position a word stands for; null where it says nothing of it.
 * @param column in the words of the header: of some exports the side is that of the order that closed the position, of
 *   others the column only says whether it was short
 */
export function positionWord(text: string | undefined, column: string): Side | null {
  if (text === undefined) return null;
  const word = text.trim().replaceAll('_', ' ');
  if (/short/i.test(column) && !/long/i.test(column)) {
    if (/^(1|true|yes)$/i.test(word)) return 'short';
    if (/^(0|false|no)$/i.test(word)) return 'long';
  }
  if (SHORT.test(word) && !LONG.test(word)) return 'short';
  if (LONG.test(word) && !SHORT.test(word)) return 'long';
  if (/\bto cover\b/i.test(word)) return 'short';
  const said = executionWord(word);
  if (said === null) return null;
  const closes = /clos/i.test(column) || /\bto close\b/i.test(word);
  return (said.side === 'buy') !== closes ? 'long' : 'short';
}
