// Freezes the state directory of this version as a fixture that every later version must open:
//
//   npm run build && node scripts/freeze-state.mjs test/journal/fixtures/v<version of the snapshot>-journal<version of its lines>
//
// Everything comes from a seed: a live run with shadows, positions closed in parts, some of them still open, entries and exits
// that nobody saw, a control arm, a time of observing, commands and a configuration that changes, whose snapshot is followed by a tail of the journal, as a crash
// leaves it.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openOverlay } from '../dist/src/node/index.js';
import { seededRandom } from '../dist/src/statistics/random.js';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);
const SYMBOLS = ['BTC/USDT', 'ETH/USDT'];
const STRATEGIES = ['EMA_Trend', 'FVG_Pattern', 'RSI_Reversal'];
const target = process.argv[2];
if (!target) throw new Error('name the folder of the fixture');

const stateDir = mkdtempSync(join(tmpdir(), 'edgekeeper-freeze-'));
const random = seededRandom(7);
const quiet = { info() {}, warn() {}, error() {} };
let now = START;
const overlay = await openOverlay({
  stateDir,
  log: quiet,
  clock: { now: () => now },
  durability: 'everyEvent',
  config: { baseWeights: Object.fromEntries(STRATEGIES.map((name) => [name, 1])), controlArm: 0.1 },
});
const { engine } = overlay;
const author = (reason) => ({ time: now, actor: 'freezer', reason });
const prices = new Map(SYMBOLS.map((symbol) => [symbol, 100]));
let trades = 0;

/** Closes so many parts of a position; what is not closed stays open. */
function close(decision, price, r, parts, closed = parts) {
  for (let part = 1; part <= closed; part += 1) {
    trades += 1;
    engine.recordTrade({
      id: `t${trades}`,
      ...(parts > 1 ? { openSize: 1 - part / parts } : {}),
      ...(parts === 3 ? { positionId: `p-${decision.id}`, funding: 0.01 } : {}),
      strategy: decision.strategy,
      symbol: decision.symbol,
      side: decision.side,
      entryTime: decision.time,
      exitTime: now,
      entryPrice: price,
      exitPrice: price * (1 + 0.02 * r * (decision.side === 'long' ? 1 : -1)),
      size: 1 / parts,
      stop: price * (decision.side === 'long' ? 0.98 : 1.02),
      pnl: (price * 0.02 * r) / parts,
      equityAtEntry: 10_000,
      decision,
    });
  }
}

/** One position in seven is never heard of again after its first part, and every other of those is known to have ended. */
function end(i, decision, price, r) {
  if (i % 7 !== 0) {
    close(decision, price, r, 1 + (i % 3));
    return;
  }
  close(decision, price, r, 3, 1);
  if (i % 2 !== 0) return;
  const { strategy, symbol } = decision;
  engine.recordUnknownExit({ strategy, symbol, time: now, positionId: `p-${decision.id}`, size: 2 / 3 });
}

function hour(i) {
  now = START + i * HOUR;
  for (const symbol of SYMBOLS) {
    const open = prices.get(symbol);
    const last = open * Math.exp(0.006 * random.normal());
    prices.set(symbol, last);
    const high = Math.max(open, last) * 1.002;
    const low = Math.min(open, last) * 0.998;
    engine.recordCandle(symbol, '1h', { time: now - HOUR, open, high, low, close: last, volume: 10 });
  }
  if (i < 120) return;
  for (const [k, strategy] of STRATEGIES.entries()) {
    if ((i + k) % 6 !== 0) continue;
    const symbol = SYMBOLS[(i + k) % 2];
    const price = prices.get(symbol);
    const side = random.uniform() < 0.5 ? 'long' : 'short';
    const signal = { id: `s${i}-${k}`, strategy, symbol, side, time: now, size: 1, reduceOnly: true };
    const sign = side === 'long' ? 1 : -1;
    const decision = engine.decide({
      ...signal,
      confidence: random.uniform(),
      confluence: 1 + (i % 3),
      stop: price * (1 - 0.02 * sign),
      target: price * (1 + 0.03 * sign),
      ...(k === 0 ? { exitRule: 'host' } : {}),
    });
    if (decision.multiplier === 0) continue;
    if (i % 11 === 0) engine.withdraw(decision, 'BELOW_MIN');
    else end(i, decision, price, random.uniform() < 0.45 ? 1.5 : -1);
  }
  if (i % 13 === 0)
    engine.recordUnjudged({
      strategy: STRATEGIES[i % 3],
      symbol: SYMBOLS[i % 2],
      time: now,
      reason: ['POSITION_UNKNOWN', 'FILL_UNKNOWN'][i % 2],
    });
  if (i % 24 === 0) {
    engine.recordEquity({
      time: now,
      equity: 10_000 + 10 * trades - i,
      ...(i === 240 ? { deposit: 500 } : {}),
    });
    engine.recordExitSignal({ strategy: 'EMA_Trend', symbol: SYMBOLS[0], time: now });
  }
  engine.updateOptimization(now);
}

for (let i = 1; i <= 300; i += 1) hour(i);
engine.forceStatus('FVG_Pattern', 'SUSPENDED', author('to have blocked signals that are followed'));
engine.setFlags({ qualityFiltering: false }, author('a switch'));
engine.setMode('observe', author('to compare'));
for (let i = 301; i <= 320; i += 1) hour(i);
engine.setMode('act', author('seen enough'));
for (let i = 321; i <= 340; i += 1) hour(i);
await overlay.save();
engine.reconfigure({ ...engine.options, minQualityThreshold: 0.6 }, author('another threshold'));
engine.execute({ ...author('a command with an id'), id: 'c1', type: 'rebasePeak' });
for (let i = 341; i <= 400; i += 1) hour(i);
await overlay.durable();

rmSync(target, { recursive: true, force: true });
mkdirSync(join(target, 'journal'), { recursive: true });
const freeze = (name) =>
  writeFileSync(join(target, `${name}.gz`), gzipSync(readFileSync(join(stateDir, name)), { level: 9 }));
freeze('state.json');
for (const name of readdirSync(join(stateDir, 'journal'))) freeze(join('journal', name));
const { decisions } = engine.getOptimizationStatus();
const learned = Object.fromEntries(
  engine.edge.snapshot().strategies.map(([name, { outcomes }]) => [name, outcomes]),
);
// What this version knew at the end; a later one may judge otherwise, but must have seen the same.
writeFileSync(
  join(target, 'facts.json'),
  `${JSON.stringify({ time: engine.time, baseWeights: engine.config.baseWeights, options: engine.options, decisions, trades, errors: engine.getOptimizationStatus().errors, coverage: engine.getCoverage(), weights: engine.optimizer.getCurrentWeights(), statuses: engine.manager.getStatuses(), learned }, null, 2)}\n`,
);
await overlay.close();
rmSync(stateDir, { recursive: true, force: true });
