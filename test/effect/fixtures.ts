import fc from 'fast-check';
import type { ClaimOutcome } from '../../src/effect/claim.ts';
import { COMPONENTS, type SignalOutcome } from '../../src/effect/outcome.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { HOUR, START } from '../fixtures.ts';

let ids = 0;

/** An outcome that one factor alone made what it is. */
export function outcome(r: number, multiplier: number, changes: Partial<SignalOutcome> = {}): SignalOutcome {
  ids += 1;
  return {
    decisionId: `d${ids}`,
    strategy: 'EMA_Trend',
    symbol: 'BTC/USDT',
    cell: 'RANGING',
    decidedAt: START + ids * HOUR,
    closedAt: START + (ids + 1) * HOUR,
    r,
    source: multiplier > 0 ? 'trade' : 'host',
    multiplier,
    intended: changes.multiplier ?? multiplier,
    observed: false,
    inArm: false,
    factors: { quality: 1, weights: multiplier, health: 1, edge: 1, guard: 1, fleet: 1, size: 1 },
    cap: 2,
    quality: 0.5,
    probability: null,
    pnl: 10 * r,
    equity: null,
    ...changes,
  };
}

const rs = fc.double({ min: -10, max: 10, noNaN: true });

/** Any outcome: random factors, and the multiplier that they make. */
export const outcomes = fc.array(
  fc
    .record({
      r: rs,
      factors: fc.record({
        quality: fc.constantFrom(0, 0.25, 1),
        weights: fc.double({ min: 0.1, max: 2, noNaN: true }),
        health: fc.constantFrom(0, 0.5, 1),
        edge: fc.constantFrom(0, 0.4, 1, 1.5),
        guard: fc.double({ min: 0, max: 1, noNaN: true }),
        fleet: fc.double({ min: 0, max: 1, noNaN: true }),
        size: fc.constantFrom(0, 0.9, 1),
      }),
      cap: fc.constantFrom(1, 2),
      quality: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      probability: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    })
    .map(({ r, factors, cap, quality, probability }) => {
      const wanted = COMPONENTS.filter((component) => component !== 'size').reduce(
        (product, component) => product * factors[component],
        1,
      );
      return outcome(r, Math.min(cap, wanted) * factors.size, { factors, cap, quality, probability });
    }),
  { maxLength: 60 },
);

/** Outcomes of a world: R has this mean, and size goes to signals by a rule. */
export function world(
  n: number,
  seed: number,
  rule: (random: ReturnType<typeof seededRandom>, good: boolean) => number,
  edge = 0,
): SignalOutcome[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const good = random.uniform() < 0.5;
    const r = edge * (good ? 1 : -1) + 1.1 * random.normal();
    return outcome(r, rule(random, good));
  });
}

/** A record without chance, of which every figure is known: every third signal is worse, and is sent at a quarter. */
export const known = (n: number, hoursApart = 6): ClaimOutcome[] =>
  Array.from({ length: n }, (_, i) => ({
    decidedAt: hoursApart * i * HOUR,
    closedAt: (hoursApart * i + 9 + (i % 5)) * HOUR,
    r: ((7919 * i) % 101) / 40 - 1.25 + (i % 3 === 0 ? -0.2 : 0.1),
    m: i % 3 === 0 ? 0.25 : 1,
  }));

/** The same as the outcomes of signals, on an account of 10000 of which each risks 100. */
export const knownSignals = (n: number, hoursApart = 6): SignalOutcome[] =>
  known(n, hoursApart).map(({ decidedAt, closedAt, r, m }) =>
    outcome(r, m, { decidedAt, closedAt, pnl: 100 * r, equity: 10_000 }),
  );

/** To twelve digits. */
export const digits = (x: number | null | undefined): string => Number(x).toPrecision(12);
