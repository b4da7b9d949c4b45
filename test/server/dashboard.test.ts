import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Overlay } from '../../src/node/index.ts';
import { bodyOf, fresh, type Room, room, TOKEN, trade, tradingBot } from './served.ts';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let bot: Overlay;
let served: Room;
let stateDir = '';
beforeAll(async () => {
  if (executablePath === undefined) return;
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  stateDir = await fresh();
  bot = await tradingBot(stateDir, 80);
  served = await room(stateDir);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await bot?.close();
});

/** Opens the dashboard, and counts everything that goes wrong on it. */
async function opened(at: Room, options: { width?: number; colorScheme?: 'light' | 'dark' } = {}) {
  const { width = 1280, colorScheme = 'light' } = options;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const faults: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(at.url);
  return { page, faults, asked };
}

/** What a checker of accessibility finds that matters. */
async function barriers(page: Page): Promise<string[]> {
  // It is put in by the debugger: the page itself allows no script of others.
  await page.evaluate(await axe);
  const found = await page.evaluate('axe.run().then(({ violations }) => violations)');
  return (found as { id: string; impact: string; nodes: { html: string }[] }[])
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
}

describe.skipIf(executablePath === undefined)('the dashboard in a browser (skipped without chromium)', () => {
  it('says in ten seconds how it is, without a word from elsewhere', async () => {
    const { page, faults, asked } = await opened(served);
    await page.waitForSelector('#strategies tbody tr');
    const text = await page.innerText('#answers');
    expect(text).toMatch(
      /Is it healthy\?[\s\S]*2 active[\s\S]*unjudged 0 of 80[\s\S]*Is it helping\?[\s\S]*INCONCLUSIVE[\s\S]*What needs a hand\?/,
    );
    expect(await page.innerText('#light')).toMatch(/the bot runs, acting, heard of \d+ s ago/);
    expect(await page.locator('#decisions tbody tr').count()).toBe(25);
    expect(await page.innerText('#signals')).toMatch(/EMA_Trend\s+40\s+\d+/);
    expect(asked.every((url) => url.startsWith(served.url))).toBe(true);
    expect(faults).toEqual([]);
    expect(await barriers(page)).toEqual([]);
    const bytes = await page.evaluate(
      "performance.getEntriesByType('resource').reduce((sum, { transferSize }) => sum + transferSize, 0)",
    );
    expect(bytes).toBeLessThan(150_000);
    await page.close();
  });

  it.each([
    ['phone', { width: 390 }],
    ['dark', { colorScheme: 'dark' as const }],
  ])('is as good on a %s screen', async (_, options) => {
    const { page, faults } = await opened(served, options);
    await page.waitForSelector('#strategies tbody tr');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await barriers(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('follows the bot as it trades', async () => {
    const { page } = await opened(served);
    await page.waitForSelector('#strategies tbody tr');
    const before = bot.engine.getOptimizationStatus().decisions;
    trade(bot, 5);
    await page.waitForSelector(`#answers >> text=of ${before + 5} `, { timeout: 10_000 });
    await page.close();
  });

  it('opens a decision by keyboard, page by page and by filter, and gives the focus back', async () => {
    const { page } = await opened(served);
    await page.waitForSelector('#decisions .link');
    const first = page.locator('#decisions .link').first();
    const id = await first.innerText();
    await first.focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#why:not([hidden])');
    expect(await page.innerText('#why')).toMatch(
      new RegExp(`^${id}: [\\s\\S]*base[\\s\\S]*It (came to|would)`),
    );
    await page.locator('#why >> text=Close').click();
    expect(await page.evaluate('document.activeElement.textContent')).toBe(id);
    await page.locator('text=Earlier').click();
    await expect.poll(() => page.locator('#decisions .link').first().innerText()).not.toBe(id);
    await page.selectOption('select[name=strategy]', 'FVG_Pattern');
    const strategies =
      "[...document.querySelectorAll('#decisions tbody tr')].map((row) => row.children[2].textContent)";
    await expect
      .poll(async () => new Set((await page.evaluate(strategies)) as string[]))
      .toEqual(new Set(['FVG_Pattern']));
    await page.close();
  });

  it('switches in place, asks once for the token, and takes it back', async () => {
    const { page } = await opened(served);
    await page.locator('button[role=switch]', { hasText: 'quality' }).click();
    await page.fill('input[type=password]', TOKEN);
    await page.locator('label:has-text("Who") input').fill('Ann');
    await page.locator('label:has-text("Why") input').fill('too strict');
    await page.getByRole('button', { name: 'Do it' }).click();
    await page.waitForSelector('text=quality is off.');
    expect(bot.engine.flags.qualityFiltering).toBe(false);
    await page.waitForSelector('button[role=switch][aria-checked=false]:has-text("quality")');
    await page.locator('text=Undo').click();
    expect(await page.locator('input[type=password]').count()).toBe(0);
    await page.locator('label:has-text("Why") input').fill('not at all');
    await page.getByRole('button', { name: 'Do it' }).click();
    await page.waitForSelector('text=quality is on.');
    expect(bot.engine.flags.qualityFiltering).toBe(true);
    // Off needs neither a reason nor a second click.
    await page.locator('button.panic').click();
    await page.waitForSelector('text=The overlay is OFF');
    await expect.poll(() => bot.engine.flags.enabled, { timeout: 5000 }).toBe(false);
    await page.waitForSelector('.light.is-off');
    await page.close();
  });

  it('says that a token is wrong, and asks for it again', async () => {
    const { page } = await opened(served);
    await page.locator('button[role=switch]', { hasText: 'weighting' }).click();
    await page.fill('input[type=password]', 'this-is-another-token');
    await page.locator('label:has-text("Why") input').fill('x');
    await page.locator('label:has-text("Who") input').fill('x');
    await page.getByRole('button', { name: 'Do it' }).click();
    await page.waitForSelector('text=a token that is not the right one');
    expect(bot.engine.flags.adaptiveWeighting).toBe(true);
    await page.locator('button[role=switch]', { hasText: 'weighting' }).click();
    expect(await page.locator('input[type=password]').count()).toBe(1);
    await page.close();
  });

  it('teaches where nothing is known, and fills when a bot begins; says so when the server is gone', async () => {
    const dir = await fresh();
    const empty = await room(dir);
    const { page, faults } = await opened(empty);
    await page.waitForSelector('#empty:not([hidden])');
    expect(await page.innerText('#empty')).toMatch(/edgekeeper\(exchange/);
    expect(await barriers(page)).toEqual([]);
    const begun = await tradingBot(dir, 5);
    await page.waitForSelector('#strategies tbody tr', { timeout: 10_000 });
    expect(faults).toEqual([]);
    await empty.close();
    await page.waitForSelector('body.stale', { timeout: 10_000 });
    expect(await page.innerText('#trouble')).toMatch(/The server does not answer. What is shown is of/);
    await begun.close();
    await page.close();
  });

  it('shows what others named as text', async () => {
    const dir = await fresh();
    const begun = await tradingBot(dir, 2);
    const name = '<img src=x onerror=alert(1)>';
    const decision = begun.engine.decide({
      strategy: name,
      symbol: '</script>',
      side: 'long',
      time: Date.now(),
    });
    const at = { entryTime: Date.now() - 5, exitTime: Date.now(), entryPrice: 1, stop: 0.9, size: 1, pnl: 1 };
    begun.engine.recordTrade({ strategy: name, symbol: '</script>', decision, ...at });
    await begun.durable();
    const hostile = await room(dir);
    const { page, faults } = await opened(hostile);
    await page.waitForSelector(`#strategies >> text=${name}`);
    expect(await page.locator('main img').count()).toBe(0);
    expect(faults).toEqual([]);
    expect((await bodyOf(await hostile.ask(`api/strategies/${encodeURIComponent(name)}`))).strategy).toBe(
      name,
    );
    await page.close();
    await hostile.close();
    await begun.close();
  });
});
