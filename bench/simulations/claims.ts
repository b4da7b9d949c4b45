// How often does the overlay claim to help when nothing can help, and how often does it see help that is there?
import { expect, it } from 'vitest';
import { looksAt } from '../../src/effect/looks.ts';
import type { SignalOutcome } from '../../src/index.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { constantEdge, type SimulatedStrategy, simulate } from './worlds.ts';

const RUNS = Number(process.env.EDGEKEEPER_RUNS ?? 200);
const SIGNALS = 1600;

type Filter = (random: ReturnType<typeof seededRandom>) => () => number;

/** Sizes that know nothing of R. */
const FILTERS: Record<string, Filter> = {
  'a coin: sent or not': (random) => () => (random.uniform() < 0.5 ? 1 : 0),
  'one in ten sent': (random) => () => (random.uniform() < 0.1 ? 1 : 0),
  'one in thirty sent': (random) => () => (random.uniform() < 0.03 ? 1 : 0),
  'one in thirty blocked': (random) => () => (random.uniform() < 0.03 ? 0 : 1),
  'one in a thousand sent': (random) => () => (random.uniform() < 0.001 ? 1 : 0),
  'any size up to 2': (random) => () => 2 * random.uniform(),
  'benched for weeks on end': (random) => {
    let on = true;
    return () => {
      if (random.uniform() < 1 / 60) on = !on;
      return on ? 1 : 0;
    };
  },
};

/** R of signals: independent, and with good and bad times that last for dozens of signals. */
const RETURNS: Record<string, (random: ReturnType<typeof seededRandom>) => () => number> = {
  independent: (random) => () => (random.uniform() < 0.4 ? 1.5 : -1) + 0.08,
  'small gains, rare losses': (random) => () => (random.uniform() < 0.85 ? 0.18 : -1),
  'small losses, rare gains': (random) => () => (random.uniform() < 0.15 ? 5.7 : -1),
  'good and bad times': (random) => {
    let mood = 0;
    return () => {
      mood = 0.95 * mood + 0.1 * random.normal();
      return (random.uniform() < 0.4 ? 1.5 : -1) + 0.08 + mood;
    };
  },
};

const asOutcome = (r: number, multiplier: number): SignalOutcome => ({
  decisionId: '',
  strategy: 's',
  symbol: 'BTC/USDT',
  cell: 'UNKNOWN',
  decidedAt: 0,
  closedAt: 0,
  r,
  source: multiplier > 0 ? 'trade' : 'host',
  multiplier,
  factors: { quality: 1, weights: multiplier, health: 1, guard: 1, size: 1 },
  cap: 2,
  quality: null,
  pnl: null,
});

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** Share of runs in which any look claims anything. */
function falseClaims(record: (seed: number) => readonly SignalOutcome[]): number {
  let claims = 0;
  for (let seed = 1; seed <= RUNS; seed += 1)
    if (looksAt({ outcomes: record(seed) }, seed).some(({ verdict }) => verdict !== 'INCONCLUSIVE'))
      claims += 1;
  return claims / RUNS;
}

/** 5% and two standard errors of the simulation. */
const ALLOWED = 0.05 + 2 * Math.sqrt((0.05 * 0.95) / RUNS);

it('claims nothing of a filter that knows nothing', () => {
  const rows: object[] = [];
  for (const [filter, sizes] of Object.entries(FILTERS)) {
    for (const [returns, outcomes] of Object.entries(RETURNS)) {
      const share = falseClaims((seed) => {
        const random = seededRandom(seed);
        const [size, r] = [sizes(random), outcomes(random)];
        return Array.from({ length: SIGNALS }, () => asOutcome(r(), size()));
      });
      rows.push({ filter, returns, runs: RUNS, 'false claims': percent(share), allowed: percent(ALLOWED) });
      expect(share, `${filter}, ${returns}`).toBeLessThanOrEqual(ALLOWED);
    }
  }
  console.table(rows);
}, 1_800_000);

it('claims nothing in worlds in which there is nothing to select', () => {
  const rows = [0.08, 0, -0.08].map((edge) => {
    const same = ['A', 'B', 'C'].map((name) => constantEdge(name, edge));
    const share = falseClaims((seed) => simulate({}, same, SIGNALS, seed).outcomes);
    expect(share, `every strategy earns ${edge} R`).toBeLessThanOrEqual(ALLOWED);
    return { world: `every strategy earns ${edge} R`, runs: RUNS, 'false claims': percent(share) };
  });
  console.table(rows);
}, 1_800_000);

it('sees help that is there: power by the number of outcomes', () => {
  const worlds: Record<string, readonly SimulatedStrategy[]> = {
    'edges +.30, 0, -.30 R': [constantEdge('A', 0.3), constantEdge('B', 0), constantEdge('C', -0.3)],
    'edges +.15, 0, -.15 R': [constantEdge('A', 0.15), constantEdge('B', 0), constantEdge('C', -0.15)],
    'three earn +.20 R, one of them turns to -.30 R after 500 signals': [
      constantEdge('A', 0.2),
      constantEdge('B', 0.2),
      { name: 'C', edge: (i) => (i < 500 ? 0.2 : -0.3) },
    ],
  };
  const runs = Math.min(60, RUNS);
  const rows = Object.entries(worlds).map(([world, strategies]) => {
    const found = new Map<number, { improves: number; harms: number }>();
    for (let seed = 1; seed <= runs; seed += 1) {
      for (const { n, verdict } of looksAt(simulate({}, strategies, 3200, seed), seed)) {
        const at = found.get(n) ?? { improves: 0, harms: 0 };
        if (verdict === 'IMPROVES') at.improves += 1;
        if (verdict === 'HARMS') at.harms += 1;
        found.set(n, at);
      }
    }
    const cells = [...found].map(([n, { improves, harms }]) => [
      `n = ${n}`,
      `${percent(improves / runs)} (harms ${percent(harms / runs)})`,
    ]);
    expect(found.get(3200)!.harms / runs).toBeLessThanOrEqual(0.05);
    return { world, runs, ...Object.fromEntries(cells) };
  });
  console.table(rows);
  expect(rows).toHaveLength(3);
}, 1_800_000);
