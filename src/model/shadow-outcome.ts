import type { Decision, ExitPlan } from './decision.ts';
import type { RSource } from './trade.ts';

/** What a signal that was not sent would have come to. */
export interface ShadowOutcome {
  /** The decision on the signal, as it stands. */
  readonly decision: Decision;
  readonly entryTime: number;
  readonly exitTime: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  /** Price distance of one R, and where it comes from; older records do not say where. */
  readonly risk: number;
  readonly rSource: RSource;
  /** Net of fees and slippage. */
  readonly r: number;
  readonly rule: ExitPlan['rule'];
  /** What it says against a trade: 1 by the host's own rule, 0.5 by a triple barrier. */
  readonly weight: number;
  readonly exit: 'stop' | 'target' | 'signal' | 'time';
  /** Money at the host's own size, net; null where the size is unknown. */
  readonly pnl: number | null;
}
