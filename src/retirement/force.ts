import { type Authorship, checkAuthorship } from '../model/authorship.ts';
import { checkName, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { STRATEGY_STATUSES, type StrategyStatus } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';

const HOUR = 3_600_000;

export interface ForceOptions extends Authorship {
  /** Keeps the status against the rules: for good, or for so many hours of host time. */
  readonly pinForHours?: number | 'forever';
}

/** Refuses what cannot be forced with `COMMAND_INVALID`. */
export function checkForce(strategy: string, status: StrategyStatus, options: ForceOptions): void {
  checkName(strategy, 'strategy', 'COMMAND_INVALID');
  if (!STRATEGY_STATUSES.includes(status))
    refuse(`status ${show(status)}`, `one of ${STRATEGY_STATUSES.join(', ')}`, 'COMMAND_INVALID');
  checkAuthorship(options);
  const { time, pinForHours } = options;
  if (pinForHours === undefined || pinForHours === 'forever') return;
  // A pin ends at a time, or nobody could read when.
  if (typeof pinForHours !== 'number' || !(pinForHours > 0) || !isTime(Math.ceil(time + pinForHours * HOUR)))
    refuse(`pinForHours ${show(pinForHours)}`, 'hours above 0, or "forever"', 'COMMAND_INVALID');
}
