/** Makes the pictures in docs/images: `npm run screenshots`, after `npm run build`, with a chromium on the PATH or in CHROMIUM. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { openRoom } from '../dist/src/server/room.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const images = join(root, 'docs/images');
mkdirSync(images, { recursive: true });
const place = mkdtempSync(join(tmpdir(), 'edgekeeper-'));

function edgekeeper(...args) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist/src/cli/main.js'), ...args, '--state-dir', '.edgekeeper'],
    { cwd: place, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`edgekeeper ${args.join(' ')}: ${stderr}`);
}

edgekeeper('paper');
const page = join(place, 'report.html');
edgekeeper('report', '--html', page);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
/** @param {string} url @param {string} name @param {object} options @param {string} [ready] what is waited for */
async function shot(url, name, { width = 1280, height = 860, colorScheme = 'light' } = {}, ready = 'canvas') {
  const tab = await browser.newPage({ viewport: { width, height }, colorScheme });
  await tab.goto(url);
  await tab.waitForSelector(ready);
  await tab.waitForTimeout(300);
  await tab.screenshot({ path: join(images, name) });
  await tab.close();
}

await shot(pathToFileURL(page).href, 'report.png');
const log = { info: () => undefined, warn: () => undefined, error: console.error };
const settings = { host: '127.0.0.1', port: 0, allowedHosts: [] };
const room = await openRoom({ stateDir: join(place, '.edgekeeper'), settings, alerts: null, log });
await shot(room.url, 'dashboard.png');
await shot(room.url, 'dashboard-dark.png', { colorScheme: 'dark' });
await shot(room.url, 'dashboard-phone.png', { width: 390, height: 1400 });
await room.close();
const none = await openRoom({ stateDir: join(place, 'nothing'), settings, alerts: null, log });
await shot(none.url, 'dashboard-empty.png', { height: 420 }, '#empty pre');
await none.close();
await browser.close();
rmSync(place, { recursive: true });
