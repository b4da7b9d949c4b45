import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attach, type Sizing } from '../../../adapters/ccxt/index.ts';
import { scriptedEngine } from '../../../adapters/conformance/index.ts';
import { START } from '../../fixtures.ts';
import { Clients } from './world/clients.ts';
import { Clock } from './world/clock.ts';
import { type Server, startServer } from './world/server.ts';
import type { Kind } from './world/venue/instruments.ts';
import { PLAIN_VENUE } from './world/venue/order.ts';
import { Venue } from './world/venue/venue.ts';

let server: Server;
let clients: Clients;
beforeAll(async () => {
  server = await startServer();
  clients = new Clients(server);
});
afterAll(() => server.stop());

/** A real client on an account of the venue, with an overlay whose multiplier can be turned. */
async function trading(kind: Kind, sizing: Sizing = 'host-reads-position') {
  const clock = new Clock(START);
  const venue = new Venue({ ...PLAIN_VENUE, kind }, clock);
  const client = await clients.take(kind, server.open(venue));
  let multiplier = 1;
  const engine = scriptedEngine(() => multiplier);
  const detach = attach(client, { engine, strategy: 's', sizing });
  const [instrument] = venue.instruments;
  return {
    client,
    engine,
    detach,
    symbol: instrument!.symbol,
    scale: (factor: number) => {
      multiplier = factor;
    },
    byHand: (side: 'BUY' | 'SELL', qty: number) =>
      venue.tradeByHand({ instrument: instrument!, side, qty, positionSide: 'BOTH' }),
    later: (ms: number) => {
      clock.now += ms;
    },
    move: (price: number) => venue.move(instrument!, price),
    latest: () => {
      const { side, qty } = venue.orders.at(-1)!;
      return { side, qty };
    },
  };
}

describe('an edit of a scaled entry', () => {
  it('goes out whole once the order closes what it did not close before', async () => {
    const { client, engine, detach, symbol, scale, byHand, latest } = await trading('usdm');
    await client.fetchPositions([symbol]);
    scale(0.1);
    const { id = '' } = await client.createOrder(symbol, 'limit', 'buy', 6, 900);
    expect(latest()).toEqual({ side: 'BUY', qty: 0.6 });
    byHand('SELL', 5);
    await client.fetchPositions([symbol]);
    await client.editOrder(id, symbol, 'limit', 'buy', 6, 950);
    const edited = await client.fetchOrder(id, symbol);
    expect(edited.amount).toBe(6);
    expect(engine.getOptimizationStatus().errors).toEqual({});
    detach();
  });

  it('is scaled as the order was while nothing has changed, and goes out whole once nobody knows', async () => {
    const { client, engine, detach, symbol, scale, later } = await trading('usdm');
    await client.fetchPositions([symbol]);
    scale(0.5);
    const { id = '' } = await client.createOrder(symbol, 'limit', 'buy', 2, 900);
    await client.editOrder(id, symbol, 'limit', 'buy', 2, 910);
    expect((await client.fetchOrder(id, symbol)).amount).toBe(1);
    later(120_000);
    await client.editOrder(id, symbol, 'limit', 'buy', 2, 920);
    expect((await client.fetchOrder(id, symbol)).amount).toBe(2);
    expect(engine.getCoverage().unjudged).toEqual({ POSITION_UNKNOWN: 1 });
    detach();
  });

  it('goes out as it is where it sells what was to be bought', async () => {
    const { client, detach, symbol, scale, latest } = await trading('spot');
    await client.createOrder(symbol, 'market', 'buy', 10);
    scale(0.5);
    const { id = '' } = await client.createOrder(symbol, 'limit', 'buy', 4, 900);
    expect(latest()).toEqual({ side: 'BUY', qty: 2 });
    await client.editOrder(id, symbol, 'limit', 'sell', 4, 1100);
    expect(latest()).toEqual({ side: 'SELL', qty: 4 });
    detach();
  });

  it('goes out as it is where it says what nobody knows', async () => {
    const { client, detach, symbol, scale, latest } = await trading('spot');
    scale(0.5);
    const { id = '' } = await client.createOrder(symbol, 'limit', 'buy', 4, 900);
    await client.editOrder(id, symbol, 'limit', 'buy', 4, 910, { anything: 1 }).catch(() => undefined);
    expect(latest()).toEqual({ side: 'BUY', qty: 4 });
    detach();
  });

  it('that went out whole leaves what it filled to be sold whole', async () => {
    const { client, detach, symbol, scale, later, move, latest } = await trading('usdm', 'translate-exits');
    await client.fetchPositions([symbol]);
    scale(0.5);
    const { id = '' } = await client.createOrder(symbol, 'limit', 'buy', 2, 900);
    later(120_000);
    await client.editOrder(id, symbol, 'limit', 'buy', 2, 920);
    move(910);
    await client.fetchOrder(id, symbol);
    await client.createOrder(symbol, 'market', 'sell', 2, undefined, { reduceOnly: true });
    expect(latest()).toEqual({ side: 'SELL', qty: 2 });
    detach();
  });
});
