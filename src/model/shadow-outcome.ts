import type { Decision, ExitPlan } from './decision.ts';

/** What a signal that was not sent would have come to. */
export interface ShadowOutcome {
  /** The decision on the signal, as it stands. */
  readonly decision: Decision;
  readonly entryTime: number;
  readonly exitTime: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  /** Price distance of one R. */
  readonly risk: number;
  /** Net of fees and slippage. */
  readonly r: number;
  readonly rule: ExitPlan['rule'];
  /** What it says against a trade: 1 by the host's own rule, 0.5 by a triple barrier. */
  readonly weight: number;
  readonly exit: 'stop' | 'target' | 'signal' | 'time';
  /** Money at the host's own size, net; null where the size is unknown. */
  readonly pnl: number | null;
}
