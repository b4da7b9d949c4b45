import { it } from 'vitest';
import { OptimizationEngine } from '../../src/index.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { figure, meanOf, percent, printTable } from './markdown.ts';
import { START } from './signals.ts';

/** What luck does to one strategy that is new, alone and on one symbol: the table of docs/faq.md. */
const RUNS = 300;
const HOUR = 3_600_000;
const GAIN = 1.5;
const SEED = 7001;

/** Sizes that its first signals get. @param mean true mean R */
function sizes(mean: number, count: number, seed: number): number[] {
  const random = seededRandom(seed);
  const wins = (mean + 1) / (1 + GAIN);
  const engine = new OptimizationEngine({ reduceOnly: true });
  return Array.from({ length: count }, (_, i) => {
    const time = START + 8 * HOUR * i;
    const [strategy, symbol] = ['New', 'C0/USDT'];
    const decision = engine.decide({ strategy, symbol, side: 'long', time, regime: 'RANGING', stop: 90 });
    const size = decision.multiplier;
    engine.recordTrade({
      id: `${i}`,
      strategy,
      symbol,
      entryTime: time,
      exitTime: time + 4 * HOUR,
      entryPrice: 100,
      stop: 90,
      size,
      pnl: 10 * size * (random.uniform() < wins ? GAIN : -1),
      decision,
    });
    // What goes out to teach is no size of its own.
    return decision.edge?.size ?? size;
  });
}

it('what luck does to a newcomer', { timeout: 0 }, () => {
  const rows = [0.2, 0.1, 0, -0.1, -0.2].map((mean) => {
    const runs = Array.from({ length: RUNS }, (_, i) => sizes(mean, 200, SEED + i));
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
    const engine = new OptimizationEngine({ reduceOnly: true, ...options });
    const row: Record<string, string> = { setting };
    for (let i = 0; i <= 6; i += 1) {
      const time = START + 8 * HOUR * i;
      const decision = engine.decide({
        strategy: 'New',
        symbol: 'C0/USDT',
        side: 'long',
        time,
        regime: 'RANGING',
        stop: 90,
      });
      row[`after ${i}`] = (decision.edge?.size ?? 0).toFixed(2);
      engine.recordTrade({
        id: `${i}`,
        strategy: 'New',
        symbol: 'C0/USDT',
        entryTime: time,
        exitTime: time + 4 * HOUR,
        entryPrice: 100,
        stop: 90,
        size: decision.multiplier,
        pnl: -10 * decision.multiplier,
        decision,
      });
    }
    return row;
  });
  printTable('size after so many losses in a row', rows);
});
