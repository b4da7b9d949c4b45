import type { Signal } from '../../src/index.ts';

/** What an adapter knows of a signal; the rest is absent, or undefined. */
export type KnownOfSignal = Pick<Signal, 'strategy' | 'symbol' | 'side' | 'time'> & {
  readonly [K in keyof Signal]?: Signal[K] | undefined;
};

/** A signal always in one shape, whatever is known of it: objects of many shapes cost the engine more to read than to judge. */
export const signalOf = (known: KnownOfSignal): Signal =>
  ({
    id: known.id,
    strategy: known.strategy,
    symbol: known.symbol,
    side: known.side,
    time: known.time,
    confidence: known.confidence,
    confluence: known.confluence,
    alignment: known.alignment,
    regime: known.regime,
    reduceOnly: known.reduceOnly,
    size: known.size,
    stop: known.stop,
    target: known.target,
    exitRule: known.exitRule,
    feeRate: known.feeRate,
    slippageRate: known.slippageRate,
    scalable: known.scalable,
  }) as Signal;
