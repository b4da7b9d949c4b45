import type { EffectStatement } from '../../effect/statement.ts';
import { signed } from './table.ts';

/** What a terminal shows in a line. */
export const WIDTH = 80;

export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** The overlay statement in a sentence. */
export function verdictOf({ verdict, claim: { effect, interval }, because, n }: EffectStatement): string {
  return verdict === 'INCONCLUSIVE' || effect === null || interval === null
    ? `${verdict}, over ${count(n, 'outcome')}: ${because}.`
    : `${verdict}: bigger sizes went to ${effect > 0 ? 'better' : 'worse'} results by ${signed(effect)} R (${signed(interval[0])} .. ${signed(interval[1])} at any time, ${count(n, 'outcome')}).`;
}

/** A text in lines that fit a terminal. */
export function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
