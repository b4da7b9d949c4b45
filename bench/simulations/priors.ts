// What do the fleet's priors do for a bot that begins? Worlds whose truth is known, in which it begins with what thirty
// others have seen, or without, or with a prior that may be narrower.
import { expect, it } from 'vitest';
import { EdgePosterior, type StrategyPrior } from '../../src/edge/posterior.ts';
import { settledSize } from '../../src/edge/size.ts';
import { priorOf } from '../../src/fleet/learning/prior.ts';
import { StrategyStatistics } from '../../src/fleet/learning/statistics.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { figure, meanOf, percent, printTable } from './markdown.ts';
import { median } from './measures.ts';
import { seeds } from './seeds.ts';

const DAY = 86_400_000;
const [OTHERS, BEFORE, AFTER] = [30, 120, 180];

interface World {
  readonly name: string;
  /** True theta of each strategy while the others trade, and from the day on which the new bot begins. */
  readonly thetas: readonly (readonly [before: number, after: number])[];
  /** Standard deviation of theta between bots. */
  readonly spread: number;
  /** Share of the variance of an outcome that the market moves in all bots on a day. */
  readonly shared: number;
}

const steady = (...thetas: readonly number[]) => thetas.map((theta) => [theta, theta] as const);
const WORLDS: readonly World[] = [
  {
    name: 'half of them dead',
    thetas: steady(0.15, 0.12, 0.1, -0.1, -0.1, -0.15),
    spread: 0.03,
    shared: 0.3,
  },
  { name: 'all good', thetas: steady(0.12, 0.1, 0.1, 0.08, 0.12, 0.1), spread: 0.03, shared: 0.3 },
  { name: 'all dead', thetas: steady(-0.1, -0.1, -0.12, -0.08, -0.1, -0.1), spread: 0.03, shared: 0.3 },
  { name: 'bots differ', thetas: steady(0.1, 0.1, 0, 0, -0.1, -0.1), spread: 0.15, shared: 0.3 },
  { name: 'one market move', thetas: steady(0.15, 0.12, 0.1, -0.1, -0.1, -0.15), spread: 0.03, shared: 0.9 },
  {
    name: 'dead from that day on',
    thetas: [...steady(0.12, 0.1), [0.12, -0.1], [0.1, -0.1], [0.15, -0.1], [0.1, -0.12]],
    spread: 0.03,
    shared: 0.3,
  },
  {
    name: 'alive from that day on',
    thetas: [...steady(-0.1, -0.1), [-0.1, 0.12], [-0.1, 0.1], [-0.12, 0.15], [-0.1, 0.1]],
    spread: 0.03,
    shared: 0.3,
  },
];

type Given = (prior: ReturnType<typeof priorOf>) => StrategyPrior | null;
const width =
  (deviation: number): Given =>
  (prior) =>
    prior && { mean: prior.mean, deviation: Math.max(deviation, Math.hypot(prior.error, prior.spread)) };
const STARTS: Readonly<Record<string, Given>> = {
  alone: () => null,
  'with priors': (prior) => prior,
  'width 0.14': width(0.14),
  'width 0.07': width(0.07),
  'width 0.04': width(0.04),
};

interface Came {
  /** R sent, and R of all signals; of strategies that earn, and of those that lose. */
  readonly sent: number;
  readonly goodKept: number | null;
  readonly benchedAfter: readonly number[];
}

function live({ thetas, spread, shared }: World, seed: number, given: Given): Came {
  const random = seededRandom(seed);
  const own = thetas.map(() => Array.from({ length: OTHERS + 1 }, () => spread * random.normal()));
  const statistics = thetas.map(() => new StrategyStatistics());
  const shocks = Array.from({ length: BEFORE + AFTER }, () => thetas.map(() => random.normal()));
  const draw = (s: number, bot: number, day: number) => {
    const theta = thetas[s]![day < BEFORE ? 0 : 1] + own[s]![bot]!;
    return theta + Math.sqrt(shared) * shocks[day]![s]! + Math.sqrt(1 - shared) * random.normal();
  };
  for (let day = 0; day < BEFORE; day += 1)
    for (let bot = 0; bot < OTHERS; bot += 1)
      for (let s = 0; s < thetas.length; s += 1) {
        const outcome = { bot: `b${bot}`, symbol: 'BTC/USDT', cell: 'UNKNOWN', weight: 1 } as const;
        statistics[s]!.add({ ...outcome, r: 1.2 * draw(s, bot, day), closedAt: day * DAY });
      }
  const edge = new EdgePosterior();
  edge.setPriors(
    statistics.flatMap((each, s) => {
      const prior = given(priorOf(each));
      return prior === null ? [] : [[`s${s}`, prior] as const];
    }),
  );
  let [sent, signals, good, goodSent] = [0, 0, 0, 0];
  const sizes = thetas.map((): number[] => []);
  const benched = new Map<number, number>();
  for (let day = BEFORE; day < BEFORE + AFTER; day += 1)
    for (let s = 0; s < thetas.length; s += 1) {
      const leaf = edge.leaf(`s${s}`, 'BTC/USDT', 'UNKNOWN');
      const target = edge.target(edge.predict(leaf, null).theta, 1);
      const size = settledSize(target, edge.lastSize(leaf, 'scale'), 1, 'scale');
      edge.keepSize(leaf, 'scale', size, 1);
      const truth = 1.2 * (thetas[s]![1] + own[s]![OTHERS]!);
      sent += size * truth;
      signals += 1;
      if (truth > 0) {
        good += truth;
        goodSent += size * truth;
      }
      sizes[s]!.push(size);
      const latest = sizes[s]!.slice(-10);
      if (truth < 0 && latest.length >= 10 && latest.reduce((a, b) => a + b, 0) <= 2.5 && !benched.has(s))
        benched.set(s, day - BEFORE - 9);
      const r = 1.2 * draw(s, OTHERS, day);
      edge.learn({
        strategy: `s${s}`,
        symbol: 'BTC/USDT',
        cell: 'UNKNOWN',
        r,
        weight: 1,
        quality: null,
        closedAt: day * DAY,
        held: DAY / 3,
      });
    }
  const dead = thetas.map((_, s) => s).filter((s) => thetas[s]![1] + own[s]![OTHERS]! < -0.05);
  return {
    sent: (1000 * sent) / signals,
    goodKept: good > 0 ? goodSent / good : null,
    benchedAfter: dead.map((s) => benched.get(s) ?? AFTER),
  };
}

it('says what priors of the fleet are worth to a bot that begins', () => {
  const rows = WORLDS.flatMap((world) =>
    Object.entries(STARTS).map(([start, given]) => {
      const came = seeds(20).map((seed) => live(world, seed, given));
      const kept = came.map(({ goodKept }) => goodKept).filter((each) => each !== null);
      return {
        world: world.name,
        begins: start,
        'R sent': figure(meanOf(came.map(({ sent }) => sent)), 1),
        'good kept': kept.length === 0 ? '' : percent(meanOf(kept)),
        'benched after days': figure(median(came.flatMap(({ benchedAfter }) => benchedAfter))),
      };
    }),
  );
  printTable('A bot that begins, over 180 days', rows);
  expect(rows.length).toBe(WORLDS.length * Object.keys(STARTS).length);
}, 600_000);
