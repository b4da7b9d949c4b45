import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawChart, type Panel } from './chart.ts';
import { builtPath, runNode } from './child.ts';
import { heap } from './memory.ts';
import { BenchError, demand } from './row.ts';
import { cpuOf, keep, median, Times } from './timing.ts';
import { edgeOf, HOUR, position, signalOf, tradeOf, worldOf } from './world.ts';

const STRATEGIES = [1, 10, 30, 100, 300, 1000];
const SYMBOLS = [1, 10, 100];
const SECONDS = 180;
/** Calls that are timed of each kind. */
const CALLS = 2000;
const UPDATES = 5;
const STRIDE = 7919;

/** What an engine of one size costs: calls in us, the rest in bytes. */
interface Size {
  readonly decide: number;
  readonly recordTrade: number;
  readonly update: number;
  readonly snapshot: number;
  readonly heap: number;
}

const TITLES: Readonly<Record<keyof Size, string>> = {
  decide: 'decide, median in us',
  recordTrade: 'recordTrade, median in us',
  update: 'update, every strategy due, in us',
  snapshot: 'snapshot, bytes',
  heap: 'heap, bytes',
};

function sizeOf(strategies: number, symbols: number): Size {
  const before = heap();
  const world = worldOf({ strategies, symbols, outcomes: Math.max(1, Math.ceil(60 / symbols)), candles: 0 });
  const bytes = heap() - before;
  const { engine, random, next } = world;
  const snapshot = JSON.stringify(engine.snapshot()).length;
  const [deciding, recording] = [new Times(), new Times()];
  const updating: number[] = [];
  for (let at = 1; at <= 2 * CALLS; at += 1) {
    const cell = (at * STRIDE) % (strategies * symbols);
    const [strategy, symbol] = [cell % strategies, Math.floor(cell / strategies)];
    const signal = signalOf(world.strategies[strategy]!, world.symbols[symbol]!, next());
    const counts = at > CALLS;
    (counts ? deciding : new Times()).time(() => engine.decide(signal));
    const decision = engine.decide({ ...signal, time: next() });
    const trade = tradeOf(decision, edgeOf(strategy) + random.normal());
    (counts ? recording : new Times()).time(() => engine.recordTrade(trade));
  }
  let hour = Math.ceil(next() / HOUR);
  for (let i = -2; i < UPDATES; i += 1) {
    hour += 1;
    for (const [at, strategy] of world.strategies.entries())
      engine.recordTrade({
        strategy,
        symbol: world.symbols[hour % symbols]!,
        ...position(edgeOf(at) + random.normal(), (hour - 1) * HOUR, hour * HOUR - 1),
      });
    const took = cpuOf(() => engine.updateOptimization(hour * HOUR));
    if (i >= 0) updating.push(took);
  }
  keep(engine);
  demand(engine.edge.getStrategies().length === strategies, 'growth: not every strategy is known');
  return {
    decide: deciding.timing().median,
    recordTrade: recording.timing().median,
    update: median(updating),
    snapshot,
    heap: bytes,
  };
}

/** Measures a grid of sizes, each in a process of its own, and draws how all that costs grows. */
export async function drawGrowth(directory: string): Promise<void> {
  const sizes = new Map<string, Size>();
  for (const symbols of SYMBOLS)
    for (const strategies of STRATEGIES) {
      const args = ['--expose-gc', builtPath('./growth.js'), String(strategies), String(symbols)];
      const { stdout, stderr, code } = await runNode(args, SECONDS);
      if (code !== 0) throw new BenchError(`growth: ${strategies} x ${symbols}: ${stderr.slice(-1000)}`);
      sizes.set(`${strategies} ${symbols}`, JSON.parse(stdout) as Size);
      process.stderr.write(`${strategies} strategies x ${symbols} symbols: ${stdout}`);
    }
  const panels = (Object.keys(TITLES) as (keyof Size)[]).map(
    (of): Panel => ({
      title: TITLES[of],
      series: SYMBOLS.map((symbols) => ({
        name: `${symbols} ${symbols === 1 ? 'symbol' : 'symbols'}`,
        points: STRATEGIES.map((strategies) => [strategies, sizes.get(`${strategies} ${symbols}`)![of]]),
      })),
    }),
  );
  const file = join(directory, 'growth.svg');
  writeFileSync(file, drawChart(panels, 'strategies'));
  console.log(file);
}

if (process.argv[1] === builtPath('./growth.js'))
  console.log(JSON.stringify(sizeOf(Number(process.argv[2]), Number(process.argv[3]))));
