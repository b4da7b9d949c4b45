import type { Signal } from '../model/signal.ts';
import { isName } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';

/**
 * What is wrong with a signal that cannot be judged, or null. Impossible rates are no fault: they count as missing.
 * @param isKnown whether its strategy and symbol are known for names
 */
export function signalFault(signal: Signal, isKnown = false): string | null {
  if (signal === null || typeof signal !== 'object') return 'not a signal';
  if (!isKnown && !isName(signal.strategy)) return 'strategy is not a name';
  if (!isKnown && !isName(signal.symbol)) return 'symbol is not a name';
  if (signal.side !== 'long' && signal.side !== 'short') return 'side is neither long nor short';
  if (!isTime(signal.time)) return 'time is not in ms';
  if (signal.id !== undefined && !isName(signal.id))
    return 'id is not a printable text of 1 to 100 characters';
  return null;
}
