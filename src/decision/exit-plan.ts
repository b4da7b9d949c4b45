import { type Config, MAX_COST } from '../config/schema.ts';
import type { ExitPlan } from '../model/decision.ts';
import type { Signal } from '../model/signal.ts';

/** How the outcome of a signal is to be followed if it is not sent. A price on the wrong side of the market is none. */
export function exitPlanOf(signal: Signal, config: Config, lastClose: number | null): ExitPlan {
  const { side, exitRule } = signal;
  const onSide = (level: number | null, above: boolean): number | null =>
    level !== null && lastClose !== null && level > lastClose !== above ? null : level;
  return {
    stop: onSide(priceOrNull(signal.stop), side === 'short'),
    target: onSide(priceOrNull(signal.target), side === 'long'),
    rule: exitRule === 'host' ? 'host' : 'barrier',
    feeRate: costOrNull(signal.feeRate) ?? config.feeRate,
    slippageRate: costOrNull(signal.slippageRate) ?? config.slippageRate,
    size: priceOrNull(signal.size),
  };
}

/** A cost rate from a host: null where it is missing, or more than any venue takes: 1 is not 1%. */
const costOrNull = (value: number | undefined): number | null =>
  typeof value === 'number' && value >= 0 && value <= MAX_COST ? value : null;

/** A price or a size from a host: null where it is missing, or cannot be one. */
const priceOrNull = (value: number | undefined): number | null =>
  typeof value === 'number' && value > 0 && value <= 1e15 ? value : null;
