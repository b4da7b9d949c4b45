import type { RegimeLabel } from './regime.ts';

export type Side = 'long' | 'short';

/** A strategy's intent to open exposure, as a host hands it over before it sends the order. */
export interface Signal {
  /** Two signals with one id are one signal: the second gets the first one's decision. */
  readonly id?: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  /** Host time in ms UTC: candle time in a replay, wall time live. */
  readonly time: number;
  /** `close` for anything that reduces exposure; it passes untouched. Default `open`. */
  readonly intent?: 'open' | 'close';
  /** The strategy's own confidence, a rate in [0,1]. */
  readonly confidence?: number;
  /** How many indicators agree, at least 1. */
  readonly confluence?: number;
  /** How well the signal fits the regime, a rate in [0,1]; learned from outcomes when absent. */
  readonly alignment?: number;
  /** The host's own opinion of the regime; detected from candles when absent. */
  readonly regime?: RegimeLabel;
  /** True when the host does not run its risk checks again after the hook: sizes may only shrink. */
  readonly reduceOnly?: boolean;
  /** The host's own size, in base units; only for money in reports. */
  readonly size?: number;
  /** Prices at which the host would leave the position with a loss, and with a gain. */
  readonly stop?: number;
  readonly target?: number;
  /**
   * `host` when stop, target and `recordExitSignal` are all the ways in which the host leaves a position: what a
   * blocked signal would have earned is then followed by that rule. Otherwise by a triple barrier.
   */
  readonly exitRule?: 'host';
  /** What the venue takes of an order's value, and what a market order slips; rates, as configured where absent. */
  readonly feeRate?: number;
  readonly slippageRate?: number;
  /** False when the host cannot send another size than its own: the signal is sent whole or not at all. */
  readonly scalable?: boolean;
}
