import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectFleet, type FleetConnection } from '../../src/fleet/connection.ts';
import { type FleetFounding, foundFleet } from '../../src/fleet/found.ts';

/** The server that the tests start: Debian's, or the one that NATS_SERVER names. */
const PROGRAM = process.env.NATS_SERVER ?? 'nats-server';

export const hasServer = (() => {
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Where there is no server the tests say so. */
export const titled = (title: string): string =>
  hasServer ? title : `${title} (skipped: no nats-server; \`apt-get install nats-server\`)`;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A NATS server of our own on loopback, with a store that is gone with it. */
export class Server {
  readonly port: number;
  readonly #file: string;
  readonly #store: string;
  #child: ChildProcess | null = null;

  private constructor(port: number, file: string, store: string) {
    this.port = port;
    this.#file = file;
    this.#store = store;
  }

  static async prepare(config = '', name = 'n1'): Promise<Server> {
    const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-nats-'));
    const port = await freePort();
    const [file, store] = [join(dir, 'nats.conf'), join(dir, 'store')];
    await writeFile(
      file,
      `server_name: ${name}\nlisten: 127.0.0.1:${port}\njetstream { store_dir: "${store}" }\n${config}\n`,
    );
    return new Server(port, file, store);
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn(PROGRAM, ['-c', this.#file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on('data', (chunk) => {
        said += chunk;
        if (/Server is ready/.test(said)) resolve();
      });
      child.once('exit', () => reject(new Error(said)));
    });
  }

  /** Ends it as a power cut would, or in order. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Loses everything that a server has kept, as one does whose disk goes with it. */
  async lose(): Promise<void> {
    await this.stop('SIGKILL');
    await removed(this.#store);
  }
}

export async function startServer(config = ''): Promise<Server> {
  const server = await Server.prepare(config);
  await server.start();
  return server;
}

/** Servers that keep copies for each other. */
export async function prepareCluster(size = 3): Promise<Server[]> {
  const routes = await Promise.all(Array.from({ length: size }, freePort));
  return Promise.all(
    routes.map((port, i) =>
      Server.prepare(
        `cluster { name: C, listen: 127.0.0.1:${port}, routes: [${routes.map((each) => `nats://127.0.0.1:${each}`).join(', ')}] }`,
        `n${i + 1}`,
      ),
    ),
  );
}

export const FOUNDING: FleetFounding = { partitions: 4, replicas: 1, keepDays: 0 };

/** A fleet that is founded on a server. */
export async function founded(
  servers: readonly string[],
  name = 'test',
  founding: Partial<FleetFounding> = {},
): Promise<FleetConnection> {
  const connection = await connectFleet(
    { servers: [...servers], name, credentials: undefined },
    { as: 'test' },
  );
  await foundFleet(connection, name, { ...FOUNDING, ...founding });
  return connection;
}

export const removed = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });
