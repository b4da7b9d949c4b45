import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, start } from '../built.ts';
import { fresh } from './served.ts';

let folder = '';
beforeAll(() => {
  folder = built();
});

/** A bot with a room beside it, that prints where that is and how long its longest wait for a turn was. */
const bot = (config: object, ending: string) => `
  import { openOverlay } from 'BUILT/src/node/index.js';
  const log = { info: (text) => console.log(text), warn: (text) => console.log('warn ' + text), error: (text) => console.log('error ' + text) };
  const overlay = await openOverlay({ stateDir: process.argv[2], config: ${JSON.stringify(config)}, log });
  const { engine } = overlay;
  const trade = (i) => {
    const time = Date.now();
    const decision = engine.decide({ strategy: 'S', symbol: 'BTC/USDT', side: 'long', time });
    engine.recordTrade({ id: 't' + i, strategy: 'S', symbol: 'BTC/USDT', entryTime: time, exitTime: time, entryPrice: 100, stop: 90, size: 1, pnl: 1, decision });
  };
  ${ending}
`;

describe('a room that the configuration of a bot opens', () => {
  it('serves what the bot does, and ends with it', async () => {
    const stateDir = await fresh();
    const program = start(
      folder,
      bot(
        { server: { port: 0 } },
        "for (let i = 0; i < 5; i += 1) trade(i); setInterval(() => {}, 1000); process.once('SIGTERM', async () => { await overlay.close(); process.exit(0); });",
      ),
      stateDir,
    );
    const url = /dashboard at (\S+)/.exec(await program.says('dashboard at'))![1]!;
    const entries = async () =>
      ((await (await fetch(new URL('api/status', url))).json()) as { healthy?: { entries: number } }).healthy
        ?.entries;
    await expect.poll(entries, { timeout: 10_000 }).toBe(5);
    const token = (await readFile(join(stateDir, 'token'), 'utf8')).trim();
    const answer = await fetch(new URL('api/commands', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'setMode', mode: 'observe', reason: 'look' }),
    });
    expect(await answer.json()).toMatchObject({ isDone: true });
    program.child.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0 });
    await expect(fetch(url)).rejects.toThrow();
  });

  it('keeps no bot from ending that has nothing left to do, nor from trading where the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const ended = await start(
      folder,
      bot(
        { server: { port } },
        "setTimeout(() => { trade(1); console.log('traded', engine.getOptimizationStatus().decisions); }, 2500);",
      ),
      await fresh(),
    ).ended;
    other.close();
    expect(ended.out).toMatch(/error SERVER_FAILED.*cannot be listened on/);
    expect(ended.out).toMatch(/traded 1/);
    expect(ended.code).toBe(0);
  });

  it('tells those who are named of alerts, each once', async () => {
    const bodies: { code: string; what: string; text: string }[] = [];
    const receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        bodies.push(JSON.parse(text));
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => receiver.once('listening', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?key=SECRET`;
    const alerts = { minLevel: 'info', sinks: [{ type: 'webhook', url }] };
    const program = start(
      folder,
      bot({ alerts, mode: 'observe' }, 'trade(1); setInterval(() => {}, 1000);'),
      await fresh(),
    );
    await expect.poll(() => bodies.map(({ code }) => code), { timeout: 10_000 }).toContain('OBSERVING');
    program.child.kill('SIGKILL');
    const { out } = await program.ended;
    receiver.close();
    expect(bodies.filter(({ code }) => code === 'OBSERVING')).toHaveLength(1);
    expect(bodies.find(({ code }) => code === 'OBSERVING')).toMatchObject({
      what: 'raised',
      text: expect.stringMatching(/edgekeeper act/),
    });
    expect(out).not.toContain('SECRET');
  });
});
