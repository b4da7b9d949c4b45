import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetSchema } from '../../src/config/rooms.ts';
import type { Entry } from '../../src/fleet/buckets.ts';
import { readCheckpoint } from '../../src/fleet/checkpoints.ts';
import { connectFleet, type FleetConnection } from '../../src/fleet/connection.ts';
import { Following } from '../../src/fleet/following.ts';
import { Member } from '../../src/fleet/member.ts';
import { partitionOf } from '../../src/fleet/names.ts';
import { type Acks, allAcks } from '../../src/fleet/orders.ts';
import { Replica } from '../../src/fleet/replica.ts';
import { readWhole } from '../../src/journal/reader.ts';
import { JOURNAL_DIR } from '../../src/journal/segment.ts';
import { type Overlay, openOverlay } from '../../src/node/index.ts';
import { edgekeeper as ran } from '../cli/run-cli.ts';
import { signal } from '../fixtures.ts';
import { until } from '../until.ts';
import { fresh, recomputed, silent, streamOf } from './fleet-of.ts';
import { founded, hasServer, prepareCluster, type Server, titled } from './servers.ts';

const PARTITIONS = 2;
/** Only ends what hangs, in ms: a slow machine looks for a leader for long. */
const LONG = 240_000;
const always = (value: boolean) => () => value;

describe.skipIf(!hasServer)(titled('a fleet on three servers'), () => {
  let servers: Server[];
  let fleet: FleetConnection;
  let replica: Replica;
  const panicked = new Set<string>();
  const bots: { name: string; stateDir: string; overlay: Overlay; member: Member }[] = [];

  beforeAll(async () => {
    servers = await prepareCluster(3);
    await Promise.all(servers.map((server) => server.start()));
    const urls = servers.map(({ url }) => url);
    // A cluster needs a moment to find its leader.
    await until(async () => {
      fleet = await founded(urls, 'three', { partitions: PARTITIONS, replicas: 3 }).catch(() => fleet);
      return fleet !== undefined;
    }, LONG);
    replica = new Replica({ connection: fleet, fleet: 'three', partitions: PARTITIONS, log: silent });
    await replica.start();
    for (const name of ['a', 'b', 'c']) {
      const stateDir = await fresh();
      const overlay = await openOverlay({ stateDir, log: silent });
      const member = new Member({
        stateDir,
        settings: fleetSchema.parse({ servers: urls, name: 'three', bot: name }),
        log: silent,
        onReady: () => undefined,
        onRefused: () => undefined,
        onOrder: (isPanic) => void (isPanic && panicked.add(name)),
      });
      member.start();
      bots.push({ name, stateDir, overlay, member });
    }
  });
  afterAll(async () => {
    for (const { member, overlay } of bots) {
      await member.close();
      await overlay.close();
    }
    await replica?.close();
    await fleet?.close();
    for (const server of servers ?? []) await server.stop();
  });

  /** Whether every server has a copy of what is ordered, and is not behind with it. */
  async function isWhole(): Promise<boolean> {
    const info = await fleet.jsm.streams.info('KV_ek_three_orders').catch(() => null);
    const replicas = info?.cluster?.replicas ?? [];
    return replicas.length === 2 && replicas.every(({ current, offline }) => current && !offline);
  }

  /** Each bot decides on some signals: whatever the servers do, at once. */
  function trade(): void {
    for (const { overlay } of bots)
      for (let i = 0; i < 20; i += 1) {
        const time = Math.max(overlay.engine.time, Date.now()) + 1;
        expect(overlay.engine.decide(signal({ time, strategy: `s${i % 3}` })).action).toBe('execute');
        overlay.engine.recordEquity({ time, equity: 1000 + i });
      }
  }

  async function hasEverything(): Promise<boolean> {
    const all = await streamOf(fleet, 'three').catch(() => null);
    if (all === null) return false;
    for (const { name, stateDir, overlay } of bots) {
      await overlay.durable();
      const journal: number[] = [];
      await readWhole(join(stateDir, JOURNAL_DIR), ({ seq }) => journal.push(seq));
      const shipped = all
        .filter(({ bot }) => bot === name)
        .flatMap(({ lines }) => lines.map(({ seq }) => seq));
      if (shipped.length < journal.length) return false;
      expect(shipped).toEqual(journal);
    }
    return true;
  }

  it('hears what is ordered at once, also when one of them has just died', async () => {
    const heard: string[] = [];
    const opened: { stop(): void }[] = [];
    const connections: FleetConnection[] = [];
    for (const { url } of servers)
      for (const name of ['x', 'y', 'z']) {
        const connection = await connectFleet(
          { servers: [url], name: 'three', credentials: undefined },
          { as: name },
        );
        const onEntry = async ({ text }: Entry) => void heard.push(`${url} ${name} ${text}`);
        const following = new Following({ connection, bucket: 'orders', log: silent, onEntry });
        await following.start();
        connections.push(connection);
        opened.push(following);
      }
    const orders = await fleet.bucket('orders');
    const isHeard = (text: string, at: readonly Server[]) => () =>
      at.every(({ url }) => ['x', 'y', 'z'].every((name) => heard.includes(`${url} ${name} ${text}`)));
    const [dead, ...there] = servers as [Server, ...Server[]];
    await dead.stop('SIGKILL');
    // Another leader may have to be found before anybody can write.
    await until(() => orders.put('order', 'stop').then(always(true), always(false)), LONG);
    // A consumer that the dead one had would be missed after a minute.
    await until(isHeard('stop', there), 25_000);
    await dead.start();
    await until(isHeard('stop', [dead]), LONG);
    await until(isWhole, LONG);
    expect(new Set(heard).size).toBe(heard.length);
    for (const each of opened) each.stop();
    for (const each of connections) await each.close();
  });

  it('goes on over the death of one, and of two, and has everything once when they are back', async () => {
    trade();
    await until(hasEverything, LONG);
    await servers[0]!.stop('SIGKILL');
    trade();
    const before = bots.map(({ member }) => member.shipped!);
    await until(() => bots.every(({ member }, i) => (member.shipped ?? 0) > before[i]!), LONG);
    await servers[1]!.stop('SIGKILL');
    // Nobody can write now: bots trade on, and nothing is lost.
    trade();
    const where = ['--fleet', 'three', '--server', ...servers.map(({ url }) => url)];
    const off = ['fleet', 'disable', 'quality', '--reason', 'a test', ...where, '--wait'];
    expect(await ran(...off, '0')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/FLEET_UNREACHABLE.*more than half of the servers/s),
    });
    // The panic switch is not kept either, and is obeyed.
    await until(async () => {
      const { err } = await ran('fleet', 'off', '--reason', 'a test', ...where, '--wait', '0');
      expect(err).toMatch(/FLEET_UNREACHABLE/);
      return panicked.size === bots.length;
    }, LONG);
    // Whoever has the time is heard when there is a leader again.
    const insisted = ran(...off, '200');
    await servers[0]!.start();
    await servers[1]!.start();
    expect(await insisted).toMatchObject({ code: 0, out: expect.stringMatching(/is off in every bot/) });
    // On a slow machine the servers were away for so long that a bot is not counted as there yet.
    await until(async () => {
      const acks = await allAcks(fleet).catch(() => new Map<string, Acks>());
      return bots.every(({ name }) => acks.get(name)?.['switch.qualityFiltering']?.ok);
    }, LONG);
    await until(hasEverything, LONG);

    // A leader may still be looked for: whoever asks then asks again.
    const learned = await fleet.bucket('learned');
    let all: Awaited<ReturnType<typeof streamOf>> = [];
    await until(async () => {
      all = await streamOf(fleet, 'three').catch(() => []);
      return all.length > 0;
    }, LONG);
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const own = all.filter(({ bot }) => partitionOf(bot, PARTITIONS) === partition);
      if (own.length === 0) continue;
      let known: Awaited<ReturnType<typeof readCheckpoint>> = null;
      await until(async () => {
        known = await readCheckpoint(learned, partition).catch(() => null);
        return known?.state.at === own.at(-1)!.at;
      }, LONG);
      expect(known!.state).toEqual(JSON.parse(JSON.stringify(recomputed(own))));
    }
  });
});
