import { rowsOf } from './answers.ts';
import { marketOf } from './market.ts';
import type { CcxtOrder } from './orders.ts';
import type { Patches } from './patches.ts';
import type { Reconciler } from './reconcile.ts';
import type { Host } from './wrap-orders.ts';

const OPEN = ['fetchOpenOrders', 'fetchOpenOrdersWs'];

/** Compares the orders that rest with the bot's own look at them: one that is missing there has ended. */
export function wrapOpenOrders(patches: Patches, host: Host & { readonly reconciler: Reconciler }): void {
  const { exchange, reconciler, aside, isNotOurs } = host;
  for (const name of OPEN)
    patches.wrap(name, (original) => async (...args) => {
      if (isNotOurs()) return original(...args);
      const [asked, since, limit, params] = args;
      const symbol = marketOf(exchange, asked)?.symbol;
      // A part of the orders says nothing of those that are not in it.
      const isWhole = (since ?? limit ?? null) === null && Object.keys(params ?? {}).length === 0;
      const compare =
        isWhole && symbol !== undefined ? aside(() => reconciler.orders.restingNow(symbol)) : undefined;
      const answer = await original(...args);
      if (compare) aside(() => compare(rowsOf(answer) as CcxtOrder[]));
      return answer;
    });
}
