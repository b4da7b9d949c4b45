import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundary, type Claim, type ClaimOutcome, ClaimSums } from '../../src/effect/claim.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { cases } from '../cases.ts';
import { HOUR } from '../fixtures.ts';
import { digits, known } from './fixtures.ts';
import { firstVariance, needed, plainly } from './plainly.ts';

function sumsOf(outcomes: readonly ClaimOutcome[]): ClaimSums {
  const sums = new ClaimSums();
  for (const outcome of outcomes) sums.add(outcome);
  return sums;
}

const claimOf = (outcomes: readonly ClaimOutcome[]): Claim => sumsOf(outcomes).claim();

/** A record of chance: signals so many hours apart, held so long, whose good and bad times last for so many hours. */
function record({
  n = 500,
  apart = 6,
  hold = 9,
  mood = 0,
  moodHours = 96,
  edge = 0.2,
  seed = 1,
  start = 1e12,
} = {}) {
  const random = seededRandom(seed);
  let [time, spell, temper] = [start, Number.NaN, 0];
  return Array.from({ length: n }, (): ClaimOutcome => {
    time += 2 * apart * HOUR * random.uniform();
    const current = Math.floor(time / (moodHours * HOUR));
    if (current !== spell) [spell, temper] = [current, mood * random.normal()];
    const m = temper > 0.5 || random.uniform() < 0.5 ? 1 : 0.25;
    const r = random.normal() + temper + (m === 1 ? edge : -edge);
    return { decidedAt: time, closedAt: time + 2 * hold * HOUR * random.uniform(), r, m };
  });
}

const records = fc
  .record({
    n: fc.integer({ min: 2, max: 560 }),
    apart: fc.constantFrom(0.1, 1, 6, 40),
    hold: fc.constantFrom(0.5, 9, 30, 100),
    mood: fc.constantFrom(0, 1, 3),
    moodHours: fc.constantFrom(32, 64, 128, 700),
    edge: fc.constantFrom(-0.5, 0, 0.02, 0.5),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map(record);

const closeTo = (a: number, b: number, scale = Math.abs(b)) =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * scale + 1e-12);

describe('the claim on a record of which every figure is known', () => {
  it('finds the effect, how sure it is, and claims it', () => {
    const sums = sumsOf(known(600));
    const { effect, standardError, z, bound, effectivePeriods, interval, ...rest } = sums.claim();
    expect([effect, standardError, z, bound, effectivePeriods, sums.firstVariance].map(digits)).toEqual([
      '0.0669251817475',
      '0.0147057298962',
      '4.55095953888',
      '3.03592775991',
      '175.008028617',
      '19.8906666022',
    ]);
    expect(interval!.map(digits)).toEqual(
      [effect! - bound! * standardError!, effect! + bound! * standardError!].map(digits),
    );
    expect(rest).toMatchObject({ n: 600, verdict: 'IMPROVES', because: 'the interval lies above 0' });
    expect(rest.moreNeeded).toBe(0);
  });

  it('does so over years, with blocks that have become longer', () => {
    const sums = sumsOf(known(5000, 12));
    const { effect, standardError, z, bound, effectivePeriods, verdict } = sums.claim();
    expect([effect, standardError, z, bound, effectivePeriods, sums.firstVariance].map(digits)).toEqual([
      '0.0670224656728',
      '0.00600545246279',
      '11.1602691201',
      '3.17662788569',
      '1157.66350252',
      '35.7806194770',
    ]);
    expect(verdict).toBe('IMPROVES');
    expect(sums.base).toBe(64 * HOUR);
  });

  it('shows what there is of a short one, and says how much more it takes', () => {
    const sums = sumsOf(known(60));
    const { effect, standardError, effectivePeriods, ...rest } = sums.claim();
    expect([effect, standardError, effectivePeriods].map(digits)).toEqual([
      '0.0649414760501',
      '0.0286158696807',
      '14.1649377217',
    ]);
    expect(rest).toMatchObject({ interval: null, bound: null, verdict: 'INCONCLUSIVE', moreNeeded: 342 });
    expect(rest.because).toBe('too few outcomes: 60, and nothing is claimed below 400');
    expect(sums.firstVariance).toBeNull();
  });

  it('finds nothing where all sizes are one, but for rounding', () => {
    const sums = sumsOf(known(600).map((each, i) => ({ ...each, m: 0.7 + 1e-15 * (i % 2) })));
    expect(sums.claim()).toMatchObject({
      effect: 0,
      interval: null,
      standardError: null,
      verdict: 'INCONCLUSIVE',
      because: 'all signals had the same size',
    });
    expect(sums.firstVariance).toBeNull();
  });

  it('gives the same effect when it comes in the other order', () => {
    const { effect, standardError, z } = claimOf(known(600).reverse());
    expect([effect, standardError, z].map(digits)).toEqual([
      '0.0669251817475',
      '0.0147057298962',
      '4.55095953888',
    ]);
  });

  it('says HARMS where the same sizes go to the other signals', () => {
    const { verdict, effect, z, interval, because } = claimOf(
      known(600).map((each) => ({ ...each, m: 1.25 - each.m })),
    );
    expect(verdict).toBe('HARMS');
    expect(digits(z)).toBe('-4.55095953888');
    expect(effect).toBeLessThan(-0.01);
    expect(interval![1]).toBeLessThan(0);
    expect(because).toBe('the interval lies below 0');
  });

  it('claims no effect of less than 0.01 R, however sure it is, in either direction', () => {
    const scaled = (k: number, mirrored = false) =>
      claimOf(known(600).map(({ r, m, ...each }) => ({ ...each, r: k * r, m: mirrored ? 1.25 - m : m })));
    expect(scaled(0.149)).toMatchObject({ verdict: 'INCONCLUSIVE', moreNeeded: null });
    expect(digits(scaled(0.149).z)).toBe('4.55095953888');
    expect(scaled(0.149).because).toBe('an effect of less than 0.01 R is not worth a claim');
    expect(scaled(0.15).verdict).toBe('IMPROVES');
    expect(scaled(0.099, true).verdict).toBe('INCONCLUSIVE');
    expect(scaled(0.1, true).verdict).toBe('HARMS');
  });
});

describe('the boundary', () => {
  it('is tightest at a few times the first variance, and grows without end', () => {
    expect(digits(boundary(1, 1))).toBe('3.10714268207');
    expect(digits(boundary(8, 1))).toBe('3.11177167685');
    expect(boundary(3, 1)).toBeLessThan(boundary(1, 1));
    expect(boundary(32, 1)).toBeGreaterThan(boundary(8, 1));
  });
});

describe('a claim', () => {
  it('is what its definition makes of all outcomes at once', () => {
    fc.assert(
      fc.property(records, (outcomes) => {
        const { sum, size, variance, periods, effectivePeriods } = plainly(outcomes);
        const sums = sumsOf(outcomes);
        const claim = sums.claim();
        fc.pre(claim.periods > 0);
        const scale = outcomes.length;
        closeTo(claim.sum, sum, scale);
        closeTo(claim.size, size);
        closeTo(claim.variance, variance);
        expect(claim.periods).toBe(periods);
        closeTo(claim.effectivePeriods, effectivePeriods);
        closeTo(sums.firstVariance ?? 0, firstVariance(outcomes) ?? 0);
        if (claim.verdict === 'INCONCLUSIVE') expect(claim.moreNeeded).toBe(needed(outcomes));
        if (claim.interval === null) expect(claim.verdict).toBe('INCONCLUSIVE');
      }),
      cases(60),
    );
  });

  it.each([
    ['twice as long', 1, { moodHours: 64, seed: 7 }],
    ['four times as long', 2, { moodHours: 128, seed: 3 }],
  ] as const)('is as unsure as periods %s are, where those differ more', (_, longer, changes) => {
    const outcomes = record({ n: 560, apart: 3, hold: 1, mood: 3, ...changes });
    const { variances, variance } = plainly(outcomes);
    // The record is one in which that length decides.
    expect(variances[longer]).toBe(variance);
    expect(variances[longer]).toBeGreaterThan(1.05 * variances[0]);
    closeTo(claimOf(outcomes).variance, variance);
  });

  it('asks longer periods only where there are ten of them', () => {
    const [long, longest] = [64 * HOUR, 128 * HOUR];
    const outcomes = record({ n: 560, apart: 3, hold: 1, mood: 3, moodHours: 128, seed: 3, start: 0 });
    const within = (periods: number, length: number) =>
      outcomes.filter(({ decidedAt }) => decidedAt < periods * length);
    // Where the tenth period ends, periods of that length decide, and do not before it.
    const ten = plainly(within(10, longest));
    expect(ten.variances[2]).toBe(ten.variance);
    closeTo(claimOf(within(10, longest)).variance, ten.variances[2]!);
    const nine = plainly(within(9, longest));
    expect(nine.variances[2]).toBeNull();
    closeTo(claimOf(within(9, longest)).variance, Math.max(nine.variances[0], nine.variances[1]!));
    const some = plainly(within(10, long));
    expect(some.variances[1]).toBe(some.variance);
    closeTo(claimOf(within(10, long)).variance, some.variance);
    const fewer = plainly(within(9, long));
    expect(fewer.variances.slice(1)).toEqual([null, null]);
    closeTo(claimOf(within(9, long)).variance, fewer.variances[0]);
  });

  it('takes periods at least twice as long as positions are held', () => {
    const held = (hours: number) =>
      claimOf(known(600).map((each) => ({ ...each, closedAt: each.decidedAt + hours * HOUR }))).periods;
    const span = 600 * 6;
    expect(held(5)).toBe(Math.ceil(span / 32));
    expect(held(16)).toBe(Math.ceil(span / 32));
    expect(held(16.1)).toBe(Math.ceil(span / 64));
    expect(held(100)).toBe(Math.ceil(span / 256));
  });

  it('takes its first variance at 400 outcomes, or at the first 20 more that suffice, and keeps it', () => {
    const outcomes = known(600);
    const at = (n: number) => sumsOf(outcomes.slice(0, n)).firstVariance;
    expect(at(399)).toBeNull();
    closeTo(at(400)!, plainly(outcomes.slice(0, 400)).variance);
    expect(at(419)).toBe(at(400));
    expect(at(600)).toBe(at(400));
    // An hour apart 400 outcomes are no 20 periods; those of 640 hours are.
    const dense = known(700, 1).map((each) => ({ ...each, closedAt: each.decidedAt + HOUR }));
    const first = (n: number) => sumsOf(dense.slice(0, n)).firstVariance;
    expect(first(619)).toBeNull();
    closeTo(first(620)!, plainly(dense.slice(0, 620)).variance);
    expect(claimOf(dense.slice(0, 600)).because).toBe(
      'too few periods of 1.3 days: 19, and nothing is claimed below 20',
    );
    expect(claimOf(dense.slice(0, 610)).because).toBe(
      'the first figure that a claim could rest on is taken at the next 20 outcomes',
    );
    expect(claimOf(dense.slice(0, 610)).interval).toBeNull();
  });

  it('does not rest on a handful of periods', () => {
    // All but a few signals are worth nothing, and so are their scores.
    const outcomes = known(600).map((each, i) => ({ ...each, r: i % 200 === 50 ? 9 : 1e-3 * each.r }));
    const { verdict, interval, because, effectivePeriods } = claimOf(outcomes);
    expect(effectivePeriods).toBeLessThan(10);
    expect([verdict, interval]).toEqual(['INCONCLUSIVE', null]);
    expect(because).toMatch(/^too few periods of 1.3 days carry it: effectively \d\.\d, and/);
  });

  it('asks for no more outcomes once it is made, and for those that show it before', () => {
    expect(claimOf(known(600)).moreNeeded).toBe(0);
    const weak = record({ n: 450, edge: 0.03, seed: 5 });
    const { moreNeeded, verdict } = claimOf(weak);
    expect(verdict).toBe('INCONCLUSIVE');
    expect(moreNeeded).toBe(needed(weak));
  });
});

describe('what changes nothing about a claim', () => {
  it('is a unit of size, an offset of R, or a unit of R', () => {
    fc.assert(
      fc.property(
        records,
        fc.constantFrom(0.1, 0.5, 3),
        fc.constantFrom(-2, 0.3),
        (outcomes, factor, offset) => {
          const plain = claimOf(outcomes);
          fc.pre(plain.z !== null);
          const sized = claimOf(outcomes.map((each) => ({ ...each, m: factor * each.m })));
          expect(sized.verdict).toBe(plain.verdict);
          closeTo(sized.effect!, plain.effect!, 1);
          closeTo(sized.z!, plain.z!, 10);
          const moved = claimOf(outcomes.map((each) => ({ ...each, r: each.r + offset })));
          closeTo(moved.sum, plain.sum, outcomes.length);
          closeTo(moved.z!, plain.z!, 10);
          const scaled = claimOf(outcomes.map((each) => ({ ...each, r: factor * each.r })));
          closeTo(scaled.effect!, factor * plain.effect!, 1);
          closeTo(scaled.z!, plain.z!, 10);
        },
      ),
      cases(30),
    );
  });

  it('is the order in which outcomes become known', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 1e6 }), (outcomes, seed) => {
        const random = seededRandom(seed);
        const shuffled = outcomes
          .map((outcome) => ({ outcome, at: random.uniform() }))
          .sort((a, b) => a.at - b.at)
          .map(({ outcome }) => outcome);
        const [one, other] = [claimOf(outcomes), claimOf(shuffled)];
        closeTo(other.sum, one.sum, outcomes.length);
        closeTo(other.variance, one.variance);
        expect(other.periods).toBe(one.periods);
      }),
      cases(30),
    );
  });

  it('is a break: what is saved and read again goes on as if nothing had happened', () => {
    fc.assert(
      fc.property(records, fc.double({ min: 0, max: 1, noNaN: true }), (outcomes, share) => {
        const at = Math.floor(share * outcomes.length);
        const before = sumsOf(outcomes.slice(0, at));
        const after = new ClaimSums();
        after.restore(JSON.parse(JSON.stringify(before.snapshot())));
        for (const outcome of outcomes.slice(at)) after.add(outcome);
        expect(after.snapshot()).toEqual(sumsOf(outcomes).snapshot());
        expect(after.claim()).toEqual(claimOf(outcomes));
      }),
      cases(30),
    );
  });

  it('is a look at it', () => {
    const [looked, unseen] = [new ClaimSums(), new ClaimSums()];
    for (const outcome of known(500)) {
      unseen.add(outcome);
      looked.add(outcome);
      looked.claim();
    }
    expect(looked.snapshot()).toEqual(unseen.snapshot());
  });

  it('is a constant size, whatever it is', () => {
    fc.assert(
      fc.property(records, fc.double({ min: 1e-3, max: 2, noNaN: true }), (outcomes, m) => {
        const { effect, interval, verdict } = claimOf(
          outcomes.map((each, i) => ({ ...each, m: m * (1 + 1e-15 * (i % 3)) })),
        );
        expect({ effect, interval, verdict }).toEqual({ effect: 0, interval: null, verdict: 'INCONCLUSIVE' });
      }),
      cases(30),
    );
    // A hundred-thousandth of size is a difference, and what it went to counts.
    expect(claimOf(known(600).map((each) => ({ ...each, m: 1 + 1e-5 * each.m }))).z).not.toBeNull();
  });

  it('never takes more than 1024 blocks', () => {
    const { blocks } = sumsOf(known(3000, 30)).snapshot();
    expect(blocks.blocks.length).toBeLessThanOrEqual(1024);
    expect(blocks.blocks.reduce((all, [, n]) => all + n!, 0)).toBe(3000);
  });
});

describe('where there is nothing to claim', () => {
  const at = (hour: number, r: number, m: number): ClaimOutcome => ({
    decidedAt: hour * HOUR,
    closedAt: (hour + 1) * HOUR,
    r,
    m,
  });
  const nothing = { effect: null, standardError: null, interval: null, z: null, verdict: 'INCONCLUSIVE' };

  it.each([
    ['nothing is known', [], 'too few outcomes: 0'],
    ['one outcome is known', [at(0, 1, 1)], 'too few outcomes: 1'],
    ['nothing was sent', [at(0, 1, 0), at(30, -1, 0)], 'nothing was sent'],
    ['all came in one hour', [at(0.1, 1, 1), at(0.2, -1, 0)], /^what was sent came all at once/],
    ['only the last was sent', [at(0, 1, 0), at(30, -1, 0), at(60, -1, 1)], /or last of all/],
    ['all came to the same', [at(0, 1, 1), at(30, 1, 0), at(60, 1, 1)], /do not differ yet/],
  ])('says so: %s', (_, outcomes, because) => {
    const claim = claimOf(outcomes);
    expect(claim).toMatchObject({ ...nothing, n: outcomes.length, moreNeeded: null });
    expect(claim.because).toMatch(because);
  });

  it('refuses what is no number, and no size below 0, and keeps nothing of it', () => {
    const sums = sumsOf(known(30));
    const before = sums.snapshot();
    const good = { decidedAt: 1, closedAt: 2, r: 1, m: 1 };
    for (const bad of [
      { r: Number.NaN },
      { r: Number.POSITIVE_INFINITY },
      { m: Number.NaN },
      { m: -0.1 },
      { m: Number.POSITIVE_INFINITY },
      { decidedAt: Number.NaN },
      { closedAt: Number.NEGATIVE_INFINITY },
    ])
      expect(() => sums.add({ ...good, ...bad })).toThrow(/^EVIDENCE_INVALID.*finite/);
    expect(() => sums.amend(1, Number.NaN, 1)).toThrow(/EVIDENCE_INVALID/);
    expect(() => sums.amend(1, 1, -1)).toThrow(/EVIDENCE_INVALID/);
    expect(sums.snapshot()).toEqual(before);
  });
});

describe('a part that closes later', () => {
  it('adds what it came to where its signal was decided, and counts no further outcome', () => {
    const outcomes = known(500);
    const [first, ...rest] = outcomes;
    const whole = sumsOf([{ ...first!, r: first!.r - 2.5, closedAt: first!.closedAt + 40 * HOUR }, ...rest]);
    const parts = sumsOf(outcomes);
    parts.amend(first!.decidedAt, -2.5, first!.m, 40 * HOUR);
    const [one, other] = [parts.claim(), whole.claim()];
    expect(one.n).toBe(500);
    closeTo(one.sum, other.sum, 1);
    closeTo(one.variance, other.variance);
    expect(one.size).toBe(other.size);
    expect(parts.snapshot().held).toBe(whole.snapshot().held);
  });

  it('makes periods longer where positions turn out to have been held for longer', () => {
    const sums = sumsOf(known(600));
    const { periods } = sums.claim();
    for (const { decidedAt, m } of known(600)) sums.amend(decidedAt, 0, m, 30 * HOUR);
    expect(sums.claim().periods).toBeLessThan(periods);
  });
});

describe('a correction from outside', () => {
  it('moves the effect and adds to its variance', () => {
    const sums = sumsOf(known(600));
    const plain = sums.claim();
    const corrected = sums.claim({ effect: -0.05, variance: plain.standardError! ** 2 });
    closeTo(corrected.effect!, plain.effect! - 0.05);
    closeTo(corrected.standardError!, Math.SQRT2 * plain.standardError!);
    closeTo(corrected.variance, 2 * plain.variance);
    expect(corrected.verdict).toBe('INCONCLUSIVE');
    expect(digits(corrected.bound)).toBe(digits(boundary(2 * plain.variance, sums.firstVariance!)));
  });
});
