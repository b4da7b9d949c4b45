import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverSchema } from '../../src/config/rooms.ts';
import type { Overlay } from '../../src/node/index.ts';
import { serve } from '../../src/server/serve.ts';
import { Watch } from '../../src/server/watch.ts';
import { fresh, quiet, type Room, room, TOKEN, tradingBot, write } from './served.ts';

let bot: Overlay;
let served: Room;
let stateDir = '';
beforeAll(async () => {
  stateDir = await fresh();
  bot = await tradingBot(stateDir, 6);
  served = await room(stateDir);
});
afterAll(async () => {
  await served.close();
  await bot.close();
});

const OFF = { type: 'setFlags', flags: { enabled: false }, reason: 'mine now' };

const failure = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error;

/** A request as no browser makes it. */
function raw(options: { path?: string; method?: string; headers?: Record<string, string>; body?: string }) {
  const { hostname, port } = new URL(served.url);
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({ hostname, port, path: '/api/status', ...options }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
}

describe('somebody who may not', () => {
  it('changes nothing without the token, nor with another one', async () => {
    const guesses: Record<string, string>[] = [
      {},
      { authorization: 'Bearer ' },
      { authorization: `Basic ${TOKEN}` },
      { authorization: `Bearer ${TOKEN}x` },
    ];
    for (const headers of guesses) {
      const answer = await served.ask('api/commands', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(OFF),
      });
      expect([headers, answer.status, (await failure(answer)).code]).toEqual([
        headers,
        401,
        'REQUEST_REFUSED',
      ]);
    }
    expect((await served.ask('api/off', { method: 'POST' })).status).toBe(401);
    expect((await served.ask('api/commands/x', { method: 'DELETE' })).status).toBe(401);
    expect(bot.engine.flags.enabled).toBe(true);
  });

  it('writes from no page of somebody else, even with the token', async () => {
    const places: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of places) {
      const { status } = await raw({
        path: '/api/commands',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
        body: JSON.stringify(OFF),
      });
      expect([headers, status]).toEqual([headers, 403]);
    }
    // A form needs no permission of the server to be sent: its kinds are refused.
    const form = await raw({
      path: '/api/commands',
      method: 'POST',
      headers: { 'content-type': 'text/plain', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(OFF),
    });
    expect(form.status).toBe(415);
    expect(bot.engine.flags.enabled).toBe(true);
  });

  it('reads nothing by a name that is not ours, which a page could be led here by', async () => {
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '169.254.169.254',
    ])
      expect([host, (await raw({ headers: { host } })).status]).toEqual([host, 403]);
    for (const path of ['/', '/metrics', '/healthz', '/api/events'])
      expect([path, (await raw({ path, headers: { host: 'evil.example' } })).status]).toEqual([path, 403]);
    expect((await raw({ headers: { host: 'localhost:1' } })).status).toBe(200);
    const named = await room(stateDir, { allowedHosts: ['bots.example'] });
    const answer = await new Promise<number>((resolve) => {
      request(
        { port: new URL(named.url).port, path: '/api/status', headers: { host: 'bots.example' } },
        ({ statusCode }) => resolve(statusCode!),
      ).end();
    });
    expect(answer).toBe(200);
    await named.close();
  });

  it('reads nothing beyond this machine without the token', async () => {
    const open = await room(stateDir, { host: '0.0.0.0' });
    const at = (path: string, options: RequestInit = {}) =>
      fetch(new URL(path, open.url.replace('0.0.0.0', '127.0.0.1')), options);
    for (const path of ['api/status', 'api/events', 'metrics', 'api/export/trades.csv', 'api/openapi.json'])
      expect([path, (await at(path)).status]).toEqual([path, 401]);
    expect((await at('healthz')).status).toBe(200);
    const bearer = { headers: { authorization: `Bearer ${TOKEN}` } };
    expect((await at('api/status', bearer)).status).toBe(200);
    const events = await at('api/events', bearer);
    expect(events.status).toBe(200);
    await events.body!.cancel();
    await open.close();
  });

  it('leaves the room for files by no path', async () => {
    for (const path of [
      '/assets/../../package.json',
      '/assets/%2e%2e%2fpackage.json',
      '/assets/..%5c..%5cpackage.json',
      '/../token',
      '/assets/token',
      '/api/export/..%2f..%2ftoken',
      '/api/export/%00.csv',
      '/api/decisions/..%2f..%2fstate',
    ]) {
      const { status, text } = await raw({ path });
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
      expect(text).not.toContain('"dependencies"');
    }
  });

  it('brings no body that is too large, none that is cut to pieces for ever, and no JSON that is none', async () => {
    const large = await served.ask('api/commands', write({ ...OFF, reason: 'x'.repeat(20_000) }));
    expect([large.status, (await failure(large)).code]).toEqual([413, 'REQUEST_REFUSED']);
    for (const body of [
      '{',
      'null',
      '[]',
      '"x"',
      '{"type":"setFlags","flags":{"__proto__":{"enabled":true}},"reason":"r"}',
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
    ]) {
      const answer = await served.ask('api/commands', { ...write(null), body });
      expect([body.slice(0, 40), answer.status]).toEqual([body.slice(0, 40), 400]);
      expect((await failure(answer)).code).toMatch(/REQUEST_INVALID|COMMAND_INVALID/);
    }
    const head = await raw({ headers: { 'x-much': 'y'.repeat(40_000) } }).catch((error) => ({
      status: 431,
      text: String(error),
    }));
    expect(head.status).toBe(431);
  });

  it('holds up nobody else by sending slowly', async () => {
    const { port } = new URL(served.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /api/commands HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
    );
    expect((await served.ask('api/status')).status).toBe(200);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await served.ask('api/weights');
    socket.destroy();
    await closed;
  });

  it('is stopped when it guesses, and when it writes too often', async () => {
    const guarded = await room(stateDir);
    const statuses: number[] = [];
    for (let i = 0; i < 25; i += 1)
      statuses.push((await guarded.ask('api/off', write({}, `guess-${i}-guess-guess`))).status);
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(statuses.slice(20)).toEqual(Array(5).fill(429));
    await guarded.close();
    const busy = await room(stateDir);
    const writes = await Promise.all(
      Array.from({ length: 70 }, () =>
        busy.ask('api/alerts/acknowledge', write({ id: 'none' })).then(({ status }) => status),
      ),
    );
    expect(writes.filter((status) => status === 429)).toHaveLength(10);
    await busy.close();
  });

  it('gets headers that keep a browser from doing more than showing', async () => {
    for (const path of ['', 'api/status']) {
      const { headers } = await served.ask(path);
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

describe('the token', () => {
  it('is made at the first start, for the owner alone, and the same after that', async () => {
    const dir = join(await fresh(), 'not', 'yet');
    const started = async () => {
      const watch = new Watch(dir);
      const own = await serve({ watch, settings: serverSchema.parse({ port: 0 }), log: quiet, version: '0' });
      const token = await readFile(join(dir, 'token'), 'utf8');
      const answer = await fetch(new URL('api/off', own.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${token.trim()}` },
      });
      expect(answer.status).toBe(503);
      await own.close();
      return token;
    };
    const token = await started();
    expect(token.length).toBeGreaterThan(30);
    expect((await stat(join(dir, 'token'))).mode & 0o777).toBe(0o600);
    expect(await started()).toBe(token);
  });

  it('is refused where it is short, and where its file is missing', async () => {
    const watch = new Watch(await fresh());
    const start = (settings: object) =>
      serve({ watch, settings: serverSchema.parse({ port: 0, ...settings }), log: quiet, version: '0' });
    await expect(start({ tokenFile: '/nowhere/token' })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    process.env.EDGEKEEPER_TOKEN = 'short';
    await expect(start({})).rejects.toThrow(/5 characters in EDGEKEEPER_TOKEN/);
    delete process.env.EDGEKEEPER_TOKEN;
  });

  it('is in no answer and in no log', async () => {
    const texts: string[] = [];
    const log = {
      info: (text: string, fields?: object) => void texts.push(text, JSON.stringify(fields)),
      warn: (text: string) => void texts.push(text),
      error: (text: string) => void texts.push(text),
    };
    process.env.EDGEKEEPER_TOKEN = TOKEN;
    const watch = new Watch(stateDir);
    await watch.start();
    const own = await serve({ watch, settings: serverSchema.parse({ port: 0 }), log, version: '0' });
    delete process.env.EDGEKEEPER_TOKEN;
    for (const path of [
      'api/status',
      'api/nothing',
      `api/${TOKEN.slice(0, 5)}`,
      'api/openapi.json',
      'metrics',
    ])
      texts.push(
        await (await fetch(new URL(path, own.url), { headers: { authorization: `Bearer ${TOKEN}` } })).text(),
      );
    expect(texts.join('\n')).not.toContain(TOKEN);
    await own.close();
    await watch.close();
  });

  it('and an address that is taken are told apart', async () => {
    const { port } = new URL(served.url);
    const watch = new Watch(stateDir);
    await expect(
      serve({ watch, settings: serverSchema.parse({ port: Number(port) }), log: quiet, version: '0' }),
    ).rejects.toMatchObject({ code: 'SERVER_FAILED' });
  });
});
