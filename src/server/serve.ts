import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ServerSettings } from '../config/rooms.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Log } from '../model/ports.ts';
import { serverApp } from './app.ts';
import { tokenOf } from './token.ts';
import type { Watch } from './watch.ts';

export interface ServeOptions {
  readonly watch: Watch;
  readonly settings: ServerSettings;
  readonly log: Log;
  readonly version: string;
}

export interface Served {
  readonly url: string;
  /** Where the token is that writes need. */
  readonly tokenPlace: string;
  close(): Promise<void>;
}

/** How long a request may take to arrive, in ms: whoever sends slower holds up a connection. */
const REQUEST_WITHIN = 10_000;

/** Serves what is watched. Throws `SERVER_FAILED` where the address cannot be had, and `OPTION_INVALID` for a token that is none. */
export async function serve({ watch, settings, log, version }: ServeOptions): Promise<Served> {
  const token = await tokenOf(watch.stateDir, settings);
  const app = serverApp({ watch, settings, token, log, version });
  return { ...(await listen(app, settings)), tokenPlace: token.place };
}

/** Listens with what is served, and bounds whoever sends slowly. Throws `SERVER_FAILED` where the address cannot be had. */
export async function listen(
  app: OpenAPIHono,
  { host, port }: Pick<ServerSettings, 'host' | 'port'>,
): Promise<Omit<Served, 'tokenPlace'>> {
  // Whoever has this in its process keeps its own globals.
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      requestTimeout: REQUEST_WITHIN,
      headersTimeout: REQUEST_WITHIN / 2,
      connectionsCheckingInterval: REQUEST_WITHIN / 5,
    },
  }) as Server;
  server.maxConnections = 500;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new EdgekeeperError(
          'SERVER_FAILED',
          {
            found: `${host}:${port}, which cannot be listened on: ${cause.message}`,
            expected: 'an address of this machine and a port that is free',
            hint: 'Choose another port with `--port`, or 0 for any that is free.',
          },
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
