import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attach } from '../../../adapters/ccxt/index.ts';
import { openStage } from './world/scene.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const CORRUPT = [
  {},
  { version: 2 },
  { version: 2, orders: { orders: [], lost: [] }, accounts: [{}] },
  { version: 2, orders: { orders: [{}], lost: [] }, accounts: [] },
  { version: 2, orders: {}, accounts: [] },
  { version: 3 },
  'text',
];

describe('a state that is not whole', () => {
  it.each(CORRUPT.map((state) => [JSON.stringify(state), state] as const))(
    'is set aside where it was kept, and the bot goes on: %s',
    (_, state) => {
      const said: string[] = [];
      return stage.play(
        { kept: { load: () => state, save: () => undefined, setAside: (why) => void said.push(why) } },
        async ({ client, settle, lots }) => {
          expect(said).toEqual([expect.stringMatching(/STATE_CORRUPT|not whole|version/)]);
          await client.createOrder('BTC/USDT', 'market', 'buy', 1);
          await settle();
          expect(lots('BTC/USDT')).toEqual([1]);
        },
      );
    },
  );

  it('is refused where the bot itself hands it over', () =>
    stage.play({}, async ({ client, engine, detach }) => {
      detach();
      for (const state of CORRUPT)
        expect(() => attach(client, { engine, state: state as never })).toThrow(/STATE_CORRUPT/);
    }));
});
