import type { FleetGuard } from '../engine/fleet.ts';
import type { Log } from '../model/ports.ts';
import { type Order, postCommand } from '../node/inbox.ts';
import type { FleetConnection } from './connection.ts';
import { Following } from './following.ts';
import type { FleetPrior } from './learning/prior.ts';
import { publishedGuardSchema, publishedPriorsSchema } from './publisher.ts';

export interface HearingOptions {
  readonly connection: FleetConnection;
  readonly stateDir: string;
  readonly priors: boolean;
  readonly guard: boolean;
  readonly log: Log;
  readonly onOrder: (isPanic: boolean) => void;
}

/** Strategies whose priors a bot is given: more than it can have. */
const MOST_PRIORS = 500;

/** Passes on to one bot what its fleet knows of strategies, and the guard of the fleet, where it wants them. */
export class Hearing {
  readonly #options: HearingOptions;
  readonly #following: Following;
  /** What was said last, so that nothing is said twice. */
  readonly #said = new Map<string, string>();

  constructor(options: HearingOptions) {
    this.#options = options;
    const { connection, log } = options;
    this.#following = new Following({
      connection,
      bucket: 'published',
      log,
      onEntry: ({ key, text }) => this.#hear(key, text),
    });
  }

  start(): Promise<void> {
    return this.#following.start();
  }

  stop(): void {
    this.#following.stop();
  }

  async #hear(key: string, text: string): Promise<void> {
    const { priors, guard } = this.#options;
    if (key === 'priors' && priors) {
      const read = this.#read(publishedPriorsSchema, key, text);
      if (read === null) return;
      const { priors: told } = read;
      await this.#say(
        key,
        { priors: told.slice(0, MOST_PRIORS).map(([strategy, prior]) => [strategy, asPrior(prior)]) },
        `priors of ${told.length} ${told.length === 1 ? 'strategy' : 'strategies'}`,
      );
    }
    if (key !== 'guard' || !guard) return;
    const read = this.#read(publishedGuardSchema, key, text);
    if (read === null) return;
    const { told } = read;
    const word: FleetGuard | null =
      told === null || told.factor === 1 ? null : { factor: told.factor, until: told.until };
    // That nothing is held back need not be said before anything was.
    if (word === null && !this.#said.has(key)) {
      this.#said.set(key, JSON.stringify({ guard: null }));
      return;
    }
    await this.#say(
      key,
      { guard: word },
      word === null ? 'no drawdown of the fleet' : 'a drawdown of the fleet',
    );
  }

  /** What cannot be read is no word; the next one will be. */
  #read<T>(schema: { parse(value: unknown): T }, key: string, text: string): T | null {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      const { log } = this.#options;
      log.warn(`what the fleet says of ${key} cannot be read: ${(error as Error).message}`);
      return null;
    }
  }

  async #say(
    key: string,
    word: Pick<Extract<Order, { type: 'setFleet' }>, 'priors' | 'guard'>,
    reason: string,
  ) {
    const text = JSON.stringify(word);
    if (this.#said.get(key) === text) return;
    const { stateDir, connection, onOrder } = this.#options;
    await postCommand(stateDir, { type: 'setFleet', ...word, actor: `fleet ${connection.fleet}`, reason });
    this.#said.set(key, text);
    onOrder(false);
  }
}

const asPrior = ({ mean, deviation }: FleetPrior) => ({ mean, deviation });
