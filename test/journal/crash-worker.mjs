// A bot that lives through the same hours each time, wherever it starts again, until it is done or killed.
//   node crash-worker.mjs <build> <state-dir> <hours> <durability>
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [build = '', stateDir = '', hours, durability = 'everyEvent'] = process.argv.slice(2);
const { openOverlay, wallClock } = await import(pathToFileURL(join(build, 'src/node/index.js')).href);
const { seededRandom } = await import(pathToFileURL(join(build, 'src/statistics/random.js')).href);

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);
const quiet = { info() {}, warn() {}, error() {} };
let now = START;
const clock = { now: () => now, sleep: wallClock.sleep };
const { engine, save, close } = await openOverlay({ stateDir, log: quiet, clock, durability });
// As bots end themselves when their own code has had enough.
process.on('SIGUSR2', () => process.exit(0));

/** Says that what was done is safe: from here on it must never be lost. */
/** @param {string} what */
const acknowledge = (what) => writeSync(1, `${what}\n`);

// The hour that was begun last is lived again: whatever of it is known already must not count twice.
const begun = Math.max(0, Math.round((engine.time - START) / HOUR) - 1);
for (let i = begun; i < Number(hours); i += 1) {
  const random = seededRandom(i);
  const time = START + (i + 1) * HOUR;
  now = time;
  engine.recordEquity({ time, equity: 10_000 + 100 * random.normal() });
  const price = 100 + random.uniform();
  engine.recordCandle('BTC/USDT', '1h', {
    time: time - HOUR,
    open: price,
    high: price + 1,
    low: price - 1,
    close: price,
    volume: 1,
  });
  const strategy = ['a', 'b', 'c'][i % 3];
  const decision = engine.decide({
    id: `s${i}`,
    strategy,
    symbol: 'BTC/USDT',
    side: 'long',
    time,
    confidence: random.uniform(),
    confluence: 2,
  });
  acknowledge(`decision ${i}`);
  const trade = {
    id: `t${i}`,
    strategy,
    symbol: 'BTC/USDT',
    entryTime: time,
    exitTime: time,
    entryPrice: 100,
    stop: 90,
    size: 1,
    pnl: 12 * random.normal(),
  };
  engine.recordTrade({ ...trade, decision });
  acknowledge(`trade ${i}`);
  engine.updateOptimization(time);
  if (i % 50 === 49) await save();
  if (i % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
}
await close();
acknowledge(
  `done ${JSON.stringify({ trades: engine.decomposer.getPortfolioPerformance().trades, decisions: engine.getOptimizationStatus().decisions })}`,
);
