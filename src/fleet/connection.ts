import { readFile } from 'node:fs/promises';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KV, Kvm } from '@nats-io/kv';
import type { ConnectionOptions, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import type { FleetSettings } from '../config/rooms.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { optionalPackage } from '../model/packages.ts';
import { type BucketName, bucketOf, streamOf } from './names.ts';

/** A fleet as seen from one process. */
export interface FleetConnection {
  readonly fleet: string;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly kvm: Kvm;
  /** Asks any server that has a copy, which need not be the last word: it answers soon, also while a leader is looked for. */
  readonly copies: JetStreamManager['direct'];
  readonly stream: string;
  headers(): MsgHdrs;
  bucket(name: BucketName): Promise<KV>;
  close(): Promise<void>;
}

/** What connects to servers, loaded when a fleet is asked for. Throws `PACKAGE_MISSING`. */
export async function natsPackages() {
  const version = '^3.0.0';
  const transport = await optionalPackage(
    '@nats-io/transport-node',
    version,
    () => import('@nats-io/transport-node'),
  );
  const jetstream = await optionalPackage('@nats-io/jetstream', version, () => import('@nats-io/jetstream'));
  const kv = await optionalPackage('@nats-io/kv', version, () => import('@nats-io/kv'));
  return { transport, jetstream, kv };
}

/** How long a server may take to answer, in ms. */
export const ANSWER_WITHIN = 5000;
const COPY_WITHIN = 1000;

export interface ConnectOptions {
  /** What the servers show of this client. */
  readonly as: string;
  /** Goes on trying where no server answers at first; else `FLEET_UNREACHABLE` is thrown. */
  readonly waits?: boolean;
}

/** Connects to the servers of a fleet, and again whenever the connection is lost. */
export async function connectFleet(
  { servers, name: fleet, credentials }: Pick<FleetSettings, 'servers' | 'name' | 'credentials'>,
  { as, waits = false }: ConnectOptions,
): Promise<FleetConnection> {
  const { transport, jetstream, kv } = await natsPackages();
  const options: ConnectionOptions = {
    servers: [...servers],
    name: as,
    timeout: ANSWER_WITHIN,
    waitOnFirstConnect: waits,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 200,
    pingInterval: 5000,
    maxPingOut: 2,
    ...(servers.some((each) => each.startsWith('tls://')) ? { tls: {} } : {}),
    ...(credentials === undefined ? {} : await signedIn(credentials, transport)),
  };
  let nc: NatsConnection;
  try {
    nc = await transport.connect(options);
  } catch (cause) {
    throw new EdgekeeperError(
      'FLEET_UNREACHABLE',
      {
        found: `no answer of ${servers.join(', ')}: ${(cause as Error).message}`,
        expected: 'a NATS server with JetStream that takes these credentials',
        hint: 'Start it with `nats-server -js`, and see `fleet.servers` and `fleet.credentials`.',
      },
      { cause },
    );
  }
  // Whether JetStream is there is known at the first question.
  const jsOptions = { timeout: ANSWER_WITHIN, checkAPI: false };
  const jsm = await jetstream.jetstreamManager(nc, jsOptions);
  const { direct: copies } = await jetstream.jetstreamManager(nc, { ...jsOptions, timeout: COPY_WITHIN });
  const kvm = new kv.Kvm(jetstream.jetstream(nc, jsOptions));
  return {
    fleet,
    nc,
    jsm,
    copies,
    kvm,
    js: jetstream.jetstream(nc, jsOptions),
    stream: streamOf(fleet),
    headers: transport.headers,
    bucket: (bucket) => kvm.open(bucketOf(fleet, bucket)),
    close: () => nc.close(),
  };
}

/** A file of credentials: one that `nsc` wrote, or a line `user:password`. */
async function signedIn(
  file: string,
  { credsAuthenticator }: typeof import('@nats-io/transport-node'),
): Promise<Partial<ConnectionOptions>> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new EdgekeeperError(
      'FLEET_CREDENTIALS_INVALID',
      {
        found: `credentials ${file} that cannot be read: ${(cause as NodeJS.ErrnoException).code}`,
        expected: 'a file of credentials for NATS',
        hint: 'Name it in `fleet.credentials`, readable for the bot alone.',
      },
      { cause },
    );
  });
  if (text.includes('NATS USER JWT'))
    return { authenticator: credsAuthenticator(new TextEncoder().encode(text)) };
  const [line = ''] = text.trim().split('\n');
  const at = line.indexOf(':');
  if (at > 0) return { user: line.slice(0, at), pass: line.slice(at + 1) };
  throw new EdgekeeperError('FLEET_CREDENTIALS_INVALID', {
    found: `credentials ${file} of another form`,
    expected: 'a .creds file, or a line `user:password`',
    hint: 'examples/fleet has a server and files that go together.',
  });
}
