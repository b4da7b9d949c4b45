import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgekeeper } from '../adapters/ccxt/index.ts';
import { createOverlay } from '../adapters/middleware/index.ts';
import { runCli } from '../src/cli/program.ts';
import { parseConfig, REASONS } from '../src/index.ts';
import { DOCS, read } from './docs/markdown.ts';

async function help(...args: string[]): Promise<string> {
  let out = '';
  await runCli([...args, '--help'], {
    out: (text) => {
      out += text;
    },
    err: () => undefined,
    clock: { now: () => 0, sleep: async () => undefined },
    signal: new AbortController().signal,
    terminal: process.stderr,
  });
  return out;
}

describe('the documents', () => {
  it('explain every reason a decision can have', () => {
    const text = read('docs/reasons.md');
    for (const reason of REASONS) expect(text).toContain(`\`${reason}\``);
  });

  it('show a middleware that works as it is written', () => {
    const [, block] = /## A bot of your own\n+```js\n(.*?)```/s.exec(read('adapters/README.md'))!;
    const code = block!.replace(/^import .*$/m, '');
    const run = new Function('createOverlay', `${code}; return { engine, order };`);
    const { engine, order } = run(createOverlay);
    expect(order).toMatchObject({ symbol: 'BTC/USDT', amount: 0.1 });
    expect(engine.getOptimizationStatus()).toMatchObject({ decisions: 1, errors: {} });
  });

  it('show one call that puts the overlay on a ccxt bot as it is written', async () => {
    const [, block] = /changing the bot:\n+```js\n(.*?)```/s.exec(read('README.md'))!;
    const code = block!.replace(/^import .*$/m, '').replace('await', 'return');
    const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const exchange = { id: 'venue', has: {}, milliseconds: () => Date.now(), createOrder: async () => ({}) };
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const run = new Function('edgekeeper', 'exchange', code);
    const bot = await run(
      (on: typeof exchange, options: object) => edgekeeper(on as never, { ...options, stateDir, log }),
      exchange,
    );
    expect(bot.engine.mode).toBe('observe');
    expect(Object.hasOwn(exchange, 'createOrder')).toBe(true);
    await bot.close();
  });

  it('show only commands and options that exist', async () => {
    const shown = ['README.md', ...DOCS].flatMap((path) =>
      [...read(path).matchAll(/npx edgekeeper ([^#\n`]+)/g)].map(([, line]) => line!.trim()),
    );
    expect(shown.length).toBeGreaterThan(12);
    for (const line of shown) {
      const [command, sub] = line.split(' ') as [string, string?];
      const text = await help(
        ...(['config', 'journal', 'alerts', 'fleet'].includes(command) && sub !== undefined
          ? [command, sub]
          : [command]),
      );
      expect(text, line).toMatch(new RegExp(`Usage: edgekeeper ${command}`));
      for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(text, line).toContain(option);
    }
  });

  it('name the switches with their defaults', () => {
    const config = parseConfig();
    for (const [, flag, value] of read('README.md').matchAll(/^\| `(\w+)` \| `(true|false)` \|/gm)) {
      expect(String(config[flag as 'enabled'])).toBe(value);
    }
  });
});
