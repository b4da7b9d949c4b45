import type { EffectStatement } from '../effect/statement.ts';

const signed = (x: number): string => `${x > 0 ? '+' : ''}${x.toFixed(2)}`;

/** The overlay statement in a sentence. */
export function verdictOf({ verdict, claim: { effect, interval }, because, n }: EffectStatement): string {
  const outcomes = `${n} outcome${n === 1 ? '' : 's'}`;
  return verdict === 'INCONCLUSIVE' || effect === null || interval === null
    ? `${verdict}, over ${outcomes}: ${because}.`
    : `${verdict}: bigger sizes went to ${effect > 0 ? 'better' : 'worse'} results by ${signed(effect)} R (${signed(interval[0])} .. ${signed(interval[1])} at any time, ${outcomes}).`;
}
