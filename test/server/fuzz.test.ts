import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../cases.ts';
import { bodyOf, fresh, type Room, room, TOKEN, tradingBot } from './served.ts';

let served: Room;
beforeAll(async () => {
  const stateDir = await fresh();
  const bot = await tradingBot(stateDir, 12);
  await bot.close();
  served = await room(stateDir);
});
afterAll(() => served.close());

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e400',
    'NaN',
    'null',
    '__proto__',
    'd1',
    'EMA_Trend',
    'blocked',
    '../..',
    '%00',
    '\u202e',
  ),
  fc.integer().map(String),
  fc.double().map(String),
);

/** A request that is near enough to a real one to get past the door. */
const requests = (paths: readonly [string, string][]) =>
  fc.record({
    route: fc.constantFrom(...paths),
    names: fc.array(odd, { minLength: 2, maxLength: 2 }),
    query: fc.dictionary(
      fc.oneof(
        fc.constantFrom('strategy', 'symbol', 'result', 'reason', 'since', 'until', 'before', 'limit'),
        odd,
      ),
      odd,
      { maxKeys: 4 },
    ),
    body: fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record(
          {
            type: fc.oneof(
              fc.constantFrom('setFlags', 'setMode', 'forceStatus', 'rebasePeak', 'resume'),
              odd,
            ),
            flags: fc.oneof(
              fc.dictionary(odd, fc.anything()),
              fc.record({ enabled: fc.oneof(fc.boolean(), odd) }),
            ),
            mode: odd,
            strategy: odd,
            status: fc.oneof(fc.constant('ACTIVE'), odd),
            pinForHours: fc.oneof(fc.double(), odd),
            reason: odd,
            actor: odd,
            id: odd,
          },
          { requiredKeys: [] },
        )
        .map((each) => JSON.stringify(each) ?? 'null'),
    ),
  });

describe('whatever is asked of any endpoint', () => {
  it('is answered, or refused with a code; nothing breaks', async () => {
    const { paths } = await served.json('api/openapi.json');
    const routes = Object.entries(paths as Record<string, object>)
      .flatMap(([path, methods]) => Object.keys(methods).map((method): [string, string] => [method, path]))
      // It would switch off what is asked next.
      .filter(([, path]) => path !== '/api/off');
    expect(routes.length).toBeGreaterThan(18);
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(requests(routes), async ({ route: [method, path], names, query, body }) => {
        let i = 0;
        const filled = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(names[i++]!));
        const search = new URLSearchParams(query);
        const answer = await served.ask(`${filled}?${search}`, {
          method: method.toUpperCase(),
          headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
          ...(method === 'post' ? { body } : {}),
        });
        statuses.add(answer.status);
        if (answer.ok) return void (await answer.arrayBuffer());
        const said = await bodyOf(answer);
        expect([answer.status < 500, said.error.code]).toEqual([true, expect.stringMatching(/^[A-Z_]+$/)]);
      }),
      cases(400),
    );
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]));
    expect((await served.ask('api/status')).status).toBe(200);
  });
});
