import { join } from 'node:path';
import type { KV } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetSchema } from '../../src/config/rooms.ts';
import type { FleetConnection } from '../../src/fleet/connection.ts';
import { Identity } from '../../src/fleet/identity.ts';
import { Member } from '../../src/fleet/member.ts';
import { Obedience } from '../../src/fleet/obedience.ts';
import { acksOf, commandOf, type FleetOrder, giveOrder, isFor } from '../../src/fleet/orders.ts';
import { auditEntries } from '../../src/journal/audit.ts';
import { readWhole } from '../../src/journal/reader.ts';
import { JOURNAL_DIR } from '../../src/journal/segment.ts';
import type { EdgekeeperError } from '../../src/model/errors.ts';
import { type Overlay, openOverlay } from '../../src/node/index.ts';
import { START, signal } from '../fixtures.ts';
import { until } from '../until.ts';
import { fresh, silent, streamOf } from './fleet-of.ts';
import { founded, hasServer, type Server, startServer, titled } from './servers.ts';

const by = { actor: 'ann', reason: 'a test', at: Date.now() };

describe.skipIf(!hasServer)(titled('a bot in a fleet'), () => {
  let server: Server;
  let fleet: FleetConnection;
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    server = await startServer();
    fleet = await founded([server.url]);
  });
  afterAll(async () => {
    for (const each of opened) await each.close();
    await fleet.close();
    await server.stop();
  });

  async function bot(name: string, dir?: string) {
    const stateDir = dir ?? (await fresh());
    const overlay: Overlay = await openOverlay({ stateDir, log: silent, config: {} });
    const joined = await join1(name, stateDir);
    let isOpen = true;
    const close = async () => {
      if (isOpen) {
        isOpen = false;
        await joined.member.close();
        await overlay.close();
      }
    };
    opened.push({ close });
    return { ...joined, overlay, stateDir, close };
  }

  async function join1(name: string, stateDir: string) {
    const said: string[] = [];
    const refused: EdgekeeperError[] = [];
    const log = { ...silent, warn: (text: string) => void said.push(text) };
    let isReady = false;
    const member = new Member({
      stateDir,
      settings: fleetSchema.parse({ servers: [server.url], name: 'test', bot: name }),
      log,
      onReady: () => {
        isReady = true;
      },
      onRefused: (error) => void refused.push(error),
      onOrder: () => undefined,
    });
    member.start();
    await until(() => isReady || refused.length > 0);
    return { member, said, refused };
  }

  const give = async (order: Omit<FleetOrder, 'actor' | 'reason' | 'at'>) =>
    giveOrder(fleet, { ...order, ...by } as FleetOrder);
  const acksNow = async (name: string) => acksOf(await fleet.bucket('acks'), name);

  it('obeys within a second, in its own audit trail, and says so', async () => {
    const { overlay, stateDir } = await bot('one');
    const began = performance.now();
    const { key, revision } = await give({ type: 'switch', flag: 'enabled', on: false } as never);
    await until(() => !overlay.engine.flags.enabled);
    expect(performance.now() - began).toBeLessThan(1500);
    expect(overlay.engine.decide(signal({ time: START }))).toMatchObject({ action: 'pass', multiplier: 1 });
    await until(async () => (await acksNow('one'))[key]?.revision === revision);
    expect((await acksNow('one'))[key]).toMatchObject({ ok: true });
    await overlay.durable();
    const { entries } = await auditEntries(join(stateDir, JOURNAL_DIR), { limit: 10, folds: false });
    expect(entries.map(({ who }) => who).join()).toMatch(/fleet: ann|panic switch/);

    await give({ type: 'switch', flag: 'enabled', on: true } as never);
    await until(() => overlay.engine.flags.enabled);
    // The panic switch must not pull it back.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(overlay.engine.flags.enabled).toBe(true);
  });

  it('does what it is forced to with a strategy, says what it refuses, and does each order once', async () => {
    const { overlay } = await bot('two');
    const { key, revision } = await give({ type: 'force', strategy: 'Übel ☠', status: 'SUSPENDED' } as never);
    await until(async () => (await acksNow('two'))[key]?.revision === revision);
    expect(overlay.engine.manager.getStatuses()['Übel ☠']).toBe('SUSPENDED');
    const bad = await give({ type: 'rollout', options: { maxMultiplier: -1 }, share: 1 } as never);
    await until(async () => (await acksNow('two'))[bad.key]?.revision === bad.revision);
    expect((await acksNow('two'))[bad.key]).toMatchObject({
      ok: false,
      error: expect.stringMatching(/CONFIG_INVALID/),
    });
  });

  it('has what is left of a time when it comes late, and nothing where that is over', async () => {
    const HOUR = 3_600_000;
    const now = Date.now();
    const force = {
      type: 'force',
      strategy: 'EMA',
      status: 'SUSPENDED',
      pinForHours: 24,
      actor: 'a',
      reason: 'b',
    } as const;
    const hours = (at: number) => {
      const given = commandOf({ ...force, at }, 'one', 1, now);
      return given === null ? null : (given.command as { pinForHours: number }).pinForHours;
    };
    expect([now, now - 20 * HOUR, now - 25 * HOUR].map(hours)).toEqual([24, 4, null]);
  });

  it('that was away obeys before its first decision', async () => {
    const dir = await fresh();
    await give({ type: 'switch', flag: 'qualityFiltering', on: false } as never);
    const { overlay } = await bot('late', dir);
    await until(() => !overlay.engine.flags.qualityFiltering);
    await give({ type: 'switch', flag: 'qualityFiltering', on: true } as never);
    await until(() => overlay.engine.flags.qualityFiltering);
  });

  it('takes what is rolled out to its share over its own configuration, keeps it over restarts, and gives it back', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `r${i}`);
    const inside = names.find((name) => isFor(name, 0.1))!;
    const outside = names.find((name) => !isFor(name, 0.5))!;
    const [a, b] = [await bot(inside), await bot(outside)];
    const first = await give({ type: 'rollout', options: { maxMultiplier: 1.25 }, share: 0.1 } as never);
    for (const name of [inside, outside])
      await until(async () => (await acksNow(name))[first.key]?.revision === first.revision);
    expect([a, b].map(({ overlay }) => overlay.engine.config.maxMultiplier)).toEqual([1.25, 2]);
    await a.close();
    const again = await openOverlay({ stateDir: a.stateDir, log: silent, config: {} });
    expect(again.engine.config.maxMultiplier).toBe(1.25);
    await again.close();
    const back = await bot(inside, a.stateDir);
    await give({ type: 'rollout', options: null, share: 1 } as never);
    await until(() => back.overlay.engine.config.maxMultiplier === 2);
  });

  it('says what it has carried out until the servers have heard it', async () => {
    const acks = await fleet.bucket('acks');
    let failures = 2;
    const failing = {
      get: (key: string) => acks.get(key),
      put: async (key: string, text: string) => {
        failures -= 1;
        if (failures >= 0) throw new Error('timeout');
        return acks.put(key, text);
      },
    } as KV;
    const stateDir = await fresh();
    const obedience = new Obedience({
      ...{ connection: fleet, acks: failing, bot: 'word', stateDir, log: silent },
      onOrder: () => undefined,
    });
    // Its time is over: there is nothing to do but to say so.
    const over = { type: 'force', strategy: 'Over', status: 'SUSPENDED', pinForHours: 1 } as const;
    const { key, revision } = await giveOrder(fleet, { ...over, ...by, at: Date.now() - 2 * 3_600_000 });
    await obedience.start();
    await until(async () => (await acksNow('word'))[key]?.revision === revision);
    expect(failures).toBeLessThan(0);
    obedience.stop();
  });

  it('has its name for itself; a restart of the same state has it at once', async () => {
    const { member, stateDir } = await bot('unique');
    const other = await join1('unique', await fresh());
    expect(other.refused.map(({ code }) => code)).toEqual(['FLEET_NAME_TAKEN']);
    await other.member.close();
    // A process that died gave nothing free.
    const next = await join1('unique', stateDir);
    expect(next.refused).toEqual([]);
    await next.member.close();
    await member.close();
    const after = await join1('unique', await fresh());
    expect(after.refused).toEqual([]);
    await after.member.close();
  });
});

describe.skipIf(!hasServer)(titled('a bot whose servers have lost everything'), () => {
  it('obeys the fleet that is founded anew, and ships its whole journal to it', async () => {
    const server = await startServer();
    const before = await founded([server.url]);
    const stateDir = await fresh();
    const overlay = await openOverlay({ stateDir, log: silent });
    const member = new Member({
      stateDir,
      settings: fleetSchema.parse({ servers: [server.url], name: 'test', bot: 'one' }),
      log: silent,
      onReady: () => undefined,
      onRefused: () => undefined,
      onOrder: () => undefined,
    });
    member.start();
    const order = { type: 'switch', flag: 'enabled', on: false, ...by } as const;
    // The latest of some: those of the new fleet have lower revisions.
    for (const on of [false, true, false]) await giveOrder(before, { ...order, on });
    await until(() => !overlay.engine.flags.enabled);
    await before.close();
    await server.lose();
    await server.start();
    const fleet = await founded([server.url]);
    const { key, revision } = await giveOrder(fleet, { ...order, on: true });
    await until(() => overlay.engine.flags.enabled);
    await until(async () => (await acksOf(await fleet.bucket('acks'), 'one'))[key]?.revision === revision);
    await overlay.durable();
    const journal: number[] = [];
    await readWhole(join(stateDir, JOURNAL_DIR), ({ seq }) => journal.push(seq));
    await until(() => (member.shipped ?? 0) >= journal.at(-1)!);
    const shipped = (await streamOf(fleet, 'test')).flatMap(({ lines }) => lines.map(({ seq }) => seq));
    expect(shipped.slice(0, journal.length)).toEqual(journal);
    await member.close();
    await overlay.close();
    await fleet.close();
    await server.stop();
  }, 60_000);
});

describe('a name whose holder is asked for again', () => {
  it('is held where the answer to its own word was lost, and refused only to another state', async () => {
    /** A bucket that does what it is told and then says that somebody else was first, now and then. */
    const bucketOf = (loses: (call: number) => boolean) => {
      let [calls, revision] = [0, 0];
      let value: string | null = null;
      const put = (text: string) => {
        calls += 1;
        [value, revision] = [text, revision + 1];
        if (loses(calls)) throw new Error('wrong last sequence: 7');
        return revision;
      };
      const update = async (_key: string, text: string, follows: number) => {
        if (follows !== revision) throw new Error('wrong last sequence: 7');
        return put(text);
      };
      return {
        get: async () =>
          value === null ? null : { operation: 'PUT', revision, string: () => value as string },
        create: async (_key: string, text: string) => (value === null ? put(text) : update('', text, -1)),
        update,
      } as never;
    };
    for (const loses of [() => false, (call: number) => call === 1, (call: number) => call % 2 === 1]) {
      const bucket = bucketOf(loses);
      const identity = new Identity(bucket, 'one', 'state-a');
      for (let i = 0; i < 4; i += 1) {
        await identity.hold(i === 0);
        expect(identity.isHeld).toBe(true);
      }
      await expect(new Identity(bucket, 'one', 'state-b').hold(true)).rejects.toThrow(/FLEET_NAME_TAKEN/);
      await new Identity(bucket, 'one', 'state-a').hold(true);
      await expect(identity.hold(false)).rejects.toThrow(/FLEET_NAME_TAKEN/);
    }
  });
});
