import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLease } from '../../src/journal/lease.ts';
import { recover } from '../../src/journal/recovery.ts';
import { LowdbStateStore } from '../../src/journal/state-store.ts';
import { wallClock } from '../../src/node/clock.ts';
import { acknowledgementOf, postCommand } from '../../src/node/inbox.ts';
import { type Random, seededRandom } from '../../src/statistics/random.ts';
import { layGhost } from '../ghost.ts';

const worker = fileURLToPath(new URL('./crash-worker.mjs', import.meta.url));

/** How a worker can be ended: at once, by a signal that it does not listen to, or by one at which it calls `process.exit`. */
const GENTLY = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const;
type Ending = 'SIGKILL' | (typeof GENTLY)[number];

interface Run {
  readonly build: string;
  readonly stateDir: string;
  readonly hours: number;
  readonly durability: 'everyEvent' | 'interval';
  readonly random: Random;
}

/** Runs the worker until it ends, or until it has said a number of things, and then ends it. Returns what it said. */
function runWorker(
  { build, stateDir, hours, durability, random }: Run,
  killAfter: number | null,
  ending: Ending = 'SIGKILL',
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [worker, build, stateDir, String(hours), durability], {
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
      setTimeout(() => child.kill(ending), 3 * random.uniform());
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0 || signal === ending) resolve(out.trim().split('\n').filter(Boolean));
      else reject(new Error(`the worker ended with ${code}: ${err}`));
    });
  });
}

async function stateOf(stateDir: string): Promise<string> {
  const { engine } = await recover(new LowdbStateStore(stateDir), join(stateDir, 'journal'));
  // Which commands are known is all in which one that was given some differs: they change nothing.
  return JSON.stringify({ ...engine.snapshot(), commands: [] });
}

/** A command of a second process, which is the same each time. */
const COMMAND = {
  type: 'setFlags',
  flags: { enabled: true },
  actor: 'operator',
  reason: 'as it is',
} as const;

export interface CrashResult {
  readonly kills: number;
  /** Things acknowledged that were gone after a restart. */
  readonly lost: number;
  readonly trades: number;
  readonly decisions: number;
  /** Whether the state equals that of a run that nobody killed. */
  readonly equal: boolean;
}

/**
 * Ends a bot at random moments until it was killed often enough (or, where all ends are gentle, ended), with commands of
 * another process waiting at each start, lets it finish, and compares. Among kills every other end, which does not count,
 * is a gentle one, so that each kind meets what the other left.
 */
export async function crashRun(
  build: string,
  kills: number,
  seed: number,
  endings: 'kills' | 'gentle' = 'kills',
): Promise<CrashResult> {
  const random = seededRandom(seed);
  const hours = kills * (endings === 'kills' ? 24 : 12) + 40;
  const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));
  const [stateDir, calm] = [await directory(), await directory()];
  const durability = endings === 'kills' ? 'everyEvent' : 'interval';
  const run: Run = { build, stateDir, hours, durability, random };
  const unanswered = new Set<string>();
  let killed = 0;
  let lost = 0;
  while (killed < kills) {
    const isKill = endings === 'kills' && random.uniform() < 0.5;
    const ending = isKill ? 'SIGKILL' : GENTLY[Math.floor(GENTLY.length * random.uniform())]!;
    if (isKill || endings === 'gentle') killed += 1;
    unanswered.add(await postCommand(stateDir, COMMAND));
    const said = await runWorker(run, 1 + Math.floor(20 * random.uniform()), ending);
    // One that was killed leaves a ghost; one that ended has given the directory free.
    if (isKill) layGhost(stateDir);
    else await (await takeLease(stateDir, { patience: 0 })).release();
    const { engine } = await recover(new LowdbStateStore(stateDir), join(stateDir, 'journal'));
    const { decomposer, commands } = engine.snapshot();
    const known = new Set(decomposer.seen.ids.map(([id]) => id));
    for (const line of said) {
      const [what, i] = line.split(' ');
      if (what === 'trade' && !known.has(`t${i}`)) lost += 1;
      if (what === 'decision' && Number(i) + 1 > engine.getOptimizationStatus().decisions) lost += 1;
    }
    for (const id of unanswered) {
      const answer = await acknowledgementOf(stateDir, id, wallClock, 1);
      if (answer === null) continue;
      unanswered.delete(id);
      if (!answer.ok || !commands.includes(id)) lost += 1;
    }
  }
  const done = await runWorker(run, null);
  await postCommand(calm, COMMAND);
  await runWorker({ ...run, stateDir: calm }, null);
  const { trades, decisions } = JSON.parse(done.at(-1)!.slice('done '.length));
  return {
    kills: killed,
    lost,
    trades: trades - hours,
    decisions: decisions - hours,
    equal: (await stateOf(stateDir)) === (await stateOf(calm)),
  };
}
