import { Latest } from '../core/latest.ts';
import { rowsOf } from './answers.ts';
import type { CcxtOrder } from './orders.ts';
import type { Patches } from './patches.ts';
import { isVetoedId } from './veto.ts';
import type { Host } from './wrap-orders.ts';

const CREATE = ['createOrder', 'createOrderWs', 'createOrders', 'createOrdersWs', 'createTwapOrder'];
const ASK = ['fetchOrder', 'fetchOrderWs', 'cancelOrder', 'cancelOrderWs'];
/** Orders that are remembered; of older ones it is only known that they were vetoed. */
const MOST = 1000;

/** Answers for orders that were vetoed: the venue has never heard of them, and a bot would ask it for ever. */
export function wrapVetoed(patches: Patches, { aside, isNotOurs }: Pick<Host, 'aside' | 'isNotOurs'>): void {
  const vetoed = new Latest<CcxtOrder>(MOST);

  function remember(answer: unknown): void {
    for (const order of rowsOf(answer) as CcxtOrder[]) {
      if (!isVetoedId(order.id)) continue;
      vetoed.set(order.id, order);
    }
  }

  for (const name of CREATE)
    patches.wrap(name, (original) => async (...args) => {
      const answer = await original(...args);
      aside(() => remember(answer));
      return answer;
    });

  for (const name of ASK)
    patches.wrap(name, (original) => async (...args) => {
      const [id, symbol] = args;
      if (isNotOurs() || !isVetoedId(id)) return original(...args);
      const order = vetoed.get(id) ?? {
        id,
        symbol,
        filled: 0,
        status: 'rejected',
        trades: [],
        fees: [],
        info: {},
      };
      return structuredClone(order);
    });
}
