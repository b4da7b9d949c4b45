import { REGIMES } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';

/** A number as JSON keeps it, which knows no negative zero; undefined for anything else. */
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value + 0 : undefined);
const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/**
 * A signal as its host says it, read once: nobody else holds it, and it has what a signal has and nothing else. Rates
 * that are none are left out; whether it can be judged is not asked here. What cannot be read at all is an empty one.
 */
export function readSignal(given: unknown): Signal {
  try {
    return typeof given === 'object' && given !== null ? read(given as Signal) : nothing();
  } catch {
    return isClose(given) ? ({ ...nothing(), intent: 'close' } as Signal) : nothing();
  }
}

const nothing = (): Signal => ({}) as never as Signal;

/** Whether a signal is an exit, which passes, whatever else of it cannot be read. */
export function isClose(given: unknown): boolean {
  try {
    return (given as Signal).intent === 'close';
  } catch {
    return false;
  }
}

const read = (given: Signal): Signal =>
  ({
    id: given.id,
    strategy: given.strategy,
    symbol: given.symbol,
    side: given.side,
    time: given.time,
    intent: given.intent === 'close' ? 'close' : undefined,
    confidence: number(given.confidence),
    confluence: number(given.confluence),
    alignment: number(given.alignment),
    regime: REGIMES.includes(given.regime!) ? given.regime : undefined,
    reduceOnly: flag(given.reduceOnly),
    size: number(given.size),
    stop: number(given.stop),
    target: number(given.target),
    exitRule: given.exitRule === 'host' ? 'host' : undefined,
    feeRate: number(given.feeRate),
    slippageRate: number(given.slippageRate),
    scalable: flag(given.scalable),
  }) as Signal;
