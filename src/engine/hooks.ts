import { reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';

/** What an engine asks of its host. */
export interface EngineHooks {
  /** Read at every decision; true switches the overlay off whatever the flags say. */
  readonly killed?: () => boolean;
  /**
   * Where the outcomes of signals that were not sent come from: followed on the candles (default), or given
   * by `recordShadow`, when the past is replayed and they are known.
   */
  readonly shadows?: 'followed' | 'given';
  /**
   * The host's clock, in ms. What lies more than `MAX_SKEW` ahead of it is refused, for one such time would hold up
   * everything that waits for a later one. Without it, as in a replay, nothing is refused.
   */
  readonly now?: () => number;
  /** Told how long each decision took, in ms. */
  readonly took?: (ms: number) => void;
}

/** Throws `CONFIG_INVALID` for a hook that is none. */
export function readHooks(given: EngineHooks): Required<Omit<EngineHooks, 'now' | 'took'>> & {
  readonly now: (() => number) | null;
  readonly took: ((ms: number) => void) | null;
} {
  const {
    killed = () => false,
    shadows = 'followed',
    now = null,
    took = null,
  } = reading('hooks', 'CONFIG_INVALID', () => ({
    ...given,
  }));
  for (const [name, hook] of Object.entries({ killed, now, took }))
    if (hook !== null && typeof hook !== 'function')
      refuse(`the hook ${name} = ${show(hook)}`, 'a function', 'CONFIG_INVALID');
  return { killed, shadows, now, took };
}
