import type { Config } from '../config/schema.ts';
import type { Signal } from '../model/signal.ts';
import { drawdownGuard } from './sizing.ts';

/** The most a size may be multiplied by: the configuration decides, else the adapter. */
export function capOf(config: Config, signal: Pick<Signal, 'reduceOnly'> | null): number {
  return (config.reduceOnly ?? signal?.reduceOnly ?? false) ? 1 : config.maxMultiplier;
}

/** What the guard leaves at the largest drawdown, where the posterior decides: at nothing nobody could ever recover. */
const FLOOR = 0.25;

/**
 * Factor of the drawdown guard on new exposure; 1 without an equity feed. The posterior's has a floor and a peak that
 * fades, so that it does not trap a sound book at nothing.
 */
export function guardOf(
  { evidence, drawdownGuardStart, riskMaxDrawdown }: Config,
  { drawdown, recentDrawdown }: { readonly drawdown: number | null; readonly recentDrawdown: number | null },
): number {
  const byEdge = evidence === 'posterior';
  const fallen = byEdge ? recentDrawdown : drawdown;
  return fallen === null ? 1 : drawdownGuard(fallen, drawdownGuardStart, riskMaxDrawdown, byEdge ? FLOOR : 0);
}
