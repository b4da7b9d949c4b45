import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { alertsSchema, WEBHOOK_FORMATS } from '../../../src/config/rooms.ts';
import type { AlertNews, KnownAlert } from '../../../src/monitor/alert-book.ts';
import { digestOf } from '../../../src/server/alerts/messages.ts';
import { AlertSender } from '../../../src/server/alerts/sender.ts';
import { edgekeeper } from '../../cli/run-cli.ts';
import { fresh, room, tradingBot } from '../served.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Somebody who receives messages, and answers as they are told to. */
async function receiver(
  answer: (response: ServerResponse, count: number) => void = (response) => void response.end(),
) {
  const bodies: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      answer(response, bodies.length);
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const alert: KnownAlert = {
  id: 'HARD_STOP portfolio',
  level: 'critical',
  code: 'HARD_STOP',
  about: 'portfolio',
  message: 'the account fell 30%: `edgekeeper resume`',
  since: 0,
  lastSeen: 0,
  toldAt: 0,
  acknowledged: false,
};
const news: AlertNews = { what: 'raised', alert };

async function sender(sinks: object[], settings: object = {}) {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  const made = await AlertSender.of(alertsSchema.parse({ sinks, ...settings }), {
    info: write,
    warn: write,
    error: write,
  });
  return { made, lines };
}

describe('alerts that are sent', () => {
  it('have the form that each service wants, and say what to do', async () => {
    const { bodies, url } = await receiver();
    const { made } = await sender(
      WEBHOOK_FORMATS.map((format) => ({
        type: 'webhook',
        format,
        url,
        ...(format === 'telegram' ? { chatId: '42' } : {}),
      })),
    );
    made.tell('my-bot', [news]);
    await expect.poll(() => bodies.length).toBe(4);
    const full = '[edgekeeper my-bot] critical HARD_STOP\nthe account fell 30%: `edgekeeper resume`';
    expect(bodies).toEqual(
      expect.arrayContaining([
        {
          subject: full.split('\n')[0],
          text: alert.message,
          what: 'raised',
          level: 'critical',
          code: 'HARD_STOP',
          about: 'portfolio',
          since: '1970-01-01T00:00:00.000Z',
        },
        { text: full },
        { content: full, allowed_mentions: { parse: [] } },
        { chat_id: '42', text: full, disable_web_page_preview: true },
      ]),
    );
    await made.close();
  });

  it('are tried again where it fails, and hold up nobody else where somebody is dead', async () => {
    const shaky = await receiver((response, count) => {
      response.statusCode = count < 2 ? 500 : 200;
      response.end();
    });
    const dead = await receiver(() => undefined);
    const well = await receiver();
    const { made } = await sender([dead.url, shaky.url, well.url].map((url) => ({ type: 'webhook', url })));
    const began = performance.now();
    for (let i = 0; i < 20; i += 1) made.tell('b', [news]);
    // Nothing of it is waited for.
    expect(performance.now() - began).toBeLessThan(500);
    await expect.poll(() => [well.bodies.length, dead.bodies.length]).toEqual([20, 1]);
    await expect.poll(() => shaky.bodies.length, { timeout: 10_000 }).toBe(21);
    await made.close();
  });

  it('are those of the level that is wanted', async () => {
    const { bodies, url } = await receiver();
    const { made } = await sender([{ type: 'webhook', url }], { minLevel: 'critical' });
    made.tell('b', [{ what: 'raised', alert: { ...alert, level: 'warning' } }, news]);
    await made.close();
    expect(bodies).toHaveLength(1);
  });

  it('go by mail, in one line of a subject', async () => {
    const said: string[] = [];
    const server = createSocketServer((socket) => {
      socket.write('220 here\r\n');
      let isData = false;
      socket.on('data', (chunk) => {
        for (const line of chunk.toString().split('\r\n').filter(Boolean)) {
          said.push(line);
          if (isData) {
            if (line !== '.') continue;
            isData = false;
          }
          if (line === 'DATA') isData = true;
          socket.write(line === 'DATA' ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
        }
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    process.env.TEST_SMTP = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { made } = await sender([
      { type: 'email', urlEnv: 'TEST_SMTP', from: 'bot@example.org', to: 'me@example.org' },
    ]);
    made.tell('bot\r\nBcc: all@example.org', [news]);
    await expect.poll(() => said.some((line) => line.startsWith('Subject: '))).toBe(true);
    await made.close();
    server.close();
    expect(said.filter((line) => /^Bcc:/i.test(line))).toEqual([]);
  });

  it('are refused where there is nobody to send them to, without a word of what is secret', async () => {
    await expect(sender([{ type: 'webhook', urlEnv: 'NO_SUCH_VARIABLE' }])).rejects.toThrow(
      /no environment variable NO_SUCH_VARIABLE/,
    );
    const error = await sender([{ type: 'webhook', url: 'ftp://user:SECRET@x' }]).catch(
      ({ message }: Error) => message,
    );
    expect(error).toMatch(/CONFIG_INVALID/);
    expect(error).not.toMatch(/SECRET/);
    for (const sink of [
      { type: 'webhook' },
      { type: 'webhook', url: 'http://x', format: 'telegram' },
      { type: 'fax', url: 'http://x' },
    ])
      expect(alertsSchema.safeParse({ sinks: [sink] }).success).toBe(false);
  });

  it('are tried from the command line', async () => {
    const { bodies, url } = await receiver((response, count) => {
      response.statusCode = count === 1 ? 200 : 404;
      response.end();
    });
    const file = join(await fresh(), 'edgekeeper.json');
    await writeFile(file, JSON.stringify({ edgekeeper: { alerts: { sinks: [{ type: 'webhook', url }] } } }));
    expect(await edgekeeper('alerts', 'test', '--config', file)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^delivered: +json at 127/),
    });
    expect(bodies).toMatchObject([{ what: 'test' }]);
    expect(await edgekeeper('alerts', 'test', '--config', file)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/NOT delivered: json at .*: status 404/),
    });
    await writeFile(file, '{}');
    expect((await edgekeeper('alerts', 'test', '--config', file)).err).toMatch(
      /CONFIG_INVALID.*without anybody to tell/s,
    );
  });

  it('come with a summary of the day', async () => {
    const stateDir = await fresh();
    const bot = await tradingBot(stateDir, 9);
    const served = await room(stateDir);
    const { text } = digestOf('b', served.watch.overview()!);
    expect(text).toMatch(
      /^Healthy\? 2 active.*\nHelping\? INCONCLUSIVE.*\nLast day: 9 signals: \d+ sent whole/,
    );
    await served.close();
    await bot.close();
  });
});
