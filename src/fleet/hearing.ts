import type { KV } from '@nats-io/kv';
import type { FleetGuard } from '../engine/fleet.ts';
import type { Log } from '../model/ports.ts';
import { type Order, postCommand } from '../node/inbox.ts';
import type { FleetPrior } from './learning/prior.ts';
import { publishedGuardSchema, publishedPriorsSchema } from './publisher.ts';

export interface HearingOptions {
  readonly published: KV;
  readonly fleet: string;
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
  #stop: (() => void) | null = null;
  /** What was said last, so that nothing is said twice. */
  readonly #said = new Map<string, string>();

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { published, log } = this.#options;
    this.stop();
    const watch = await published.watch();
    this.#stop = () => watch.stop();
    void (async () => {
      for await (const entry of watch)
        if (entry.operation === 'PUT')
          await this.#hear(entry.key, entry.string()).catch((error) =>
            log.warn(`what the fleet says of ${entry.key} is not passed on: ${(error as Error).message}`),
          );
    })().catch((error) => log.warn(`the fleet is not heard: ${(error as Error).message}`));
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  async #hear(key: string, text: string): Promise<void> {
    const { priors, guard } = this.#options;
    if (key === 'priors' && priors) {
      const { priors: told } = publishedPriorsSchema.parse(JSON.parse(text));
      await this.#say(
        key,
        { priors: told.slice(0, MOST_PRIORS).map(([strategy, prior]) => [strategy, asPrior(prior)]) },
        `priors of ${told.length} ${told.length === 1 ? 'strategy' : 'strategies'}`,
      );
    }
    if (key !== 'guard' || !guard) return;
    const { told } = publishedGuardSchema.parse(JSON.parse(text));
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

  async #say(
    key: string,
    word: Pick<Extract<Order, { type: 'setFleet' }>, 'priors' | 'guard'>,
    reason: string,
  ) {
    const text = JSON.stringify(word);
    if (this.#said.get(key) === text) return;
    const { stateDir, fleet, onOrder } = this.#options;
    await postCommand(stateDir, { type: 'setFleet', ...word, actor: `fleet ${fleet}`, reason });
    this.#said.set(key, text);
    onOrder(false);
  }
}

const asPrior = ({ mean, deviation }: FleetPrior) => ({ mean, deviation });
