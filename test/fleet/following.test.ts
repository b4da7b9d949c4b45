import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/fleet/buckets.ts';
import type { FleetConnection } from '../../src/fleet/connection.ts';
import { Following } from '../../src/fleet/following.ts';
import { until } from '../until.ts';
import { silent } from './fleet-of.ts';
import { founded, hasServer, type Server, startServer, titled } from './servers.ts';

describe.skipIf(!hasServer)(titled('whoever follows a bucket'), () => {
  let server: Server;
  let fleet: FleetConnection;
  const opened: { stop(): void }[] = [];
  beforeEach(async () => {
    server = await startServer();
    fleet = await founded([server.url]);
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) each.stop();
    await fleet.close();
    await server.stop();
  });

  const put = async (key: string, text: string) => (await fleet.bucket('orders')).put(key, text);

  async function follow(onEntry: (entry: Entry) => Promise<void> = async () => undefined) {
    const told: string[] = [];
    let anew = 0;
    const following = new Following({
      connection: fleet,
      bucket: 'orders',
      log: silent,
      onEntry: async (entry) => {
        await onEntry(entry);
        told.push(`${entry.key}=${entry.text}`);
      },
      onAnew: async () => {
        anew += 1;
      },
    });
    opened.push(following);
    await following.start();
    return { told, anew: () => anew };
  }

  it('is told what stands, then every change, each once', async () => {
    expect((await follow()).told).toEqual([]);
    await put('a', '1');
    await put('b', '1');
    await (await fleet.bucket('orders')).delete('b');
    const { told } = await follow();
    expect(told).toEqual(['a=1']);
    await put('a', '2');
    await until(() => told.length === 2, 1000);
    await put('c', '1');
    await until(() => told.length === 3, 1000);
    expect(told).toEqual(['a=1', 'a=2', 'c=1']);
  });

  it('is told again what it could not take', async () => {
    let failures = 2;
    const { told } = await follow(async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('disk full');
    });
    await put('a', '1');
    await until(() => told.length > 0, 20_000);
    expect([told, failures]).toEqual([['a=1'], -1]);
  });

  it('finds what was written while it was cut off', async () => {
    await put('a', '1');
    const { told } = await follow();
    await server.stop('SIGKILL');
    await server.start();
    const other = await founded([server.url]);
    await (await other.bucket('orders')).put('a', '2');
    await other.close();
    await until(() => told.length === 2);
    expect(told).toEqual(['a=1', 'a=2']);
  });

  it('goes by the new one where the servers have lost the bucket', async () => {
    for (const text of ['1', '2', '3']) await put('a', text);
    const { told, anew } = await follow();
    await server.lose();
    await server.start();
    const other = await founded([server.url]);
    await (await other.bucket('orders')).put('a', '4');
    await other.close();
    await until(() => told.length === 2);
    expect([told, anew()]).toEqual([['a=3', 'a=4'], 1]);
  });

  it('leaves nothing behind at the servers', async () => {
    await put('a', '1');
    await follow();
    const { state } = await fleet.jsm.streams.info('KV_ek_test_orders');
    expect(state.consumer_count).toBe(0);
  });
});
