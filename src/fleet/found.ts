import { EdgekeeperError } from '../model/errors.ts';
import { type FleetConnection, natsPackages } from './connection.ts';
import { BUCKETS, bucketOf, streamOfBucket, subjectsOf } from './names.ts';

/** What a fleet is, once for all of its bots. */
export interface FleetFounding {
  /** Bots are spread over so many partitions; it stays what it was at first. */
  readonly partitions: number;
  /** Servers that keep a copy of everything. */
  readonly replicas: number;
  /** Days that events are kept at the servers; 0: for ever. What was learned of them stays. */
  readonly keepDays: number;
}

/** How long a bot may be silent that holds its name, and a replica that holds a partition, in ms. */
export const NAME_FOR = 30_000;
export const TURN_FOR = 10_000;

const SECONDS = 1e9;

/** Makes the stream and the buckets of a fleet where they are not yet. Throws `FLEET_REFUSED`. */
export async function foundFleet(
  connection: FleetConnection,
  fleet: string,
  { partitions, replicas, keepDays }: FleetFounding,
): Promise<void> {
  const { jetstream } = await natsPackages();
  const { jsm, kvm, stream } = connection;
  // What is there stays as it is: whoever founded it said how.
  const isThere = (name: string) =>
    jsm.streams.info(name).then(
      () => true,
      (error: Error) => {
        if (/stream not found/i.test(error.message)) return false;
        throw error;
      },
    );
  try {
    if (!(await isThere(stream)))
      await jsm.streams.add({
        name: stream,
        description: 'Events of trading bots, written by Edgekeeper',
        subjects: [subjectsOf(fleet)],
        num_replicas: replicas,
        storage: jetstream.StorageType.File,
        // What is full takes nothing more: bots keep their events until there is room.
        discard: jetstream.DiscardPolicy.New,
        max_age: keepDays * 86_400 * SECONDS,
        allow_direct: true,
      });
    for (const bucket of BUCKETS)
      if (!(await isThere(streamOfBucket(fleet, bucket).stream)))
        await kvm.create(bucketOf(fleet, bucket), {
          replicas,
          history: 1,
          storage: jetstream.StorageType.File,
          ...(bucket === 'bots' ? { ttl: NAME_FOR } : bucket === 'turns' ? { ttl: TURN_FOR } : {}),
        });
    const settings = await connection.bucket('settings');
    if ((await settings.get('partitions')) === null)
      await settings.create('partitions', String(partitions)).catch(() => undefined);
  } catch (cause) {
    throw new EdgekeeperError(
      'FLEET_REFUSED',
      {
        found: `a server that does not make the fleet ${fleet}: ${(cause as Error).message}`,
        expected: 'JetStream, room for it, and credentials that may make streams',
        hint: 'Start the server with -js; for more than one copy it must be a cluster.',
      },
      { cause },
    );
  }
}

/** Over how many partitions the bots of a fleet are spread. Throws `FLEET_MISSING`. */
export async function partitionsOf(connection: FleetConnection, fleet: string): Promise<number> {
  const entry = await (await connection.bucket('settings')).get('partitions').catch((error) => {
    if (/stream not found|no responders|no stream/i.test((error as Error).message)) return null;
    throw error;
  });
  if (entry !== null) return Number(entry.string());
  throw new EdgekeeperError('FLEET_MISSING', {
    found: `no fleet ${fleet} at these servers`,
    expected: 'a fleet that was founded',
    hint: 'Run `edgekeeper fleet serve` once, with credentials that may make streams.',
  });
}
