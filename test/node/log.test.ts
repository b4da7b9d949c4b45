import fs from 'node:fs';
import { mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createLog, logEngine, onAlerts } from '../../src/node/index.ts';
import { AUTHOR, engineWith, HOUR, START, signal } from '../fixtures.ts';

async function logged(use: (log: ReturnType<typeof createLog>) => void): Promise<Record<string, unknown>[]> {
  const directory = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  const log = createLog({ directory, terminal: 'silent' });
  use(log);
  await log.close();
  const text = await readFile(join(directory, 'edgekeeper.log'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('the log', () => {
  it('is JSON in files, complete when it is closed', async () => {
    const lines = await logged((log) => {
      for (let i = 0; i < 500; i += 1) log.info(`line ${i}`, { i });
    });
    expect(lines).toHaveLength(500);
    expect(lines[499]).toMatchObject({
      level: 'info',
      message: 'line 499',
      i: 499,
      timestamp: expect.any(String),
    });
  });

  it('goes to the terminal alone where its files cannot be written, and says so once', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    await mkdir(join(parent, 'taken', 'edgekeeper.log'), { recursive: true });
    await writeFile(join(parent, 'file'), '');
    for (const directory of [join(parent, 'taken'), join(parent, 'file'), join(parent, 'file', 'below')]) {
      const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      const log = createLog({ directory, terminal: 'silent' });
      for (let i = 0; i < 10; i += 1) {
        log.warn(`line ${i}`);
        await setImmediate();
      }
      await log.close();
      expect(said.mock.calls.map(([text]) => String(text))).toEqual([
        expect.stringContaining('the log cannot be written'),
      ]);
      said.mockRestore();
    }
  });

  it.skipIf(!fs.existsSync('/dev/full'))('can be closed on a disk that is full', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    await symlink('/dev/full', join(directory, 'edgekeeper.log'));
    const log = createLog({ directory, terminal: 'silent' });
    for (let i = 0; i < 10; i += 1) {
      log.warn(`line ${i}`);
      await sleep(5);
    }
    await log.close();
  });

  it('makes no file before there is something to say', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'logs');
    await createLog({ directory, terminal: 'silent' }).close();
    expect(fs.existsSync(directory)).toBe(false);
  });

  it('never holds a secret, however deep it is', async () => {
    const [line] = await logged((log) =>
      log.warn('trouble', {
        apiKey: 'k1',
        nested: { headers: [{ secret: 'k2', Authorization: 'k3' }] },
        fine: 'yes',
      }),
    );
    expect(JSON.stringify(line)).not.toMatch(/k1|k2|k3/);
    expect(line).toMatchObject({ fine: 'yes', apiKey: '[redacted]' });
  });

  it('never holds the signed part of an address', async () => {
    const [line] = await logged((log) => {
      const engine = engineWith();
      logEngine(engine, log);
      const address = 'http://venue.example/api/v3/account?AccessKeyId=k1&timestamp=1&signature=k2';
      engine.countError('RECONCILE_FAILED', new Error(`venue GET ${address} failed`));
    });
    expect(line!.message).toBe(
      'RECONCILE_FAILED: Error: venue GET http://venue.example/api/v3/account?… failed',
    );
  });

  it('says a failure once, new alerts once, and every status change and command', async () => {
    const lines = await logged((log) => {
      const engine = engineWith();
      logEngine(engine, log);
      for (let i = 0; i < 5; i += 1) engine.decide(signal({ time: Number.NaN }));
      engine.forceStatus('s', 'SUSPENDED', AUTHOR);
      engine.updateOptimization(START);
      engine.updateOptimization(START + HOUR);
      engine.setFlags({ enabled: false }, AUTHOR);
    });
    const messages = lines.map(({ message }) => String(message));
    expect(messages.filter((message) => message.startsWith('SIGNAL_INVALID'))).toHaveLength(1);
    expect(messages.filter((message) => message.startsWith('alert STRATEGY_SUSPENDED'))).toHaveLength(1);
    expect(messages).toContain('s ACTIVE -> SUSPENDED');
    expect(messages.filter((message) => message.startsWith('command'))).toEqual([
      'command forceStatus',
      'command setFlags',
    ]);
  });
});

describe('a callback', () => {
  it('is told of each alert once, however often it flickers, and of its end', () => {
    const engine = engineWith({ riskMaxDrawdown: 0.2 });
    const told: string[] = [];
    const stop = onAlerts(engine, ({ what, alert }) => told.push(`${what} ${alert.code}`));
    for (let hour = 0; hour < 60; hour += 1) {
      const time = START + hour * HOUR;
      // Around the line at which the guard begins: the account falls and comes back again and again.
      const equity = hour < 30 ? (hour % 2 === 0 ? 1000 : 850) : 1000;
      engine.recordEquity({ time, equity });
      engine.updateOptimization(time);
    }
    stop();
    expect(told.filter((each) => each.endsWith('DRAWDOWN_GUARD_ACTING'))).toEqual([
      'raised DRAWDOWN_GUARD_ACTING',
      'cleared DRAWDOWN_GUARD_ACTING',
    ]);
    expect(told.filter((each) => each.endsWith('NO_EQUITY_FEED'))).toEqual([]);
  });
});
