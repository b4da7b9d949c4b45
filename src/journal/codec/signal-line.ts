import { pickDefined } from '../../model/pick.ts';
import { REGIMES } from '../../model/regime.ts';
import type { Side, Signal } from '../../model/signal.ts';
import type { Fields } from './fields.ts';
import { exactly, largestWord, Unpacker } from './packed.ts';

const SIGNAL: readonly (keyof Signal)[] = [
  'id',
  'strategy',
  'symbol',
  'side',
  'time',
  'intent',
  'confidence',
  'confluence',
  'alignment',
  'regime',
  'size',
  'stop',
  'target',
  'exitRule',
  'feeRate',
  'slippageRate',
  'reduceOnly',
  'scalable',
];
/** Numbers that a signal may have, in the order in which they are written. */
const NUMBERS = [
  'confidence',
  'confluence',
  'alignment',
  'size',
  'stop',
  'target',
  'feeRate',
  'slippageRate',
] as const satisfies readonly (keyof Signal)[];

/** Characters of what stands before the fields of a signal. */
export const SIGNAL_HEAD = 3;
const AS_IT_IS = largestWord(SIGNAL_HEAD);

/** What of a signal stands in the line already. */
interface Named {
  readonly time: number;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
}

/** Adds what a signal says to the fields of a line. Returns a word of `SIGNAL_HEAD` characters that has to stand before them. */
export function encodeSignal(values: unknown[], signal: Signal, named: Named): number {
  const flags = flagsOf(signal, named);
  if (flags === AS_IT_IS) {
    values.push(pickDefined(signal, SIGNAL));
    return flags;
  }
  if (signal.id !== undefined) values.push(signal.id);
  for (const key of NUMBERS) {
    const value = signal[key];
    if (value !== undefined) values.push(exactly(value));
  }
  return flags;
}

function flagsOf(signal: Signal, { time, strategy, symbol, side }: Named): number {
  if (signal.time !== time || signal.strategy !== strategy || signal.symbol !== symbol) return AS_IT_IS;
  if (signal.side !== side) return AS_IT_IS;
  let flags = 0;
  let bit = 1;
  for (const key of NUMBERS) {
    const value = signal[key];
    if (value !== undefined) {
      if (typeof value !== 'number') return AS_IT_IS;
      flags |= bit;
    }
    bit <<= 1;
  }
  const { id, intent, exitRule, reduceOnly, scalable, regime } = signal;
  if (id !== undefined && typeof id !== 'string') return AS_IT_IS;
  const intention = choiceOf(intent, INTENTS);
  const rule = choiceOf(exitRule, RULES);
  const reduces = choiceOf(reduceOnly, SWITCH);
  const scales = choiceOf(scalable, SWITCH);
  const label = choiceOf(regime, REGIMES);
  if ((intention | rule | reduces | scales | label) < 0) return AS_IT_IS;
  return (
    flags |
    (id === undefined ? 0 : 1 << 8) |
    (intention << 9) |
    (rule << 11) |
    (reduces << 12) |
    (scales << 14) |
    (label << 16)
  );
}

const INTENTS = ['open', 'close'] as const;
const RULES = ['host'] as const;
const SWITCH = [false, true] as const;

/** Place of a value among a few, from 1 on; 0 for none, -1 for another. */
function choiceOf<T>(value: T | undefined, choices: readonly T[]): number {
  if (value === undefined) return 0;
  const at = choices.indexOf(value);
  return at < 0 ? -1 : at + 1;
}

/** The signal that `encodeSignal` wrote. */
export function decodeSignal(head: string, fields: Fields, named: Named): Signal {
  const flags = new Unpacker(head).word(SIGNAL_HEAD);
  if (flags === AS_IT_IS) return fields.next<Signal>();
  const { time, strategy, symbol, side } = named;
  const signal: { -readonly [K in keyof Signal]: Signal[K] } = { strategy, symbol, side, time };
  if ((flags >> 8) & 1) signal.id = fields.next<string>();
  for (const [bit, key] of NUMBERS.entries()) if ((flags >> bit) & 1) signal[key] = fields.number();
  const intent = (flags >> 9) & 3;
  const reduces = (flags >> 12) & 3;
  const scales = (flags >> 14) & 3;
  const label = (flags >> 16) & 7;
  if (intent > 0) signal.intent = INTENTS[intent - 1]!;
  if ((flags >> 11) & 1) signal.exitRule = 'host';
  if (reduces > 0) signal.reduceOnly = SWITCH[reduces - 1]!;
  if (scales > 0) signal.scalable = SWITCH[scales - 1]!;
  if (label > 0) signal.regime = REGIMES[label - 1]!;
  return signal;
}
