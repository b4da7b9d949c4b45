import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetConnection } from '../../src/fleet/connection.ts';
import { partitionOf, subjectOf } from '../../src/fleet/names.ts';
import { giveOrder } from '../../src/fleet/orders.ts';
import { Replica } from '../../src/fleet/replica.ts';
import { Shipper } from '../../src/fleet/shipper.ts';
import { serveFleet } from '../../src/server/fleet.ts';
import { silent, streamOf } from '../fleet/fleet-of.ts';
import { founded, hasServer, type Server, startServer, titled } from '../fleet/servers.ts';
import { until } from '../until.ts';
import { fresh, tradingBot } from './served.ts';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!hasServer)(titled('the page of a fleet'), () => {
  let server: Server;
  let fleet: FleetConnection;
  let replica: Replica;
  let served: Awaited<ReturnType<typeof serveFleet>>;
  let browser: Browser | null = null;
  beforeAll(async () => {
    server = await startServer();
    fleet = await founded([server.url], 'shown');
    replica = new Replica({ connection: fleet, fleet: 'shown', partitions: 4, log: silent });
    await replica.start();
    served = await serveFleet({
      connection: fleet,
      fleet: 'shown',
      host: '127.0.0.1',
      port: 0,
      tokenDir: await fresh(),
      log: silent,
    });
    if (executablePath !== undefined)
      browser = await chromium.launch({
        executablePath,
        args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      });
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await replica?.close();
    await fleet?.close();
    await server?.stop();
  });

  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  const json = async (path: string): Promise<any> => (await fetch(new URL(path, served.url))).json();

  it('teaches where nobody has joined, then shows every bot, and says when the fleet is gone', async () => {
    expect(await json('healthz')).toEqual({ ok: true, fleet: 'shown' });
    expect(await json('api/fleet')).toMatchObject({ bots: [], claim: { verdict: 'INCONCLUSIVE' } });
    for (const name of ['bot-0', 'bot-1']) {
      const stateDir = await fresh();
      await (await tradingBot(stateDir, 30)).close();
      await new Shipper(fleet, subjectOf('shown', partitionOf(name, 4), name), stateDir).ship();
    }
    const order = { type: 'force', strategy: '<i>EMA</i>', status: 'SUSPENDED' } as const;
    await giveOrder(fleet, {
      ...order,
      actor: 'ann',
      reason: '<script>',
      at: Date.now(),
    });
    await until(async () => (await json('api/fleet/bots')).length === 2);
    const bots = await json('api/fleet/bots');
    const lines = (await streamOf(fleet, 'shown')).flatMap((each) => each.lines);
    expect(bots.reduce((sum: number, { outcomes }: { outcomes: number }) => sum + outcomes, 0)).toBe(
      lines.filter(({ event }) => event.type === 'trade' && event.outcome).length,
    );
    expect(await json('api/fleet/strategies')).toHaveLength(2);
    expect(await json('api/fleet/orders')).toHaveLength(1);
    expect(await json('api/nothing')).toMatchObject({ error: { code: 'REQUEST_INVALID' } });

    if (browser === null) return;
    for (const viewport of [
      { width: 1280, height: 900 },
      { width: 390, height: 900 },
    ]) {
      const page = await browser.newPage({ viewport, colorScheme: viewport.width < 500 ? 'dark' : 'light' });
      const faults: string[] = [];
      page.on('pageerror', ({ message }) => faults.push(message));
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      await page.goto(served.url);
      await page.waitForSelector('#bots tbody tr');
      expect(await page.innerText('#light')).toMatch(/0 of 2 bots connected/);
      expect(await page.innerText('#orders')).toMatch(/<i>EMA<\/i>: SUSPENDED/);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await page.evaluate(await axe);
      const found = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as {
        id: string;
        impact: string;
      }[];
      expect(found.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
      expect(faults).toEqual([]);
      if (viewport.width < 500) {
        await served.close();
        await page.waitForSelector('body.stale', { timeout: 10_000 });
        expect(await page.innerText('#trouble')).toMatch(/does not answer.*What is shown is of/);
      }
      await page.close();
    }
  }, 90_000);
});
