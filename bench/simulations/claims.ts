// How often does the statement claim an effect when there is none, and how often does it see one that is there?
import { expect, it } from 'vitest';
import { EffectLedger, effectStatement } from '../../src/index.ts';
import { overlay } from './engine-policy.ts';
import { firstClaim, isLook, POWER_LOOKS } from './looks.ts';
import { meanOf, percent, printTable } from './markdown.ts';
import { CLUSTERED, DRIFTING_MOOD, INDEPENDENT, NULLS, type Null, OUTCOMES, RARE_BIG_WINS } from './nulls.ts';
import { sizesOf } from './policy.ts';
import { seeds } from './seeds.ts';
import { type SimulatedSignal, signalsOf } from './signals.ts';
import {
  bookForDays,
  bookForWeeks,
  byCoin,
  oneInThirtyBlocked,
  REACTING,
  type Sizing,
  strategiesForWeeks,
  UNSEEING,
} from './sizings.ts';

const NULL_SEEDS = seeds(20);
const POWER_SEEDS = seeds(20);
const ENGINE_SEEDS = seeds(30);
/** Rare failures want more runs to be told. */
const HARDEST_TIMES = 10;

/** 5%, and three standard errors of so many runs. */
const allowed = (runs: number): number => 0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs);

interface Claimed {
  readonly runs: number;
  readonly improves: number;
  readonly harms: number;
}

/** Runs of every sizing in a null, each in worlds of its own, with claims at any look. */
function claimedIn(world: Null, sizings: readonly Sizing[]): Claimed {
  const verdicts = sizings.flatMap((sizing, kind) =>
    NULL_SEEDS.map((seed) => {
      const own = seed + 1000 * kind + 20_000 * NULLS.indexOf(world);
      const signals = world.signals(own);
      return firstClaim(signals, sizesOf(sizing(own), signals, true), isLook).verdict;
    }),
  );
  const count = (wanted: string) => verdicts.filter((verdict) => verdict === wanted).length;
  return { runs: verdicts.length, improves: count('IMPROVES'), harms: count('HARMS') };
}

const rowOf = (world: string, sizes: string, { runs, improves, harms }: Claimed) => ({
  null: world,
  sizes,
  runs,
  'IMPROVES, falsely': percent(improves / runs),
  'HARMS, falsely': percent(harms / runs),
});

const LOOKS = `looked at every 20 outcomes from 400 to ${OUTCOMES}`;

it('claims nothing where no signal is better than another', () => {
  const all: Claimed[] = [];
  const rows = NULLS.flatMap((world) => {
    const kinds = [['never see an outcome', UNSEEING] as const, ['react', REACTING] as const];
    return (world.isConstant ? kinds : kinds.slice(0, 1)).map(([sizes, sizings]) => {
      const claimed = claimedIn(world, Object.values(sizings));
      all.push(claimed);
      const share = (claimed.improves + claimed.harms) / claimed.runs;
      expect(share, `${world.name}, sizes that ${sizes}`).toBeLessThanOrEqual(allowed(claimed.runs));
      return rowOf(world.name, sizes, claimed);
    });
  });
  const sum = (value: (claimed: Claimed) => number) => all.reduce((total, each) => total + value(each), 0);
  const total = {
    runs: sum(({ runs }) => runs),
    improves: sum((c) => c.improves),
    harms: sum((c) => c.harms),
  };
  printTable(`False claims, ${LOOKS}`, [...rows, rowOf('all', 'all', total)]);
  expect((total.improves + total.harms) / total.runs).toBeLessThanOrEqual(0.05);
}, 1_800_000);

/** The hardest cases for a statement, and the most that it gets wrong there. */
const HARDEST: readonly (readonly [world: Null, sizes: string, sizing: Sizing, most: number])[] = [
  [RARE_BIG_WINS, 'one in thirty blocked', oneInThirtyBlocked, 0.05],
  // More often than it promises: no period is as long as luck that lasts for weeks.
  [DRIFTING_MOOD, 'the book reduced for weeks', bookForWeeks, 0.15],
];

it('is seldom wrong where few signals decide, and at times where all means drift', () => {
  const rows = HARDEST.map(([world, sizes, sizing, most]) => {
    const claimed = claimedIn(
      world,
      Array.from({ length: HARDEST_TIMES }, () => sizing),
    );
    expect((claimed.improves + claimed.harms) / claimed.runs, sizes).toBeLessThanOrEqual(most);
    return rowOf(world.name, sizes, claimed);
  });
  printTable('The hardest cases', rows);
}, 1_800_000);

/** Half of the signals at size 1, half at a quarter: by how much R they must differ for an effect of 1 R a unit. */
const GAP = 1 / 0.3;

const withEffect = (
  signals: readonly SimulatedSignal[],
  sizes: Float64Array,
  effect: number,
): SimulatedSignal[] =>
  signals.map((signal, i) => ({ ...signal, r: signal.r + (sizes[i]! === 1 ? 0.5 : -0.5) * GAP * effect }));

const POWER_WORLDS: Readonly<Record<string, readonly [(seed: number) => SimulatedSignal[], Sizing]>> = {
  'independent, by signal': [INDEPENDENT, byCoin],
  'independent, strategies for weeks': [INDEPENDENT, strategiesForWeeks],
  'rho .5, held a day, strategies for weeks': [CLUSTERED, strategiesForWeeks],
  'rho .5, held a day, the book for days': [CLUSTERED, bookForDays],
};

it('sees help that is there', () => {
  const rows = Object.entries(POWER_WORLDS).flatMap(([world, [signals, sizing]]) =>
    [0.05, 0.1, 0.2, 0.3].map((effect) => {
      const claims = POWER_SEEDS.map((seed) => {
        const plain = signals(seed);
        const sizes = sizesOf(sizing(seed), plain, true);
        const isPowerLook = (n: number) => POWER_LOOKS.some((look) => look === n);
        return firstClaim(withEffect(plain, sizes, effect), sizes, isPowerLook);
      });
      const seenBy = (look: number) =>
        claims.filter(({ verdict, n }) => verdict === 'IMPROVES' && n <= look).length / claims.length;
      if (effect >= 0.2) expect(seenBy(OUTCOMES), `${world}, ${effect}`).toBeGreaterThan(0.7);
      expect(claims.filter(({ verdict }) => verdict === 'HARMS').length / claims.length).toBeLessThan(0.11);
      return {
        world,
        effect: effect.toFixed(2),
        ...Object.fromEntries(POWER_LOOKS.map((look) => [`n = ${look}`, percent(seenBy(look), 0)])),
      };
    }),
  );
  printTable('Power: IMPROVES by so many outcomes', rows);
}, 1_800_000);

/** The overlay itself at work on three strategies, and what its statement says. */
function statements(edges: readonly number[], seed: number) {
  const edgeOf = (strategy: number) => edges[strategy]!;
  const shape = {
    strategies: edges.length,
    meanOf: ({ strategy }: { strategy: number }) => edgeOf(strategy),
    days: 420,
    hoursBetween: 9,
  };
  const signals = signalsOf(shape, seed);
  const policy = overlay({}, 'cap 1', true);
  const ledger = new EffectLedger();
  const verdicts: { n: number; verdict: string }[] = [];
  policy.engine.subscribe((event) => {
    const before = ledger.outcomes.length;
    ledger.observe(event);
    const n = ledger.outcomes.length;
    if (n > before && n <= OUTCOMES && isLook(n)) verdicts.push({ n, verdict: ledger.claim.claim().verdict });
  });
  sizesOf(policy, signals, true);
  return { verdicts, ledger, effect: ledger.claim.claim().effect ?? 0 };
}

it('says of the overlay at work what is so', () => {
  const worlds: Readonly<Record<string, readonly number[]>> = {
    'all earn +.08 R': [0.08, 0.08, 0.08],
    'all earn nothing': [0, 0, 0],
    'all lose .08 R': [-0.08, -0.08, -0.08],
    'edges +.15, 0, -.15 R': [0.15, 0, -0.15],
    'edges +.30, 0, -.30 R': [0.3, 0, -0.3],
  };
  const rows = Object.entries(worlds).map(([world, edges]) => {
    const runs = ENGINE_SEEDS.map((seed) => statements(edges, seed));
    const share = (is: (run: (typeof runs)[number]) => boolean) => runs.filter(is).length / runs.length;
    const claimedBy = (look: number, wanted: string) =>
      share(({ verdicts }) => verdicts.some(({ n, verdict }) => n <= look && verdict === wanted));
    const [{ ledger }] = runs as [(typeof runs)[number]];
    expect(effectStatement(ledger)).toMatchObject({ claim: ledger.claim.claim(), barrierShadows: 0 });
    const isNull = edges[0] === edges[2];
    const most = allowed(runs.length);
    if (isNull) expect(claimedBy(OUTCOMES, 'IMPROVES'), world).toBeLessThanOrEqual(most);
    if (edges[0]! >= 0.3) expect(claimedBy(OUTCOMES, 'IMPROVES'), world).toBeGreaterThan(0.7);
    expect(claimedBy(OUTCOMES, 'HARMS'), world).toBeLessThanOrEqual(most);
    return {
      'the overlay at work': world,
      ...Object.fromEntries(
        POWER_LOOKS.map((look) => [`n = ${look}`, percent(claimedBy(look, 'IMPROVES'), 0)]),
      ),
      'HARMS, ever': percent(claimedBy(OUTCOMES, 'HARMS'), 0),
      'mean effect': meanOf(runs.map(({ effect }) => effect)).toFixed(3),
    };
  });
  printTable('IMPROVES by so many outcomes', rows);
}, 1_800_000);
