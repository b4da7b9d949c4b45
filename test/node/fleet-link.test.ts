import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetConnection } from '../../src/fleet/connection.ts';
import { giveOrder } from '../../src/fleet/orders.ts';
import { built, start } from '../built.ts';
import { founded, hasServer, type Server, startServer, titled } from '../fleet/servers.ts';

const fresh = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

/** A bot as a process of its own. */
const BOT = `
  import { openOverlay } from 'BUILT/src/node/index.js';
  const [stateDir, servers, bot, credentials] = process.argv.slice(2);
  const write = (level) => (text) => console.log(level, text);
  const log = { info: write('info'), warn: write('warn'), error: write('error') };
  const fleet = { servers: servers.split(','), name: 'link', bot, ...(credentials ? { credentials } : {}) };
  const began = performance.now();
  const overlay = await openOverlay({ stateDir, log, config: { fleet } }).catch((error) => {
    console.log('refused', error.code, error.message);
    process.exit(3);
  });
  const signal = { strategy: 'EMA', symbol: 'BTC/USDT', side: 'long', time: Date.now() };
  const { action } = overlay.engine.decide(signal);
  console.log('first decision', action, 'after', Math.round(performance.now() - began), 'ms');
  process.once('SIGTERM', async () => { await overlay.close(); console.log('closed'); process.exit(0); });
  setInterval(() => {}, 1000);
`;

describe('a bot whose fleet is not there', () => {
  let folder = '';
  beforeAll(() => {
    folder = built();
  });

  it('goes on as alone after a moment, says so once, and ends as it would', async () => {
    const bot = start(folder, BOT, await fresh(), 'nats://127.0.0.1:1', 'lonely');
    const out = await bot.says('first decision');
    expect(out).toMatch(/first decision execute after [1-4]\d{3} ms/);
    expect(out).toMatch(/does not answer yet/);
    bot.child.kill('SIGTERM');
    const ended = await bot.ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.out.match(/the fleet is not reached/g)!.length).toBe(1);
  }, 60_000);

  it('is refused with credentials that are none', async () => {
    const file = join(await fresh(), 'credentials');
    await writeFile(file, 'no colon');
    const bot = start(folder, BOT, await fresh(), 'nats://127.0.0.1:1', 'odd', file);
    const { code, out } = await bot.ended;
    expect([code, out]).toEqual([3, expect.stringMatching(/refused FLEET_CREDENTIALS_INVALID/)]);
  }, 60_000);
});

describe.skipIf(!hasServer)(titled('a bot and its fleet'), () => {
  let server: Server;
  let fleet: FleetConnection;
  let folder = '';
  beforeAll(async () => {
    folder = built();
    server = await startServer();
    fleet = await founded([server.url], 'link');
  });
  afterAll(async () => {
    await fleet.close();
    await server.stop();
  });

  it('obeys what was ordered while it was away before its first decision, and is refused under a name that another has', async () => {
    const by = { actor: 'ann', reason: 'a test', at: Date.now() };
    await giveOrder(fleet, { type: 'switch', flag: 'enabled', on: false, ...by });
    const stateDir = await fresh();
    const bot = start(folder, BOT, stateDir, server.url, 'one');
    // Off is absent: the host's own order passes.
    expect(await bot.says('first decision')).toMatch(/first decision pass/);
    const other = start(folder, BOT, await fresh(), server.url, 'one');
    const { code, out } = await other.ended;
    expect([code, out]).toEqual([3, expect.stringMatching(/refused FLEET_NAME_TAKEN/)]);
    // Killed, and started again at once.
    bot.child.kill('SIGKILL');
    await bot.ended;
    const again = start(folder, BOT, stateDir, server.url, 'one');
    await again.says('first decision pass');
    again.child.kill('SIGTERM');
    expect((await again.ended).out).toMatch(/closed/);
  }, 60_000);
});
