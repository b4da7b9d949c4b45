import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClaimSums } from '../../src/effect/claim.ts';
import { allOf, claimOf } from '../../src/fleet/learning/all.ts';
import { guardAfter, isNews } from '../../src/fleet/learning/guard.ts';
import { Partition } from '../../src/fleet/learning/partition.ts';
import { priorOf } from '../../src/fleet/learning/prior.ts';
import { type FleetOutcome, groupOf, StrategyStatistics } from '../../src/fleet/learning/statistics.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { HOUR, START } from '../fixtures.ts';

const DAY = 24 * HOUR;

function outcomes(
  bots: number,
  days: number,
  theta: number,
  { shared = 0, spread = 0, seed = 1 } = {},
): Omit<FleetOutcome, 'strategy'>[] {
  const random = seededRandom(seed);
  const own = Array.from({ length: bots }, () => spread * random.normal());
  return Array.from({ length: days }, (_, day) => {
    const shock = random.normal();
    return own.map((offset, bot) => ({
      bot: `b${bot}`,
      symbol: 'BTC/USDT',
      cell: 'UNKNOWN' as const,
      r: 1.2 * (theta + offset + Math.sqrt(shared) * shock + Math.sqrt(1 - shared) * random.normal()),
      weight: 1,
      closedAt: START + day * DAY + bot,
    }));
  }).flat();
}

const statisticsOf = (given: readonly Omit<FleetOutcome, 'strategy'>[]) => {
  const statistics = new StrategyStatistics();
  for (const outcome of given) statistics.add(outcome);
  return statistics;
};

describe('the prior of a strategy', () => {
  it('finds what the strategy earns, and how far bots differ', () => {
    const alike = priorOf(statisticsOf(outcomes(40, 120, -0.1)))!;
    expect(alike.mean).toBeCloseTo(-0.1, 1);
    expect(alike.spread).toBeLessThan(0.06);
    expect(alike.deviation).toBe(0.1);
    const apart = priorOf(statisticsOf(outcomes(40, 120, 0, { spread: 0.25 })))!;
    expect(apart.spread).toBeGreaterThan(0.15);
    expect(apart.deviation).toBeGreaterThan(0.15);
  });

  it('counts a move of the market once, in however many bots it was', () => {
    const errors = [0, 0.95].map(
      (shared) => priorOf(statisticsOf(outcomes(50, 60, 0.05, { shared })))!.error,
    );
    expect(errors[1]! / errors[0]!).toBeGreaterThan(2);
    // As one bot alone would have it, not fifty.
    expect(errors[1]!).toBeGreaterThan(0.08);
  });

  it('is none before there are some bots and days', () => {
    expect(priorOf(new StrategyStatistics())).toBeNull();
    expect(priorOf(statisticsOf(outcomes(2, 100, 0)))).toBeNull();
    expect(priorOf(statisticsOf(outcomes(50, 4, 0)))).toBeNull();
  });

  it('is the same of two sets of bots as of both together, and after a restart', () => {
    const all = outcomes(12, 50, 0.1, { shared: 0.3 });
    const [a, b] = [0, 1].map((half) =>
      statisticsOf(all.filter(({ bot }) => Number(bot.slice(1)) % 2 === half)),
    );
    const merged = new StrategyStatistics();
    merged.merge(JSON.parse(JSON.stringify(a!.snapshot())));
    merged.merge(b!.snapshot());
    const [one, two] = [priorOf(statisticsOf(all))!, priorOf(merged)!];
    for (const key of ['mean', 'deviation', 'error', 'spread', 'bots', 'outcomes', 'days'] as const)
      expect(two[key]).toBeCloseTo(one[key], 9);
  });

  it('keeps no more than a year of days, and goes by bases of symbols', () => {
    const statistics = statisticsOf(outcomes(1, 900, 0));
    expect(statistics.days.length).toBe(365);
    expect(['BTC/USDT', 'BTC/USDT:USDT', 'BTC-PERP', 'ETH_EUR'].map(groupOf)).toEqual([
      'BTC',
      'BTC',
      'BTC',
      'ETH',
    ]);
  });
});

describe('the statement on a fleet', () => {
  it('is that on the outcomes of all bots together, however they are spread', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            hour: fc.integer({ min: 0, max: 4000 }),
            r: fc.double({ min: -3, max: 3, noNaN: true }),
            m: fc.constantFrom(0, 0.5, 1),
            partition: fc.integer({ min: 0, max: 2 }),
          }),
          { maxLength: 200 },
        ),
        (given) => {
          const [all, parts] = [new ClaimSums(), [0, 1, 2].map(() => new ClaimSums())];
          for (const { hour, r, m, partition } of given) {
            const decidedAt = START + hour * HOUR;
            const outcome = { decidedAt, closedAt: decidedAt + HOUR, r, m };
            all.add(outcome);
            parts[partition]!.add(outcome);
          }
          const { claim } = claimOf(
            parts.map((part) => ({ claim: part.snapshot() })),
            null,
          );
          const expected = all.claim();
          expect(claim.n).toBe(expected.n);
          expect(claim.verdict).toBe(expected.verdict);
          if (expected.effect === null) expect(claim.effect).toBeNull();
          else expect(claim.effect).toBeCloseTo(expected.effect, 9);
        },
      ),
    );
  });
});

describe('the guard of a fleet', () => {
  const at = (day: number) => START + day * DAY;

  it('makes all bots smaller in a drawdown of all together, and says nothing without one', () => {
    expect(guardAfter(null, { equity: 0, paidIn: 0 }, at(0))).toBeNull();
    const first = guardAfter(null, { equity: 1000, paidIn: 1000 }, at(0))!;
    expect([first.factor, isNews(first, null)]).toEqual([1, false]);
    const fallen = guardAfter(first, { equity: 850, paidIn: 1000 }, at(0.1))!;
    expect(fallen.factor).toBe(0.65);
    expect(isNews(fallen, first)).toBe(true);
    expect(isNews(guardAfter(fallen, { equity: 850, paidIn: 1000 }, at(0.11))!, fallen)).toBe(false);
    // It holds for two hours, and is said again in time.
    expect(isNews(guardAfter(fallen, { equity: 850, paidIn: 1000 }, at(0.15))!, fallen)).toBe(true);
  });

  it('takes bots that join, and what is paid in and out, for no gain and no loss', () => {
    const first = guardAfter(null, { equity: 1000, paidIn: 1000 }, at(0))!;
    const joined = guardAfter(first, { equity: 6000, paidIn: 6000 }, at(0.1))!;
    const out = guardAfter(joined, { equity: 3000, paidIn: 3000 }, at(0.2))!;
    expect([joined.factor, out.factor]).toEqual([1, 1]);
  });
});

describe('the bots of a partition', () => {
  const shipment = { life: 1, first: 1, last: 1, time: START, mark: '' };
  const equity = (seq: number, value: number, deposit?: number) => ({
    seq,
    time: START + seq,
    event: {
      type: 'equity' as const,
      time: START + seq,
      report: { time: START + seq, equity: value, ...(deposit === undefined ? {} : { deposit }) },
    },
  });

  it('are known by their messages, each once', () => {
    const partition = new Partition();
    const take = (at: number, first: number, values: readonly number[], life = 1) =>
      partition.take(
        at,
        START + at,
        'a',
        { ...shipment, life, first, last: first + values.length - 1 },
        values.map((value, i) => equity(first + i, value)),
      );
    take(10, 1, [100, 110]);
    take(11, 1, [100, 110]);
    take(12, 3, [120]);
    const state = () => partition.snapshot();
    expect(state().bots[0]![1]).toMatchObject({ last: 3, equity: 120, paidIn: 100, bestProfit: 20 });
    expect(state().missing).toBe(0);
    take(13, 6, [90]);
    expect(state().missing).toBe(2);
    take(14, 4, [80], 2);
    expect(state().bots[0]![1]).toMatchObject({ life: 2, last: 4, equity: 80 });
    expect(Partition.from(JSON.parse(JSON.stringify(state()))).snapshot()).toEqual(state());
    expect(allOf([state()])).toMatchObject({ equity: 80, paidIn: 100, missing: 2 });
  });
});
