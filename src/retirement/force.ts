import { EdgekeeperError, show } from '../model/errors.ts';
import { isName, STRATEGY_STATUSES, type StrategyStatus } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';

export interface ForceOptions {
  readonly time: number;
  readonly actor: string;
  readonly reason: string;
  /** Keeps the status against the rules: for good, or for so many hours of host time. */
  readonly pinForHours?: number | 'forever';
}

/** Refuses what cannot be forced with `COMMAND_INVALID`. */
export function checkForce(
  strategy: string,
  status: StrategyStatus,
  { time, actor, reason, pinForHours }: ForceOptions,
): void {
  const refuse = (found: string, expected: string): never => {
    throw new EdgekeeperError('COMMAND_INVALID', { found, expected, hint: 'Nothing was changed.' });
  };
  if (!isName(strategy)) refuse(`strategy ${show(strategy)}`, 'the name of a strategy');
  if (!STRATEGY_STATUSES.includes(status))
    refuse(`status ${show(status)}`, `one of ${STRATEGY_STATUSES.join(', ')}`);
  if (!isName(actor)) refuse(`actor ${show(actor)}`, 'the name of who forces the status');
  if (typeof reason !== 'string' || reason.trim() === '')
    refuse(`reason ${show(reason)}`, 'a reason in words');
  if (!isTime(time)) refuse(`time ${show(time)}`, 'a time in ms');
  if (
    pinForHours !== undefined &&
    pinForHours !== 'forever' &&
    !(Number.isFinite(pinForHours) && pinForHours > 0)
  ) {
    refuse(`pinForHours ${show(pinForHours)}`, 'hours above 0, or "forever"');
  }
}
