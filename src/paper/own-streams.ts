import type { CcxtInstance } from './exchange.ts';

/** Streams of an account, and the query that each answers by. */
const STREAMS = {
  watchOrders: 'fetchOrders',
  watchMyTrades: 'fetchMyTrades',
  watchBalance: 'fetchBalance',
  watchPositions: 'fetchPositions',
} as const;

/** Wakes whoever waits for news of an account's orders, balances and positions. */
export class OwnStreams {
  #sleeping: (() => void)[] = [];

  /** Gives an exchange the streams of its account: each answers once something has changed. */
  on(exchange: CcxtInstance): void {
    const methods = exchange as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    for (const [stream, query] of Object.entries(STREAMS)) {
      const answer = methods[query]!;
      methods[stream] = async (...args) => {
        await new Promise<void>((resolve) => this.#sleeping.push(resolve));
        return answer(...args);
      };
    }
  }

  changed(): void {
    const woken = this.#sleeping;
    this.#sleeping = [];
    for (const wake of woken) wake();
  }
}
