import { EdgekeeperError } from '../model/errors.ts';
import type { Clock } from '../model/ports.ts';

/** Whether servers cannot agree just now, because too few of them are there; they will when the others are back. */
const isPassing = (error: unknown): boolean =>
  /timeout|temporarily unavailable|no responders/i.test((error as Error).message ?? '');

export interface Insisting {
  readonly clock: Clock;
  /** Until when it is asked again, in ms. */
  readonly until: number;
  readonly signal?: AbortSignal;
  /** Told of the first trouble. */
  readonly onTrouble?: (message: string) => void;
}

const ASK_EVERY = 500;

/** Asks servers again while they cannot agree, as those do that have just lost one and look for another leader. */
export async function insisting<T>(
  ask: () => Promise<T>,
  { clock, until, signal, onTrouble }: Insisting,
): Promise<T> {
  for (let isFirst = true; ; isFirst = false)
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || clock.now() >= until || signal?.aborted) throw error;
      if (isFirst) onTrouble?.((((error as Error).cause ?? error) as Error).message);
      await clock.sleep(ASK_EVERY);
    }
}

/** What a client of the servers throws, by name. */
const OF_SERVERS =
  /^(Timeout|NoResponders|Request|Connection|ClosedConnection|PermissionViolation|JetStream|Stream|Consumer)\w*$/;

/** An error of the servers as one of ours; any other one as it is. */
export function inOurWords(error: unknown): unknown {
  const { name, message } = error as Error;
  if (error instanceof EdgekeeperError || !OF_SERVERS.test(name)) return error;
  return /permissions violation/i.test(message)
    ? new EdgekeeperError(
        'FLEET_REFUSED',
        {
          found: `credentials that may not do this: ${message}`,
          expected: 'credentials of a role that may',
          hint: 'Name their file by --credentials; examples/fleet/nats.conf has the roles.',
        },
        { cause: error },
      )
    : new EdgekeeperError(
        'FLEET_UNREACHABLE',
        {
          found: `servers that do not answer as they should: ${message}`,
          expected: 'more than half of the servers of the fleet, with JetStream',
          hint: 'Start those that are missing, and try again. `edgekeeper off` switches one bot off, and needs no server.',
        },
        { cause: error },
      );
}
