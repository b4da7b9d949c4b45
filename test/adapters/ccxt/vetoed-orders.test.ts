import ccxt from 'ccxt';
import { describe, expect, it } from 'vitest';
import { attach, type CcxtExchange } from '../../../adapters/ccxt/index.ts';
import { replayMarket } from '../../../src/paper/market-rules.ts';
import { AUTHOR, engineWith, START } from '../../fixtures.ts';

const SYMBOL = 'BTC/USDT';
type Order = Record<string, unknown> & { id: string };
type Client = Record<string, (...args: unknown[]) => Promise<Order>>;

/** A client of a venue that does not know what was vetoed, and a strategy that is suspended. */
function vetoed() {
  const requests: string[] = [];
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false });
  exchange.setMarkets([replayMarket(SYMBOL, 100)] as never);
  const asked =
    (name: string) =>
    async (id: string): Promise<Order> => {
      requests.push(name);
      return { id, symbol: SYMBOL, status: 'open', filled: 0 };
    };
  for (const name of ['fetchOrder', 'cancelOrder', 'createOrder', 'createOrders'])
    Object.assign(exchange, { [name]: asked(name) });
  Object.assign(exchange, { milliseconds: () => START });
  const engine = engineWith();
  engine.forceStatus('s', 'SUSPENDED', AUTHOR);
  const detach = attach(exchange as unknown as CcxtExchange, { engine, strategy: 's', veto: 'return' });
  return { client: exchange as unknown as Client, requests, detach };
}

describe('an order that was vetoed by an answer', () => {
  it('has an id that says so, and the answers to it are the same as to its order', async () => {
    const { client, requests } = vetoed();
    const order = await client.createOrder!(SYMBOL, 'limit', 'buy', 1, 100);
    expect(order).toMatchObject({ id: 'edgekeeper-vetoed-d1', status: 'rejected', filled: 0, amount: 1 });
    expect(await client.fetchOrder!(order.id, SYMBOL)).toEqual(order);
    expect(await client.cancelOrder!(order.id, SYMBOL)).toEqual(order);
    expect(await client.fetch_order!(order.id, SYMBOL)).toEqual(order);
    expect(requests).toEqual([]);
  });

  it('is answered for in a batch as well', async () => {
    const { client, requests } = vetoed();
    const [order] = (await client.createOrders!([
      { symbol: SYMBOL, type: 'market', side: 'buy', amount: 1 },
    ])) as unknown as Order[];
    expect(await client.fetchOrder!(order!.id, SYMBOL)).toEqual(order);
    expect(requests).toEqual([]);
  });

  it('is known for what it is after a restart', async () => {
    const { client, requests } = vetoed();
    expect(await client.fetchOrder!('edgekeeper-vetoed-d7', SYMBOL)).toMatchObject({
      ...{ id: 'edgekeeper-vetoed-d7', symbol: SYMBOL, status: 'rejected', filled: 0 },
    });
    expect(requests).toEqual([]);
  });

  it('changes nothing for other orders', async () => {
    const { client, requests } = vetoed();
    await client.fetchOrder!('1', SYMBOL);
    await client.cancelOrder!('1', SYMBOL);
    expect(requests).toEqual(['fetchOrder', 'cancelOrder']);
  });
});
