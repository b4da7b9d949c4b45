import { EdgekeeperError, show } from './errors.ts';
import { isName } from './strategy.ts';
import { isTime } from './time.ts';

/** Who changed something, when and why. */
export interface Authorship {
  readonly time: number;
  readonly actor: string;
  readonly reason: string;
}

/** Who says so, as code of a host gives it: a reason, a time, or as much of the authorship as it knows. */
export type By = string | number | Partial<Authorship>;

/** Longest reason that a state keeps. */
const MAX_REASON = 1000;

function invalid(found: string, expected: string, cause?: unknown): EdgekeeperError {
  return new EdgekeeperError('COMMAND_INVALID', { found, expected, hint: 'Nothing was changed.' }, { cause });
}

/**
 * The authorship of what code of a host says, and whatever else it gives with it. Throws `COMMAND_INVALID`.
 * @param time what counts where it gives none, in ms
 */
export function authored<T extends object = Authorship>(
  by: By | T | undefined,
  time: number,
): Authorship & T {
  const unknown = { time, actor: 'host', reason: 'called by code' };
  if (typeof by === 'string') return { ...unknown, reason: by } as Authorship & T;
  if (typeof by === 'number') return { ...unknown, time: by } as Authorship & T;
  if (by !== undefined && (typeof by !== 'object' || by === null))
    throw invalid(show(by), 'a reason, a time, or an authorship');
  try {
    return { ...unknown, ...by } as Authorship & T;
  } catch (cause) {
    throw invalid('an authorship that cannot be read', 'plain values', cause);
  }
}

/** Throws `COMMAND_INVALID`. */
export function checkAuthorship({ time, actor, reason }: Authorship): void {
  if (!isTime(time)) throw invalid(`time ${show(time)}`, 'a time in ms');
  if (!isName(actor)) throw invalid(`actor ${show(actor)}`, 'the name of who commands');
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > MAX_REASON)
    throw invalid(`reason ${show(reason)}`, `a reason in words, of at most ${MAX_REASON} characters`);
}
