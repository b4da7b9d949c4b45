import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import type { CliWorld } from '../../src/cli/world.ts';
import { SNAPSHOT_VERSION } from '../../src/engine/snapshot.ts';
import type { Clock } from '../../src/index.ts';
import { generateMarket } from '../../src/paper/generated-market.ts';
import { HOUR, START } from '../fixtures.ts';
import { type Loopback, type LoopbackOptions, loopbackBinance } from './loopback-binance.ts';

const market = generateMarket({ seed: 3, start: START, count: 2000, interval: HOUR });
const BEGIN = START + 1300 * HOUR + 60_000;

/** A clock that jumps to the end of every sleep, and stops the run at a time. */
function fakeClock(end: number, stop: AbortController): Clock & { time: number } {
  return {
    time: BEGIN,
    now() {
      return this.time;
    },
    async sleep(ms) {
      this.time += Math.max(0, ms);
      if (this.time >= end) stop.abort();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

let loopback: Loopback | null = null;
afterEach(async () => {
  await loopback?.close();
  loopback = null;
});

async function live(
  hours: number,
  fault: LoopbackOptions['fault'],
  args: readonly string[] = [],
  dir?: string,
) {
  const stateDir = dir ?? (await mkdtemp(join(tmpdir(), 'edgekeeper-')));
  const stop = new AbortController();
  const clock = fakeClock(BEGIN + hours * HOUR, stop);
  loopback = await loopbackBinance({ candles: market, now: () => clock.time, fault });
  let [out, err] = ['', ''];
  const world: CliWorld = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    clock,
    signal: stop.signal,
    terminal: new PassThrough() as never,
    logLevel: 'silent',
    exchangeOptions: loopback.exchangeOptions,
  };
  const code = await runCli(
    [
      'paper',
      '--exchange',
      'binance',
      '--symbols',
      'BTC/USDT,ETH/USDT',
      '--state-dir',
      stateDir,
      '--json',
      ...args,
    ],
    world,
  );
  const log = (await readFile(join(stateDir, 'logs', 'edgekeeper.log'), 'utf8').catch(() => ''))
    .trim()
    .split('\n');
  return {
    code,
    err,
    report: out === '' ? null : JSON.parse(out),
    stateDir,
    log,
    requests: loopback.requests,
  };
}

const stateLines = async (stateDir: string) =>
  (await readFile(join(stateDir, 'state.json'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a live paper run against an exchange', () => {
  it('trades many candles through a 429, a dropped connection and a stale feed', async () => {
    const trouble: LoopbackOptions['fault'] = (request) => {
      if (request === 20) return 'tooManyRequests';
      if (request === 30 || request === 31) return 'drop';
      if (request > 60 && request <= 80) return { staleSince: START + 1320 * HOUR };
      return 'none';
    };
    const { code, report, log, requests, stateDir } = await live(150, trouble);
    expect(code).toBe(0);
    expect(report.run.candles).toBeGreaterThan(290);
    expect(report.overlay.account.trades).toBeGreaterThan(5);
    expect(report.overlay.account.equity).not.toBe(report.overlay.account.startBalance);
    expect(report.overlay.alerts.map(({ code: alert }: { code: string }) => alert)).not.toContain(
      'MARKET_DATA_STALE',
    );
    expect(log.filter((line) => line.includes('trying again'))).toHaveLength(3);
    expect(log.some((line) => line.includes('alert MARKET_DATA_STALE'))).toBe(true);
    expect(requests.some(({ keyed }) => keyed)).toBe(false);
    expect(requests.filter(({ path }) => !/exchangeInfo|klines/.test(path))).toEqual([]);
    const [head, ...pieces] = await stateLines(stateDir);
    expect(head).toMatchObject({ origin: 'live', snapshot: { version: SNAPSHOT_VERSION } });
    const history = pieces.flatMap(({ section, items }) => (section === 'history' ? items : []));
    expect(history.length).toBeGreaterThan(50);
  });

  it('goes on from the state that the last one left', async () => {
    const first = await live(30, () => 'none');
    await loopback!.close();
    const second = await live(30, () => 'none', [], first.stateDir);
    expect(second.code).toBe(0);
    const [head] = await stateLines(second.stateDir);
    expect(head.snapshot.decisions).toBeGreaterThanOrEqual(
      first.report.overlay.signals.reduce((sum: number, s: { signals: number }) => sum + s.signals, 0),
    );
  });

  it('gives up on a symbol or a timeframe that the exchange does not have, before anything is traded', async () => {
    for (const [args, message] of [
      [['--symbols', 'FOO/USDT'], { code: 'SYMBOL_UNKNOWN', found: '"FOO/USDT" on binance' }],
      [['--timeframe', '7m'], { code: 'TIMEFRAME_UNKNOWN', found: '"7m"' }],
    ] as const) {
      const { code, err, report } = await live(5, () => 'none', args);
      expect(code).toBe(1);
      expect(JSON.parse(err).error).toMatchObject(message);
      expect(report).toBeNull();
      await loopback!.close();
    }
  });

  it('says so when the exchange cannot be reached', async () => {
    const { code, err } = await live(5, () => 'drop');
    expect(code).toBe(1);
    expect(err).toMatch(/MARKET_DATA_UNAVAILABLE.*after 5 tries/s);
  });
});
