import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import Table from 'cli-table3';
import { savedEngine } from '../../src/cli/saved.ts';
import { builtPath, runNode, withDirectory } from './child.ts';
import { recorder } from './record-trade.ts';
import { killedLife } from './recovery.ts';
import { BenchError } from './row.ts';
import { keep } from './timing.ts';
import { signalOf, worldOf } from './world.ts';

const TOP = 15;
/** Between two looks, in us. */
const SAMPLE = 200;
const SECONDS = 120;
const CALLS = 300_000;
const TRADES = 60_000;
const EVENTS = 60_000;

/** What can be profiled; each prepares, and returns the work that is to be looked at. */
const WORK: Readonly<Record<string, (directory: string) => Promise<() => Promise<void> | void>>> = {
  async decide() {
    const { engine, strategies, symbols, stops, next } = worldOf({
      strategies: 1000,
      symbols: 10,
      outcomes: 5,
    });
    return () => {
      for (let at = 0; at < CALLS; at += 1) {
        const cell = (at * 7919) % (strategies.length * symbols.length);
        const symbol = Math.floor(cell / strategies.length);
        const strategy = strategies[cell % strategies.length]!;
        // The market stands still meanwhile: regimes must not grow stale.
        keep(
          engine.decide(
            signalOf(strategy, symbols[symbol]!, at % 100 ? engine.time : next(), stops[symbol]!),
          ),
        );
      }
    };
  },
  async 'record-trade'() {
    const bench = recorder(1000);
    return () => {
      for (let at = 0; at < TRADES; at += 1) bench.record(null);
    };
  },
  async recovery(directory) {
    const { stateDir } = await killedLife(directory, EVENTS);
    return async () => keep(await savedEngine(stateDir));
  },
};
export const PROFILED = Object.keys(WORK);

/** Functions by the time spent in themselves, the longest first; in us. */
function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): [name: string, us: number][] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'} ${url === '' ? '' : `${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`}`,
    ]),
  );
  const times = new Map<string, number>();
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[i] ?? 0));
  }
  return [...times].sort(([, a], [, b]) => b - a);
}

/** Looks on while work is done in this process, and only then: preparing it is no part of it. */
async function watched(name: string): Promise<[name: string, us: number][]> {
  return withDirectory(async (directory) => {
    const work = await WORK[name]!(directory);
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE });
    await session.post('Profiler.start');
    await work();
    const { profile: seen } = await session.post('Profiler.stop');
    session.disconnect();
    return selfTimes(seen);
  });
}

/** Profiles one kind of work in a process of its own and prints where the time goes. */
export async function profile(name: string): Promise<void> {
  if (!PROFILED.includes(name))
    throw new BenchError(`${name} is not profiled; choose of ${PROFILED.join(', ')}`);
  const { code, stdout, stderr } = await runNode([builtPath('./profile.js'), name], SECONDS);
  if (code !== 0) throw new BenchError(`profile: ${stderr.slice(-1000)}`);
  const times = JSON.parse(stdout) as [name: string, us: number][];
  const total = times.reduce((sum, [, us]) => sum + us, 0);
  const table = new Table({
    head: ['function', 'self ms', '%'],
    style: { head: [], border: [], compact: true },
  });
  for (const [of, us] of times.slice(0, TOP))
    table.push([of, (us / 1000).toFixed(0), ((100 * us) / total).toFixed(1)]);
  console.log(`${name}\n${table.toString()}`);
}

if (process.argv[1] === builtPath('./profile.js'))
  console.log(JSON.stringify(await watched(process.argv[2]!)));
