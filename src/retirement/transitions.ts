import type { EvidenceMode } from '../model/choices.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { ProbationVerdict } from './probation.ts';

/** What a transition is decided on. */
export interface Facts {
  readonly violated: boolean;
  /** Violated with the recovery margin. */
  readonly nearlyViolated: boolean;
  readonly alarm: boolean;
  readonly hoursInStatus: number;
  readonly tradesInStatus: number;
  /** Whether the health rules have enough trades to go by. */
  readonly enoughTrades: boolean;
  /** What the signals of a suspended strategy would have earned; null where nobody can follow them. */
  readonly probation: ProbationVerdict | null;
}

export interface Windows {
  readonly degradedWindowHours: number;
  readonly suspendedWindowHours: number;
}

const MIN_TRADES_DEGRADED = 10;

/** The status a strategy moves to, or null when it stays. Nothing but an operator leaves RETIRED. */
export function nextStatus(
  status: StrategyStatus,
  facts: Facts,
  mode: EvidenceMode,
  { degradedWindowHours, suspendedWindowHours }: Windows,
): StrategyStatus | null {
  const guarded = mode !== 'literal';
  if (status !== 'SUSPENDED' && !facts.enoughTrades) return null;
  switch (status) {
    case 'ACTIVE':
      return facts.violated || (guarded && facts.alarm) ? 'DEGRADED' : null;
    case 'DEGRADED': {
      const healthy = guarded ? !facts.nearlyViolated && !facts.alarm : !facts.violated;
      if (healthy) return 'ACTIVE';
      const proven = guarded ? facts.alarm && facts.tradesInStatus >= MIN_TRADES_DEGRADED : facts.violated;
      return proven && facts.hoursInStatus >= degradedWindowHours ? 'SUSPENDED' : null;
    }
    case 'SUSPENDED': {
      if (guarded && facts.probation === 'passed') return 'DEGRADED';
      const proven = guarded && facts.probation !== null ? facts.probation === 'failed' : facts.enoughTrades;
      return proven && facts.hoursInStatus >= suspendedWindowHours ? 'RETIRED' : null;
    }
    case 'RETIRED':
      return null;
  }
}
