/** Makes the pictures in docs/images: `npm run screenshots`, after `npm run build`, with a chromium on the PATH or in CHROMIUM. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

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
const tab = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
await tab.goto(pathToFileURL(page).href);
await tab.screenshot({ path: join(images, 'report.png') });
await browser.close();
rmSync(place, { recursive: true });
