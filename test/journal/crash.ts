import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recover } from '../../src/journal/recovery.ts';
import { LowdbStateStore } from '../../src/journal/state-store.ts';
import { type Random, seededRandom } from '../../src/statistics/random.ts';
import { layGhost } from '../ghost.ts';

const worker = fileURLToPath(new URL('./crash-worker.mjs', import.meta.url));

/** Runs the worker until it ends, or until it has said a number of things, and then kills it. Returns what it said. */
function runWorker(
  build: string,
  stateDir: string,
  hours: number,
  killAfter: number | null,
  random: Random,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [worker, build, stateDir, String(hours)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    let killing = false;
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (killAfter === null || killing || out.split('\n').length <= killAfter) return;
      killing = true;
      // A moment of its own choosing within the next events.
      setTimeout(() => child.kill('SIGKILL'), 3 * random.uniform());
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(out.trim().split('\n').filter(Boolean));
      else reject(new Error(`the worker ended with ${code}: ${err}`));
    });
  });
}

async function stateOf(stateDir: string): Promise<string> {
  const { engine } = await recover(new LowdbStateStore(stateDir), join(stateDir, 'journal'));
  return JSON.stringify(engine.snapshot());
}

export interface CrashResult {
  readonly kills: number;
  /** Things acknowledged that were gone after a restart. */
  readonly lost: number;
  readonly trades: number;
  readonly decisions: number;
  /** Whether the state equals that of a run that nobody killed. */
  readonly equal: boolean;
}

/** Kills a bot at random moments until it was killed often enough, lets it finish, and compares. */
export async function crashRun(build: string, kills: number, seed: number): Promise<CrashResult> {
  const random = seededRandom(seed);
  const hours = kills * 12 + 40;
  const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));
  const [stateDir, calm] = [await directory(), await directory()];
  let killed = 0;
  let lost = 0;
  for (; killed < kills; killed += 1) {
    const said = await runWorker(build, stateDir, hours, 1 + Math.floor(20 * random.uniform()), random);
    layGhost(stateDir);
    const { engine } = await recover(new LowdbStateStore(stateDir), join(stateDir, 'journal'));
    const known = new Set(engine.snapshot().decomposer.seen.ids.map(([id]) => id));
    for (const line of said) {
      const [what, i] = line.split(' ');
      if (what === 'trade' && !known.has(`t${i}`)) lost += 1;
      if (what === 'decision' && Number(i) + 1 > engine.getOptimizationStatus().decisions) lost += 1;
    }
  }
  const done = await runWorker(build, stateDir, hours, null, random);
  await runWorker(build, calm, hours, null, random);
  const { trades, decisions } = JSON.parse(done.at(-1)!.slice('done '.length));
  return {
    kills: killed,
    lost,
    trades: trades - hours,
    decisions: decisions - hours,
    equal: (await stateOf(stateDir)) === (await stateOf(calm)),
  };
}
