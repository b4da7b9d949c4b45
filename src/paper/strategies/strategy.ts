import type { Candle } from '../../model/candle.ts';

/** A wish to buy, with why and how sure. */
export interface EntrySignal {
  readonly kind: 'enter';
  /** In [0,1]; how it comes about is in the strategy's code. */
  readonly confidence: number;
  /** How many conditions agree, at least 1. */
  readonly confluence: number;
  readonly stop: number;
  readonly target: number;
}

export interface ExitSignal {
  readonly kind: 'exit';
}

/** A strategy on one symbol: sees each closed candle once, and may wish for something. */
export type Strategy = (candle: Candle) => EntrySignal | ExitSignal | null;

export interface NamedStrategy {
  readonly name: string;
  /** Makes the strategy for one symbol, with its own indicators. */
  readonly create: () => Strategy;
}

export const clip01 = (x: number): number => Math.min(1, Math.max(0, x));
