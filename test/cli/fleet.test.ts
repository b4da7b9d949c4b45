import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetSchema } from '../../src/config/rooms.ts';
import type { FleetConnection } from '../../src/fleet/connection.ts';
import { Member } from '../../src/fleet/member.ts';
import { type Overlay, openOverlay } from '../../src/node/index.ts';
import { AUTHOR, START, signal } from '../fixtures.ts';
import { fresh, silent } from '../fleet/fleet-of.ts';
import { founded, hasServer, type Server, startServer, titled } from '../fleet/servers.ts';
import { until } from '../until.ts';
import { edgekeeper as ran } from './run-cli.ts';

describe('the commands on a fleet', () => {
  it('teach by their help, and say what is wrong with what they are given', async () => {
    expect((await ran('fleet', '--help')).out).toMatch(/serve.*status.*off.*on.*rollout/s);
    expect(await ran('fleet', 'off', '--server', 'nats://127.0.0.1:1', '--reason', 'x')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/FLEET_UNREACHABLE/),
    });
    expect((await ran('fleet', 'off')).err).toMatch(/--reason/);
    expect((await ran('fleet', 'status', '--fleet', 'a fleet')).err).toMatch(/OPTION_INVALID/);
    expect((await ran('fleet', 'rollout', '--reason', 'x')).err).toMatch(/OPTION_INVALID/);
    expect((await ran('fleet', 'rollout', 'x.json', '--share', '120%', '--reason', 'x')).code).toBe(2);
    const file = join(await fresh(), 'c.json');
    await writeFile(file, '{}');
    expect((await ran('fleet', 'status', '--config', file)).err).toMatch(/CONFIG_INVALID.*section `fleet`/s);
  });
});

describe.skipIf(!hasServer)(titled('an operator of a fleet'), () => {
  let server: Server;
  let fleet: FleetConnection;
  let overlay: Overlay;
  let member: Member;
  let stateDir = '';
  let where: string[] = [];
  beforeAll(async () => {
    server = await startServer();
    fleet = await founded([server.url], 'ops');
    where = ['--server', server.url, '--fleet', 'ops'];
    stateDir = await fresh();
    overlay = await openOverlay({ stateDir, log: silent });
    member = new Member({
      stateDir,
      settings: fleetSchema.parse({ servers: [server.url], name: 'ops', bot: 'one' }),
      log: silent,
      onReady: () => undefined,
      onRefused: () => undefined,
      onOrder: () => undefined,
    });
    member.start();
    await until(() => member.shipped !== null);
  });
  afterAll(async () => {
    await member?.close();
    await overlay?.close();
    await fleet?.close();
    await server?.stop();
  });

  it('switches every bot off and on, and sees who has carried it out', async () => {
    const off = await ran('fleet', 'off', ...where, '--reason', 'a test');
    expect(off).toMatchObject({ code: 0, out: expect.stringMatching(/off\. 1 bot carried it out/) });
    expect(overlay.engine.flags.enabled).toBe(false);
    const on = await ran('fleet', 'on', ...where, '--reason', 'a test', '--json');
    expect(JSON.parse(on.out)).toMatchObject({ key: 'switch.enabled', done: ['one'], waiting: [], away: [] });
    await until(() => overlay.engine.flags.enabled);
    const disabled = await ran('fleet', 'disable', 'quality', ...where, '--reason', 'x');
    expect(disabled.out).toMatch(/qualityFiltering is off in every bot/);
    await ran('fleet', 'force', 'EMA', 'SUSPENDED', '--for', '24h', ...where, '--reason', 'x');
    expect(overlay.engine.manager.getStatuses()).toMatchObject({ EMA: 'SUSPENDED' });
    const status = await ran('fleet', 'status', ...where);
    expect(status.out).toMatch(/FLEET ops {2}1 of 1 bot connected/);
    expect(status.out).toMatch(/switch\.enabled, switch\.qualityFiltering, force\./);
  });

  it('rolls a configuration out, is told of a refusal, and takes it back', async () => {
    const file = join(await fresh(), 'c.json');
    await writeFile(file, JSON.stringify({ maxMultiplier: 1.5 }));
    expect((await ran('fleet', 'rollout', file, ...where, '--reason', 'x')).out).toMatch(/100% of the bots/);
    expect(overlay.engine.config.maxMultiplier).toBe(1.5);
    // The command line cannot know what a bot that runs may not change.
    await writeFile(file, JSON.stringify({ timeframe: '4h' }));
    expect(await ran('fleet', 'rollout', file, ...where, '--reason', 'x')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/FLEET_NOT_ACKNOWLEDGED.*a refusal by one/s),
    });
    expect((await ran('fleet', 'status', ...where)).out).toMatch(/refused by one: rollout: CONFIG_INVALID/);
    expect((await ran('fleet', 'rollout', '--end', ...where, '--reason', 'x')).code).toBe(0);
    expect(overlay.engine.config.maxMultiplier).toBe(2);
  });

  it('reads in `why` where a bot began', async () => {
    overlay.engine.execute({
      ...AUTHOR,
      time: overlay.engine.time,
      type: 'setFleet',
      priors: [['RSI', { mean: -0.1, deviation: 0.12 }]],
    });
    overlay.engine.decide(signal({ strategy: 'RSI', time: overlay.engine.time + 1 }));
    await overlay.durable();
    const why = await ran('why', '--last', '--state-dir', stateDir);
    expect(why.out).toMatch(/bots of the fleet begin with RSI now: theta -0\.100 ± 0\.120/);
    expect(START).toBeGreaterThan(0);
  });
});
