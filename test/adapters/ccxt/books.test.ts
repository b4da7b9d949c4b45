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
