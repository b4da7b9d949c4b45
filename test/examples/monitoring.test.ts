import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Overlay } from '../../src/node/index.ts';
import { fresh, type Room, room, tradingBot } from '../server/served.ts';

const read = (name: string) =>
  readFile(new URL(`../../examples/monitoring/${name}`, import.meta.url), 'utf8');

let bot: Overlay;
let served: Room;
beforeAll(async () => {
  const stateDir = await fresh();
  bot = await tradingBot(stateDir, 5);
  bot.engine.recordEquity({ time: Date.now(), equity: 1000 });
  bot.engine.countError('DISK_FULL', new Error('x'));
  bot.engine.recordUnjudged({ strategy: 'S', symbol: 'X', time: Date.now(), reason: 'POSITION_UNKNOWN' });
  await bot.durable();
  served = await room(stateDir);
});
afterAll(async () => {
  await served.close();
  await bot.close();
});

describe('the examples of monitoring', () => {
  it('ask for nothing that is not measured', async () => {
    const text = await (await served.ask('metrics')).text();
    const measured = new Set([...text.matchAll(/^(edgekeeper_\w+)/gm)].map(([, name]) => name));
    const asked = [await read('alert-rules.yml'), await read('grafana/dashboard.json')]
      .flatMap((each) => [...each.matchAll(/\bedgekeeper_[a-z_]+/g)])
      .map(([name]) => name)
      // Of failures nothing is measured before the first; this one is not of the journal.
      .filter((name) => name !== 'edgekeeper_errors_total');
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !measured.has(name))).toEqual([]);
  });

  it('run as nobody in particular, and look whether the bot lives', async () => {
    const dockerfile = await read('Dockerfile');
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(await read('compose.yaml')).toMatch(/read_only: true/);
    expect(await (await served.ask('healthz')).json()).toEqual({ ok: true, bot: 'running' });
  });
});
