// The long version of what the tests check in short. Run by `npm run soak`; prints its seeds and its figures.
// EDGEKEEPER_SEED repeats a run, EDGEKEEPER_MINUTES sets how long the properties are tried.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { OptimizationEngine, TradeInput } from '../src/index.ts';
import { openOverlay, wallClock } from '../src/node/index.ts';
import { seededRandom } from '../src/statistics/random.ts';
import { crashRun } from '../test/journal/crash.ts';

const SEED = Number(process.env.EDGEKEEPER_SEED ?? randomInt(2 ** 31 - 1));
const MINUTES = Number(process.env.EDGEKEEPER_MINUTES ?? 30);
/** Cases of each check, against 6 in `npm test`. */
const CASES = process.env.EDGEKEEPER_CASES ?? '70';
const KILLS = 200;
const TRADES = 1_000_000;
const START = Date.UTC(2000, 0, 1);
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const say = (text: string) => void process.stdout.write(`${text}\n`);

function trade(i: number, normal: number): TradeInput {
  const exitTime = START + i * 60_000;
  const strategy = `s${i % 5}`;
  return {
    id: `t${i}`,
    strategy,
    symbol: i % 2 ? 'BTC/USDT' : 'ETH/USDT',
    regime: (['TRENDING', 'RANGING', 'VOLATILE'] as const)[i % 3]!,
    entryTime: exitTime,
    exitTime,
    entryPrice: 100,
    stop: 90,
    size: 1,
    pnl: 0.5 + 12 * normal,
  };
}

/** Runs the tests with a seed, for so many milliseconds at most. Returns what failed; null when all passed, or time was over. */
function tryProperties(seed: number, milliseconds: number): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test', '--bail=1'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, EDGEKEEPER_SEED: String(seed), EDGEKEEPER_CASES: CASES, NO_COLOR: '1' },
    });
    let [out, over] = ['', false];
    const listen = (chunk: Buffer) => {
      out = (out + chunk).slice(-20_000);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    const deadline = setTimeout(() => {
      over = true;
      child.kill();
    }, milliseconds);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(deadline);
      resolve(code === 0 || over ? null : out);
    });
  });
}

/** Median cost of a decision in microseconds. */
function decideCost(engine: OptimizationEngine): number {
  const costs: number[] = [];
  for (let i = 0; i < 20_000; i += 1) {
    const began = process.hrtime.bigint();
    engine.decide({
      strategy: `s${i % 5}`,
      symbol: 'BTC/USDT',
      side: 'long',
      time: engine.time,
      confidence: 0.8,
      confluence: 3,
    });
    costs.push(Number(process.hrtime.bigint() - began) / 1000);
  }
  return costs.sort((a, b) => a - b)[costs.length / 2]!;
}

describe('soak', () => {
  say(`seed ${SEED}`);

  it(`tries the properties with other seeds for ${MINUTES} minutes`, async () => {
    const end = Date.now() + MINUTES * 60_000;
    for (let seed = SEED; Date.now() < end; seed += 1) {
      say(`properties: seed ${seed}, ${CASES} cases`);
      const failed = await tryProperties(seed, end - Date.now());
      expect(failed, `EDGEKEEPER_SEED=${seed} EDGEKEEPER_CASES=${CASES} npm test`).toBeNull();
    }
  });

  it(`survives ${KILLS} kills, and as many signals and exits after them, with commands from a second process`, async () => {
    const build = fileURLToPath(new URL('../dist', import.meta.url));
    for (const endings of ['kills', 'gentle'] as const) {
      const result = await crashRun(build, KILLS, SEED, endings);
      say(`${endings}: ${JSON.stringify(result)}`);
      expect(result).toEqual({ kills: KILLS, lost: 0, trades: 0, decisions: 0, equal: true });
    }
  });

  it(`records ${TRADES} trades in bounded memory`, async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'edgekeeper-soak-'));
    const open = () =>
      openOverlay({
        stateDir,
        log: quiet,
        clock: { now: () => START + TRADES * 60_000, sleep: wallClock.sleep },
        durability: 'os',
        config: { retirementManagement: false },
      });
    const overlay = await open();
    const { engine } = overlay;
    const { normal } = seededRandom(SEED);
    const figures: { trades: number; snapshot: number; decide: number; heap: number }[] = [];
    for (let i = 0; i < TRADES; i += 1) {
      engine.recordTrade(trade(i, normal()));
      if (i % 1000 === 999) engine.updateOptimization(engine.time);
      if (i % 20_000 === 19_999) await overlay.durable();
      if (i + 1 === 200_000 || i + 1 === TRADES) {
        const decide = decideCost(engine);
        await overlay.durable();
        globalThis.gc?.();
        figures.push({
          trades: i + 1,
          snapshot: JSON.stringify(engine.snapshot()).length,
          decide,
          heap: process.memoryUsage().heapUsed,
        });
      }
    }
    for (const { trades, snapshot, decide, heap } of figures) {
      say(
        `after ${trades} trades: snapshot ${(snapshot / 1024).toFixed(0)} KiB, decide ${decide.toFixed(1)} us, heap ${(heap / 2 ** 20).toFixed(0)} MiB`,
      );
    }
    await overlay.close();
    const timed = async () => {
      const began = performance.now();
      const again = await open();
      const took = performance.now() - began;
      const state = JSON.stringify(again.engine.snapshot());
      return { took, state, close: () => again.close() };
    };
    const withSnapshot = await timed();
    await withSnapshot.close();
    rmSync(join(stateDir, 'state.json'));
    const without = await timed();
    await without.close();
    say(
      `restart: ${withSnapshot.took.toFixed(0)} ms with a snapshot, ${(without.took / 1000).toFixed(1)} s from the journal alone`,
    );
    expect(without.state).toBe(withSnapshot.state);
    const [early, late] = figures as [(typeof figures)[0], (typeof figures)[0]];
    expect(late.snapshot / early.snapshot).toBeLessThan(1.1);
    expect(withSnapshot.took).toBeLessThan(3000);
    rmSync(stateDir, { recursive: true });
  });
});
