import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetSchema } from '../../src/config/rooms.ts';
import { connectFleet, type FleetConnection } from '../../src/fleet/connection.ts';
import { foundFleet, partitionsOf } from '../../src/fleet/found.ts';
import { Member } from '../../src/fleet/member.ts';
import { acksOf, giveOrder } from '../../src/fleet/orders.ts';
import { fleetView } from '../../src/fleet/overview.ts';
import { Replica } from '../../src/fleet/replica.ts';
import { openOverlay } from '../../src/node/index.ts';
import { edgekeeper as ran } from '../cli/run-cli.ts';
import { fresh, silent } from '../fleet/fleet-of.ts';
import { hasServer, Server, titled } from '../fleet/servers.ts';
import { until } from '../until.ts';

const CONF = await readFile(new URL('../../examples/fleet/nats.conf', import.meta.url), 'utf8');

describe.skipIf(!hasServer)(titled('the server of the example'), () => {
  let server: Server;
  const opened: FleetConnection[] = [];
  beforeAll(async () => {
    // As it stands, but for its place.
    const rest = CONF.replaceAll(/^(server_name|listen|jetstream) ?[:{].*$/gm, '');
    server = await Server.prepare(rest);
    await server.start();
  });
  afterAll(async () => {
    for (const each of opened) await each.close();
    await server.stop();
  });

  async function credentialsOf(user: string): Promise<string> {
    const file = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), user);
    await writeFile(file, `${user}:change-me-${user}\n`);
    return file;
  }

  async function as(user: string): Promise<FleetConnection> {
    const credentials = await credentialsOf(user);
    const connection = await connectFleet({ servers: [server.url], name: 'main', credentials }, { as: user });
    opened.push(connection);
    return connection;
  }

  it('lets each do what is theirs, and nothing else', async () => {
    await expect(
      connectFleet({ servers: [server.url], name: 'main', credentials: undefined }, { as: 'nobody' }),
    ).rejects.toThrow(/FLEET_UNREACHABLE/);
    const [asReplica, asOperator, asViewer] = [await as('replica'), await as('operator'), await as('viewer')];
    await expect(partitionsOf(asViewer, 'main')).rejects.toThrow(/FLEET_MISSING/);
    await foundFleet(asReplica, 'main', { partitions: 2, replicas: 1, keepDays: 0 });
    const replica = new Replica({ connection: asReplica, fleet: 'main', partitions: 2, log: silent });
    await replica.start();

    const stateDir = await fresh();
    const overlay = await openOverlay({ stateDir, log: silent });
    const said: string[] = [];
    const member = new Member({
      stateDir,
      settings: fleetSchema.parse({
        servers: [server.url],
        name: 'main',
        bot: 'one',
        credentials: await credentialsOf('bot'),
      }),
      log: { ...silent, warn: (text) => void said.push(text) },
      onReady: () => undefined,
      onRefused: (error) => void said.push(error.message),
      onOrder: () => undefined,
    });
    member.start();
    await until(() => (member.shipped ?? 0) > 0);
    const order = {
      type: 'switch',
      flag: 'enabled',
      on: false,
      actor: 'ann',
      reason: 'a test',
      at: Date.now(),
    } as const;
    const { key, revision } = await giveOrder(asOperator, order);
    await until(async () => (await acksOf(await asViewer.bucket('acks'), 'one'))[key]?.revision === revision);
    await until(async () => (await fleetView(asViewer, 'main', Date.now())).bots[0]?.enabled === false);
    expect(said).toEqual([]);

    // A bot, a replica or a viewer orders nothing.
    for (const user of ['bot', 'replica', 'viewer']) {
      const connection = await as(user);
      await expect(giveOrder(connection, { ...order, on: true })).rejects.toThrow(/permission/i);
    }
    const asBotToo = ['--server', server.url, '--credentials', await credentialsOf('bot'), '--reason', 'x'];
    expect(await ran('fleet', 'off', ...asBotToo)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/FLEET_REFUSED.*credentials that may not do this/s),
    });
    // Nobody but replicas learns, and nobody deletes what was shipped.
    const asBot = await as('bot');
    await expect((await asBot.bucket('learned')).put('p0', 'x')).rejects.toThrow(/permission/i);
    for (const connection of [asBot, asOperator, asViewer, asReplica])
      await expect(connection.jsm.streams.delete('EK_main')).rejects.toThrow(/permission|timeout/i);
    await expect(asOperator.js.publish('ek.main.0.one', 'x')).rejects.toThrow(/permission/i);
    await member.close();
    await replica.close();
    await overlay.close();
  }, 60_000);
});
