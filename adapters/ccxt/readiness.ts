import type { CcxtExchange } from './market.ts';

/**
 * Whether the bot is through with configuring its exchange: where it is, with whose keys, by what way. Before that a
 * request of ours could go to the wrong place, and ccxt hands what comes of loading its markets to the bot as well.
 * Markets that were loaded, or a request of the bot's that was answered, say that it is.
 */
export class Readiness {
  readonly #exchange: CcxtExchange;
  /** Markets that nobody had to ask for: they were given to the exchange when it was made. */
  readonly #given: CcxtExchange['markets'];
  #answered = false;
  /** Told when a first request was answered. */
  onAnswer: () => void = () => undefined;

  constructor(exchange: CcxtExchange) {
    this.#exchange = exchange;
    this.#given = exchange.marketsLoading === undefined ? exchange.markets : undefined;
  }

  /** Never before there are markets: whatever is asked would load them. */
  get isReady(): boolean {
    const { markets } = this.#exchange;
    return markets !== undefined && (this.#answered || markets !== this.#given);
  }

  /** Takes the exchange's answer to the bot. */
  watch(answer: Promise<unknown>): void {
    if (this.#answered) return;
    answer.then(
      () => {
        this.#answered = true;
        this.onAnswer();
      },
      () => undefined,
    );
  }
}
