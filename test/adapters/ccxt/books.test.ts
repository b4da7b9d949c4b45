import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage } from './world/scene.ts';

const T = 'BTC/USDT';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe('an order that waits for a price', () => {
  it('does not take over what a finished order of the same side and size filled', () =>
    stage.play({}, async ({ client, venue, pass, settle, lots, unknown }) => {
      await client.createOrder(T, 'market', 'buy', 1);
      await pass(3000);
      await client.createOrder(T, 'limit', 'buy', 1, 1030, { triggerPrice: 1020 });
      await settle(200_000);
      expect(venue.ledger.size(venue.instruments[0]!, 'BOTH')).toBe(1);
      expect(lots(T)).toEqual([1]);
      expect(unknown()).toBe(0);
    }));
});

describe('one entry decision', () => {
  it('is one outcome, although it was sold out before the rest of it filled', () =>
    stage.play({ parts: 2 }, async ({ client, move, settle, engine, outcomes }) => {
      await client.createOrder(T, 'limit', 'buy', 1, 990);
      move(990);
      await settle();
      await client.createOrder(T, 'market', 'sell', 0.5);
      await settle();
      expect(outcomes).toEqual([]);
      move(980);
      await settle(400_000);
      await client.createOrder(T, 'market', 'sell', 0.5);
      await settle();
      const history = engine.decomposer.getTradeHistory();
      expect(history.map(({ size }) => size)).toEqual([0.5, 0.5]);
      expect(new Set(history.map(({ positionId }) => positionId)).size).toBe(1);
      expect(outcomes.map(({ size, parts }) => [size, parts])).toEqual([[1, 2]]);
    }));

  it('is an outcome once the rest of its order is cancelled, over a restart as well', () =>
    stage.play({ parts: 2 }, async ({ client, move, settle, restart, outcomes }) => {
      const { id } = await client.createOrder(T, 'limit', 'buy', 1, 990);
      move(990);
      await settle();
      await client.createOrder(T, 'market', 'sell', 0.5);
      await settle();
      restart();
      await settle();
      expect(outcomes).toEqual([]);
      await client.cancelOrder(id!, T);
      await settle();
      expect(outcomes.map(({ size, parts }) => [size, parts])).toEqual([[0.5, 1]]);
    }));
});
