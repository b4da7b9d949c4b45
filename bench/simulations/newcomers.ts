import { it } from 'vitest';
import { OptimizationEngine, type Options } from '../../src/index.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { figure, meanOf, percent, printTable } from './markdown.ts';
import { START } from './signals.ts';

/** What luck does to one strategy that is new, alone and on one symbol: the tables of docs/faq.md. */
const RUNS = 300;
const HOUR = 3_600_000;
const GAIN = 1.5;
const SEED = 7001;

/** A bot of one strategy on one symbol, alone: gives an outcome in R, and says what size its signal had. */
function newcomer(options: Options = {}): (r: number) => number {
  const engine = new OptimizationEngine({ reduceOnly: true, ...options });
  const [strategy, symbol] = ['New', 'C0/USDT'];
  let count = 0;
  return (r) => {
    const time = START + 8 * HOUR * count;
    count += 1;
    const decision = engine.decide({ strategy, symbol, side: 'long', time, regime: 'RANGING', stop: 90 });
    const size = decision.multiplier;
    engine.recordTrade({
      id: `${count}`,
      strategy,
      symbol,
      entryTime: time,
      exitTime: time + 4 * HOUR,
      entryPrice: 100,
      stop: 90,
      size,
      pnl: 10 * size * r,
      decision,
    });
    // What goes out to teach is no size of its own.
    return decision.edge?.size ?? size;
  };
}

/** Outcomes of a true mean, wins of 1.5 R and losses of 1 R. */
function drawn(mean: number, seed: number): () => number {
  const random = seededRandom(seed);
  const wins = (mean + 1) / (1 + GAIN);
  return () => (random.uniform() < wins ? GAIN : -1);
}

it('what luck does to a newcomer', { timeout: 0 }, () => {
  const rows = [0.2, 0.1, 0, -0.1, -0.2].map((mean) => {
    const runs = Array.from({ length: RUNS }, (_, i) => {
      const [trade, outcome] = [newcomer(), drawn(mean, SEED + i)];
      return Array.from({ length: 200 }, () => trade(outcome()));
    });
    const over = (from: number, to: number) => figure(meanOf(runs.flatMap((run) => run.slice(from, to))), 2);
    const everNone = (first: number) =>
      percent(runs.filter((run) => run.slice(0, first).includes(0)).length / RUNS, 0);
    return {
      'true mean R': `${mean > 0 ? '+' : ''}${mean.toFixed(2)}`,
      'mean size, first 50': over(0, 50),
      'first 200': over(0, 200),
      'last 10 of 200': over(190, 200),
      'at nothing once, of 50': everNone(50),
      'of 200': everNone(200),
    };
  });
  printTable('newcomers', rows);
});

it('what a run of losses does', { timeout: 0 }, () => {
  const rows = (
    [
      ['cap 1', {}],
      ['cap 1, aggressive', { preset: 'aggressive' }],
      ['cap 2', { reduceOnly: false }],
    ] as const
  ).map(([setting, options]) => {
    const trade = newcomer(options);
    const after = Array.from({ length: 7 }, (_, i) => [`after ${i}`, figure(trade(-1), 2)]);
    return { setting, ...Object.fromEntries(after) };
  });
  printTable('size after so many losses in a row', rows);
});

it('how many losses in a row it takes, after a record of +.20 R', { timeout: 0 }, () => {
  const rows = [0, 20, 50, 100, 200, 400].map((before) => {
    const losses = Array.from({ length: RUNS }, (_, i) => {
      const [trade, outcome] = [newcomer(), drawn(0.2, SEED + i)];
      for (let j = 0; j < before; j += 1) trade(outcome());
      let count = 0;
      while (trade(-1) > 0) count += 1;
      return count;
    }).sort((a, b) => a - b);
    const at = (share: number) => figure(losses[Math.floor(share * RUNS)]!);
    return {
      'outcomes before': before,
      'losses until nothing, median': at(0.5),
      '5%': at(0.05),
      '95%': at(0.95),
    };
  });
  printTable('losses in a row until nothing is sent', rows);
});
