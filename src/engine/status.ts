import { guardOf } from '../decision/limits.ts';
import type { Flags, Mode } from '../model/flags.ts';
import type { EngineState } from './state.ts';

/** How an engine is. */
export interface OptimizationStatus {
  /** The switches in force. */
  readonly enabled: Flags;
  readonly mode: Mode;
  /** Host time of the latest event and of the latest update, in ms. */
  readonly time: number;
  readonly updatedAt: number | null;
  readonly decisions: number;
  /** Portfolio drawdown, a rate; null without an equity feed. */
  readonly drawdown: number | null;
  /** Factor of the drawdown guard on new exposure. */
  readonly guard: number;
  /** The same of the whole fleet's drawdown; 1 for a bot that is alone. */
  readonly fleetGuard: number;
  /** Whether the hard stop holds everything back. */
  readonly stopped: boolean;
  /** How often each code of an error happened in this process. */
  readonly errors: Readonly<Record<string, number>>;
}

export function statusOf(state: EngineState, enabled: Flags): OptimizationStatus {
  const { drawdown, stopped } = state.portfolio;
  return {
    enabled,
    mode: state.mode,
    time: state.time,
    updatedAt: state.updatedAt,
    decisions: state.decisions,
    drawdown,
    guard: guardOf(state.config, state.portfolio),
    fleetGuard: state.fleet.guardAt(state.time),
    stopped,
    // The codes are our own.
    errors: Object.fromEntries(state.errors),
  };
}
