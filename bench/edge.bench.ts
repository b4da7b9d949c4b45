// What the posterior costs beside a plain average of the last outcomes by strategy: compare the rows, not the machines.
import { bench, describe } from 'vitest';
import { type EdgeOutcome, EdgePosterior } from '../src/edge/posterior.ts';
import { CELLS } from '../src/model/regime.ts';
import { seededRandom } from '../src/statistics/random.ts';

const HOUR = 3_600_000;
const random = seededRandom(7);
const outcomes: EdgeOutcome[] = Array.from({ length: 4096 }, (_, i) => ({
  strategy: `s${i % 5}`,
  symbol: `c${i % 7}`,
  cell: CELLS[i % CELLS.length]!,
  r: random.normal(),
  weight: 1,
  quality: random.uniform(),
  closedAt: i * HOUR,
  held: 4 * HOUR,
}));
const options = { time: 300, warmupTime: 100 };

describe('what an outcome costs', () => {
  const means = new Map<string, number>();
  const posterior = new EdgePosterior();
  let [i, j] = [0, 0];
  bench(
    'an average by strategy',
    () => {
      const { strategy, r } = outcomes[i++ % outcomes.length]!;
      means.set(strategy, (means.get(strategy) ?? 0) * 0.99 + r * 0.01);
    },
    options,
  );
  bench('the posterior', () => posterior.learn(outcomes[j++ % outcomes.length]!), options);
});

describe('what is expected of a signal', () => {
  for (const learned of [0, 1_000, 100_000]) {
    const posterior = new EdgePosterior();
    for (let i = 0; i < learned; i += 1) posterior.learn(outcomes[i % outcomes.length]!);
    let i = 0;
    bench(
      `after ${learned} outcomes`,
      () => {
        const { strategy, symbol, cell, quality } = outcomes[i++ % outcomes.length]!;
        posterior.predict(posterior.leaf(strategy, symbol, cell), quality);
      },
      options,
    );
  }
});
