import { setTimeout as sleep } from 'node:timers/promises';
import ccxt from 'ccxt';
import { describe, expect, it } from 'vitest';
import { type AttachmentState, attach, type CcxtExchange } from '../../../adapters/ccxt/index.ts';
import { replayMarket } from '../../../src/paper/market-rules.ts';
import { engineWith, START } from '../../fixtures.ts';

const SYMBOL = 'BTC/USDT';
const filled = (id: string, side: string, amount: number) => ({
  ...{ id, symbol: SYMBOL, type: 'market', side, amount, filled: amount, cost: 100 * amount, average: 100 },
  ...{ status: 'closed', timestamp: START, fee: { currency: 'USDT', cost: 0 } },
});

/** A client whose venue answers nothing but errors until the bot has said where it is. */
function client() {
  const requests: string[] = [];
  const venue = { configured: false };
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false });
  const request = async <T>(name: string, answer: T): Promise<T> => {
    requests.push(name);
    if (!venue.configured) throw new ccxt.NotSupported('no testnet URL for this endpoint');
    return answer;
  };
  /** As ccxt's own methods do. */
  const withMarkets = async <T>(name: string, answer: T): Promise<T> => {
    await exchange.loadMarkets();
    return request(name, answer);
  };
  Object.assign(exchange, {
    milliseconds: () => START,
    fetchMarkets: () => request('fetchMarkets', [replayMarket(SYMBOL, 100)]),
    fetchTime: () => request('fetchTime', START),
    fetchTicker: () => request('fetchTicker', { symbol: SYMBOL, last: 100 }),
    fetchBalance: () => withMarkets('fetchBalance', { total: { BTC: 1 } }),
    fetchMyTrades: () => withMarkets('fetchMyTrades', []),
    fetchOrder: (id: string) => withMarkets('fetchOrder', filled(id, 'buy', 1)),
    createOrder: (_symbol: string, _type: string, side: string, amount: number) =>
      withMarkets('createOrder', filled(String(requests.length), side, amount)),
  });
  Object.assign(exchange.has, { fetchMyTrades: true, fetchBalance: true, fetchOrder: true });
  return { exchange, venue, requests };
}

/** What an earlier process left: a lot that is still open. */
async function left(): Promise<AttachmentState> {
  const { exchange, venue } = client();
  venue.configured = true;
  await exchange.loadMarkets();
  const detach = attach(exchange as unknown as CcxtExchange, { engine: engineWith(), strategy: 's' });
  await exchange.createOrder(SYMBOL, 'market', 'buy', 1);
  await detach.settled();
  detach();
  return detach.state();
}

async function attachedEarly() {
  const made = client();
  const state = await left();
  expect(JSON.stringify(state)).toMatch(/"lots":\[\{/);
  const attachment = { engine: engineWith(), strategy: 's', state };
  return { ...made, detach: attach(made.exchange as unknown as CcxtExchange, attachment) };
}

describe('what the overlay asks of a venue after a restart', () => {
  it('waits until the bot has configured its exchange, and spoils none of its requests', async () => {
    const { exchange, venue, requests, detach } = await attachedEarly();
    await sleep(50);
    expect(requests).toEqual([]);
    venue.configured = true;
    await exchange.loadMarkets();
    expect(requests).toEqual(['fetchMarkets']);
    await exchange.createOrder(SYMBOL, 'market', 'sell', 1);
    await detach.settled();
    expect(requests).toContain('fetchMyTrades');
    detach();
  });

  it('comes by itself once the markets are there, whoever loaded them', async () => {
    const { exchange, venue, requests, detach } = await attachedEarly();
    venue.configured = true;
    await exchange.loadMarkets();
    await expect.poll(() => requests, { timeout: 5000 }).toContain('fetchBalance');
    detach();
  });

  it('waits for an answer to the bot where the markets were there before the bot did anything', async () => {
    const { exchange, venue, requests } = client();
    exchange.setMarkets([replayMarket(SYMBOL, 100)] as never);
    const detach = attach(exchange as unknown as CcxtExchange, {
      ...{ engine: engineWith(), strategy: 's', state: await left() },
    });
    await sleep(50);
    expect(requests).toEqual([]);
    await exchange.fetchTicker(SYMBOL).catch(() => undefined);
    await detach.settled();
    expect(requests).toEqual(['fetchTicker']);
    venue.configured = true;
    await exchange.fetchTicker(SYMBOL);
    await detach.settled();
    expect(requests).toContain('fetchMyTrades');
    detach();
  });

  it('is nothing for a bot that ends without having asked anything itself', async () => {
    const { requests, detach } = await attachedEarly();
    await detach.settled();
    expect(requests).toEqual([]);
    detach();
  });

  it('does not give up on what it cannot ask before the bot has set its keys', async () => {
    const { exchange, venue, requests, detach } = await attachedEarly();
    venue.configured = true;
    const trades = exchange.fetchMyTrades;
    detach();
    const keyless = async () => {
      requests.push('without keys');
      throw new ccxt.AuthenticationError('venue requires "apiKey" credential');
    };
    exchange.fetchMyTrades = () => (exchange.apiKey ? trades.call(exchange) : keyless());
    const again = attach(exchange as unknown as CcxtExchange, {
      ...{ engine: engineWith(), strategy: 's', state: await left() },
    });
    await exchange.loadMarkets();
    await again.settled();
    expect(requests).toContain('without keys');
    Object.assign(exchange, { apiKey: 'k', secret: 's' });
    await exchange.createOrder(SYMBOL, 'market', 'sell', 1);
    await again.settled();
    expect(requests).toContain('fetchMyTrades');
    again();
  });
});
