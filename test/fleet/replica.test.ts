import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fleetSchema } from '../../src/config/rooms.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/fleet/checkpoints.ts';
import type { FleetConnection } from '../../src/fleet/connection.ts';
import { isOutrun } from '../../src/fleet/identity.ts';
import { Member } from '../../src/fleet/member.ts';
import { partitionOf, subjectOf } from '../../src/fleet/names.ts';
import { Replica } from '../../src/fleet/replica.ts';
import { Shipper } from '../../src/fleet/shipper.ts';
import { openOverlay } from '../../src/node/index.ts';
import { feed, HOUR } from '../fixtures.ts';
import { until } from '../until.ts';
import { fresh, recomputed, silent, streamOf } from './fleet-of.ts';
import { founded, hasServer, type Server, startServer, titled } from './servers.ts';

const DAY = 24 * HOUR;
const PARTITIONS = 4;

describe.skipIf(!hasServer)(titled('replicas of a fleet'), () => {
  let server: Server;
  let fleet: FleetConnection;
  const replicas: Replica[] = [];
  beforeAll(async () => {
    server = await startServer();
    fleet = await founded([server.url]);
  });
  afterEach(async () => {
    for (const replica of replicas.splice(0)) await replica.close();
  });
  afterAll(async () => {
    await fleet.close();
    await server.stop();
  });

  async function replica(): Promise<Replica> {
    const started = new Replica({
      connection: fleet,
      fleet: 'test',
      partitions: PARTITIONS,
      log: silent,
      publishEvery: 300,
    });
    replicas.push(started);
    await started.start();
    return started;
  }

  /** Bots that trade a strategy for some days up to now, and ship it. */
  async function bots(count: number, days: number, r: (day: number, bot: number) => number): Promise<void> {
    const now = Date.now();
    for (let i = 0; i < count; i += 1) {
      const stateDir = await fresh();
      const name = `bot-${i}`;
      const clock = { now: () => now, sleep: async () => undefined };
      const overlay = await openOverlay({ stateDir, log: silent, clock });
      const start = now - days * DAY;
      for (let day = 0; day < days; day += 1)
        feed(overlay.engine, [r(day, i)], { strategy: 'Dead' }, start + day * DAY - (day === 0 ? 0 : 0));
      overlay.engine.recordEquity({ time: now - 2, equity: 1000 });
      await overlay.close();
      await new Shipper(fleet, subjectOf('test', partitionOf(name, PARTITIONS), name), stateDir).ship();
    }
  }

  const checkpointsAreComplete = async () => {
    const learned = await fleet.bucket('learned');
    const all = await streamOf(fleet, 'test');
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const wanted = all.filter(({ bot }) => partitionOf(bot, PARTITIONS) === partition);
      const checkpoint = await readCheckpoint(learned, partition);
      if ((checkpoint?.state.at ?? 0) !== (wanted.at(-1)?.at ?? 0)) return false;
    }
    return true;
  };

  it('share the partitions, keep what a recomputation gives, and take over from each other', async () => {
    const [a, b] = [await replica(), await replica()];
    await until(() => a.held.length === 2 && b.held.length === 2);
    expect([...a.held, ...b.held].sort()).toEqual([0, 1, 2, 3]);
    await bots(6, 12, (day, bot) => ((day + bot) % 3 ? -1 : 0.8));
    await until(checkpointsAreComplete);
    await replicas.pop()!.close();
    await until(() => a.held.length === 4);
    const learned = await fleet.bucket('learned');
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const messages = await streamOf(fleet, 'test', partition);
      const checkpoint = await readCheckpoint(learned, partition);
      if (messages.length > 0)
        expect(checkpoint!.state).toEqual(JSON.parse(JSON.stringify(recomputed(messages))));
    }
  });

  it('tell a bot that begins what the others have seen, which it takes for its prior where it wants to', async () => {
    await replica();
    const published = await fleet.bucket('published');
    await until(async () => (await published.get('priors'))?.string().includes('Dead') ?? false);
    for (const priors of [true, false]) {
      const stateDir = await fresh();
      const overlay = await openOverlay({ stateDir, log: silent });
      const settings = fleetSchema.parse({
        servers: [server.url],
        name: 'test',
        bot: `new-${priors}`,
        priors,
      });
      let isReady = false;
      const member = new Member({
        stateDir,
        settings,
        log: silent,
        onReady: () => {
          isReady = true;
        },
        onRefused: (error) => {
          throw error;
        },
        onOrder: () => undefined,
      });
      member.start();
      await until(() => isReady);
      const theta = () => overlay.engine.edge.expect('Dead').theta;
      if (priors) await until(() => theta() < 0);
      else {
        await new Promise((resolve) => setTimeout(resolve, 1200));
        expect(theta()).toBeCloseTo(0.08, 9);
      }
      await member.close();
      await overlay.close();
      if (!priors) continue;
      // Without a fleet it is as if nothing had been said.
      const alone = await openOverlay({ stateDir, log: silent });
      expect(alone.engine.edge.expect('Dead').theta).toBeCloseTo(0.08, 9);
      await alone.close();
    }
  });

  it('hold nothing that they do not read: whatever fails at the beginning of a turn is tried again', async () => {
    let failures = 0;
    const consumers = new Proxy(fleet.js.consumers, {
      get: (of, name) =>
        name === 'get' && failures < 2
          ? async () => {
              failures += 1;
              throw new Error('no answer');
            }
          : Reflect.get(of, name).bind(of),
    });
    const js = new Proxy(fleet.js, {
      get: (of, name) => (name === 'consumers' ? consumers : Reflect.get(of, name).bind(of)),
    });
    const shaky = new Replica({
      connection: { ...fleet, js },
      fleet: 'test',
      partitions: PARTITIONS,
      log: silent,
    });
    replicas.push(shaky);
    await shaky.start();
    await until(() => failures === 2 && shaky.held.length === PARTITIONS, 60_000);
    await bots(4, 2, () => 1);
    await until(checkpointsAreComplete);
  }, 90_000);

  it('that lost their turn cannot write', async () => {
    const learned = await fleet.bucket('learned');
    const { state, revision } = (await readCheckpoint(learned, 0)) ?? {
      state: recomputed([]),
      revision: null,
    };
    await writeCheckpoint(learned, 0, state, revision);
    await expect(writeCheckpoint(learned, 0, state, revision)).rejects.toSatisfy(isOutrun);
  });
});
