import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage } from './world/scene.ts';

const T = 'BTC/USDT';
const S = 'BTC/USDT:USDT';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe('an exit that is translated', () => {
  it('is what the bot asks for, where its entry said what to spend', () =>
    stage.play({ sizing: 'translate-exits', multiplier: 0.5 }, async ({ client, venue, settle, lots }) => {
      const [market] = venue.instruments;
      const bought = await client.createMarketBuyOrderWithCost(T, 900);
      expect(bought.filled).toBe(0.45);
      await client.createOrder(T, 'market', 'sell', 0.45);
      expect(venue.ledger.size(market!, 'BOTH')).toBe(0);
      await settle();
      expect(lots(T)).toEqual([]);
    }));

  it('counts an entry that said what to spend for nothing before anybody knows what it filled', () =>
    stage.play(
      { sizing: 'translate-exits', multiplier: 0.5, answers: 'id' },
      async ({ client, venue, settle }) => {
        const [market] = venue.instruments;
        await client.createOrder(T, 'limit', 'buy', 1, 1010);
        await settle();
        expect(venue.ledger.size(market!, 'BOTH')).toBe(0.5);
        await client.createMarketBuyOrderWithCost(T, 900);
        await client.createOrder(T, 'market', 'sell', 1);
        expect(venue.ledger.size(market!, 'BOTH')).toBe(0.45);
      },
    ));
});

describe('an order that goes out whole although it was to be scaled', () => {
  it.each([
    ['for want of a price', 'host-reads-position'],
    ['because entries are not scaled', 'veto-only'],
  ] as const)('is recorded whole, %s', (_, sizing) =>
    stage.play({ kind: 'usdm', sizing, multiplier: 0.5 }, async ({ client, settle, engine }) => {
      await client.fetchPositions([S]);
      await client.createOrder(S, 'market', 'buy', 1);
      await settle();
      await client.createOrder(S, 'market', 'sell', 1);
      await settle();
      const [trade] = engine.decomposer.getTradeHistory();
      expect(trade).toMatchObject({ size: 1, multiplier: 1, baseSize: 1 });
    }),
  );
});
