import ccxt from 'ccxt';
import { describe, expect, it } from 'vitest';
import { attach, type CcxtExchange } from '../../../adapters/ccxt/index.ts';
import { replayMarket } from '../../../src/paper/market-rules.ts';
import { engineWith, START } from '../../fixtures.ts';

const SYMBOL = 'BTC/USDT';

/** A bot with an order that rests, and that reads its open orders. */
async function resting() {
  const asked: string[] = [];
  const orders = new Map<string, Record<string, unknown>>();
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false });
  exchange.setMarkets([replayMarket(SYMBOL, 100)] as never);
  let now = START;
  let isHidden = false;
  Object.assign(exchange, {
    milliseconds: () => now,
    createOrder: async (symbol: string, type: string, side: string, amount: number, price: number) => {
      const id = String(orders.size + 1);
      orders.set(id, { id, symbol, type, side, amount, price, filled: 0, status: 'open', timestamp: now });
      return { ...orders.get(id) };
    },
    fetchOpenOrders: async () =>
      isHidden ? [] : [...orders.values()].filter(({ status }) => status === 'open'),
    fetchOrder: async (id: string) => {
      asked.push(id);
      return { ...orders.get(id) };
    },
  });
  Object.assign(exchange.has, { fetchOrder: true, fetchOpenOrders: true, fetchMyTrades: false });
  const engine = engineWith();
  const detach = attach(exchange as unknown as CcxtExchange, { engine, strategy: 's' });
  const bot = exchange as unknown as Record<string, (...args: unknown[]) => Promise<{ id: string }>>;
  const order = await bot.createOrder!(SYMBOL, 'limit', 'buy', 1, 100);
  return {
    ...{ asked, bot, detach, engine, order },
    fill: () =>
      Object.assign(orders.get(order.id)!, {
        ...{ status: 'closed', filled: 1, average: 100, fee: { currency: 'USDT', cost: 0 } },
      }),
    hide: () => {
      isHidden = true;
    },
    later: (ms: number) => {
      now += ms;
    },
  };
}

describe('a resting order', () => {
  it('that the open orders of the bot no longer show is asked about soon', async () => {
    const { asked, bot, detach, fill, order } = await resting();
    await bot.fetchOpenOrders!(SYMBOL);
    await detach.settled();
    expect(asked).toEqual([]);
    fill();
    await bot.fetchOpenOrders!(SYMBOL);
    await detach.settled();
    expect(asked).toEqual([order.id]);
    expect(JSON.stringify(detach.state())).toMatch(/"lots":\[\{/);
    await bot.fetchOpenOrders!(SYMBOL);
    await detach.settled();
    expect(asked).toHaveLength(1);
  });

  it('that a list leaves out though it is open is not asked about at every look', async () => {
    const { asked, bot, detach, later, hide } = await resting();
    hide();
    for (let i = 0; i < 5; i += 1) {
      await bot.fetchOpenOrders!(SYMBOL);
      await detach.settled();
      later(5000);
    }
    expect(asked).toHaveLength(1);
    later(60_000);
    await bot.fetchOpenOrders!(SYMBOL);
    await detach.settled();
    expect(asked).toHaveLength(2);
  });

  it('says nothing by lists of a part of the orders, or by its own absence before it was sent', async () => {
    const { asked, bot, detach, fill } = await resting();
    fill();
    await bot.fetchOpenOrders!(SYMBOL, START - 1000);
    await bot.fetchOpenOrders!(SYMBOL, undefined, 1);
    await bot.fetchOpenOrders!(SYMBOL, undefined, undefined, { trigger: true });
    await bot.fetchOpenOrders!();
    await detach.settled();
    expect(asked).toEqual([]);
  });
});
