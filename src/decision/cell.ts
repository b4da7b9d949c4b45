import { type Cell, cellOf, REGIMES, type Regime } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';

/** The cell a signal belongs to: the host's own regime if it has one, else the detected one. */
export function cellOfSignal(signal: Signal, regime: Regime): Cell {
  if (signal.regime === undefined || !REGIMES.includes(signal.regime))
    return cellOf(regime.label, regime.direction, signal.side);
  const direction = regime.label === signal.regime ? regime.direction : signal.side === 'long' ? 1 : -1;
  return cellOf(signal.regime, direction, signal.side);
}
