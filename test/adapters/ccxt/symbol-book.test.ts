import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Scene } from './world/scene.ts';

const T = 'BTC/USDT';
const S = 'BTC/USDT:USDT';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe('a buy on spot that waits for a price', () => {
  it.each([
    ['stopLossPrice', 'limit', { stopLossPrice: 1020 }, 1020],
    ['takeProfitPrice', 'limit', { takeProfitPrice: 980 }, 980],
    ['its type', 'STOP_LOSS_LIMIT', { stopPrice: 1020 }, 1020],
  ] as const)('closes nothing, where %s says so', (_, type, params, price) =>
    stage.play({}, async ({ client, move, settle, trades, lots, unknown }) => {
      await client.createOrder(T, 'market', 'buy', 1);
      await settle();
      await client.createOrder(T, type, 'buy', 1, 1030, params);
      await settle(100_000);
      move(price);
      await settle(100_000);
      expect(trades()).toEqual([]);
      expect(lots(T)).toEqual([1, 1]);
      await client.createOrder(T, 'market', 'sell', 2);
      await settle();
      // The venue fills a limit that rests at its price.
      expect(trades().map(([entry]) => entry)).toEqual([1000, 1030]);
      expect(unknown()).toBe(0);
    }),
  );
});

describe('a buy of contracts that waits for a price', () => {
  it('opens a position where there was none to close', () =>
    stage.play({ kind: 'usdm' }, async ({ client, move, settle, trades, lots, unknown }) => {
      await client.createOrder(S, 'market', 'buy', 1, undefined, { takeProfitPrice: 980 });
      await settle(100_000);
      move(980);
      await settle(100_000);
      expect(lots(S)).toEqual([1]);
      await client.createOrder(S, 'market', 'sell', 1);
      await settle(100_000);
      expect(trades()).toEqual([[980, 980, 1]]);
      expect(unknown()).toBe(0);
    }));
});

describe('what another bot trades on the same account', () => {
  const SETTINGS = { kind: 'bybit' } as const;
  const STOP = { stopLoss: { triggerPrice: 950 } };
  const byHand = ({ venue }: Scene, side: 'BUY' | 'SELL', qty: number) =>
    venue.tradeByHand({ instrument: venue.instruments[0]!, side, qty, positionSide: 'BOTH' });

  it('is not taken for the stop that came with a position', () =>
    stage.play(SETTINGS, async (scene) => {
      const { client, move, settle, trades, unknown } = scene;
      await client.createOrder(S, 'market', 'buy', 1, undefined, STOP);
      await settle(100_000);
      move(1010);
      byHand(scene, 'BUY', 1);
      await settle(100_000);
      move(1100);
      byHand(scene, 'SELL', 1);
      await settle(100_000);
      expect(trades()).toEqual([]);
      move(1200);
      await client.createOrder(S, 'market', 'sell', 1);
      await settle(100_000);
      expect(trades()).toEqual([[1000, 1200, 1]]);
      expect(unknown()).toBe(0);
    }));

  it('leaves it to the stop to close the position', () =>
    stage.play(SETTINGS, async (scene) => {
      const { client, move, settle, trades, unknown } = scene;
      await client.createOrder(S, 'market', 'buy', 1, undefined, STOP);
      await settle(100_000);
      byHand(scene, 'BUY', 1);
      await settle(100_000);
      move(949);
      await settle(100_000);
      expect(trades()).toEqual([[1000, 949, 1]]);
      expect(unknown()).toBe(0);
    }));

  it('is unknown where it is below the stop, and may be either', () =>
    stage.play(SETTINGS, async (scene) => {
      const { client, venue, move, settle, trades, unknown } = scene;
      await client.createOrder(S, 'market', 'buy', 1, undefined, STOP);
      await settle(100_000);
      byHand(scene, 'BUY', 1);
      await settle(100_000);
      for (const order of venue.orders) if (order.trigger) venue.cancel(order);
      move(900);
      byHand(scene, 'SELL', 1);
      await settle(100_000);
      expect(trades()).toEqual([]);
      expect(unknown()).toBe(1);
    }));
});
