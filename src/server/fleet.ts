import { serverSchema } from '../config/rooms.ts';
import type { FleetConnection } from '../fleet/connection.ts';
import { type FleetView, fleetView } from '../fleet/overview.ts';
import type { Log } from '../model/ports.ts';
import { version } from '../node/version.ts';
import { guardedApp } from './app.ts';
import { addPages, FLEET_PAGES } from './pages.ts';
import { listen } from './serve.ts';
import { tokenOf } from './token.ts';

export interface ServeFleetOptions {
  readonly connection: FleetConnection;
  readonly fleet: string;
  readonly host: string;
  readonly port: number;
  /** Where the token lies that reads beyond this machine need. */
  readonly tokenDir?: string;
  readonly log: Log;
}

/** For how long an answer of the servers stands for the next ones who ask, in ms: many may look at one page. */
const STANDS_FOR = 1000;

/** Serves the page and the API of a whole fleet. They read only: orders are given by those whose credentials may. */
export async function serveFleet(
  options: ServeFleetOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { connection, fleet, host, port, tokenDir = '.edgekeeper-fleet', log } = options;
  const settings = serverSchema.parse({ host, port });
  const token = await tokenOf(tokenDir, settings);
  const app = guardedApp({ settings, token, log, health: () => ({ fleet }) });
  addPages(app, version(), FLEET_PAGES);
  let latest: { readonly at: number; readonly view: Promise<FleetView> } | null = null;
  const view = () => {
    const now = performance.now();
    if (latest === null || now - latest.at > STANDS_FOR)
      latest = { at: now, view: fleetView(connection, fleet, Date.now()) };
    return latest.view;
  };
  app.get('/api/fleet', async (c) => c.json((await view()) as never, 200));
  app.get('/api/fleet/bots', async (c) => c.json((await view()).bots as never, 200));
  app.get('/api/fleet/strategies', async (c) => c.json((await view()).strategies as never, 200));
  app.get('/api/fleet/orders', async (c) => c.json((await view()).orders as never, 200));
  app.get('/api/fleet/effect', async (c) => c.json((await view()).claim as never, 200));
  return listen(app, settings);
}
