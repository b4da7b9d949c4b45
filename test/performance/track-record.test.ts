import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TrackProof, TrackRecords } from '../../src/performance/track-record.ts';
import { minimumTrackRecord, probabilisticSharpe } from '../../src/statistics/sharpe-test.ts';
import { cases } from '../cases.ts';
import { digits, known } from '../effect/fixtures.ts';
import { HOUR } from '../fixtures.ts';

interface Outcome {
  readonly r: number;
  readonly decidedAt: number;
  readonly closedAt: number;
}

const DAY = 24 * HOUR;

function proofOf(outcomes: readonly Outcome[]): TrackProof | null {
  const tracks = new TrackRecords();
  for (const outcome of outcomes) tracks.add('s', outcome);
  return tracks.proofOf('s');
}

/** So many outcomes every four days, all alike within them: 1.5 and -1 in turn. */
const clustered = (each: number, days = 40): Outcome[] =>
  Array.from({ length: each * days }, (_, i) => {
    const day = Math.floor(i / each);
    const decidedAt = (4 * day + 1) * DAY + (i % each) * HOUR;
    return { decidedAt, closedAt: decidedAt + HOUR, r: (day % 2 ? -1 : 1.5) + (i % each) / 100 };
  });

const outcomes = fc.array(
  fc
    .record({
      at: fc.integer({ min: 0, max: 3000 }),
      hold: fc.integer({ min: 0, max: 60 }),
      r: fc.double({ min: -20, max: 20, noNaN: true }),
    })
    .map(({ at, hold, r }) => ({ r, decidedAt: at * HOUR, closedAt: (at + hold) * HOUR })),
  { minLength: 3, maxLength: 60 },
);

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** For how many independent outcomes they count, as it is defined. */
function effectiveOf(all: readonly Outcome[]): number {
  const n = all.length;
  const mean = sum(all.map(({ r }) => r)) / n;
  const held = sum(all.map(({ decidedAt, closedAt }) => closedAt - decidedAt)) / n;
  let length = HOUR;
  while (length < Math.max(DAY, 2 * held)) length *= 2;
  const periods = new Map<number, number>();
  for (const { decidedAt, r } of all) {
    const period = Math.floor(decidedAt / length);
    periods.set(period, (periods.get(period) ?? 0) + r - mean);
  }
  const spread = sum(all.map(({ r }) => (r - mean) ** 2));
  return n / Math.max(1, sum([...periods.values()].map((x) => x * x)) / spread);
}

describe('what a track record proves', () => {
  it('is known of a record of which every figure is known', () => {
    const proof = proofOf(known(200))!;
    expect(digits(proof.sharpe)).toBe('0.00283737956348');
    expect(proof).toMatchObject({ n: 200, effective: 200, needed: 336_079 });
    expect(digits(proof.probability)).toBe('0.515963514270');
  });

  it('is that of independent outcomes, where they are', () => {
    const rs = [1.7, -1, -1, 2.3, 0.4, -1, 1.1, -0.5, 3, -1];
    const each = rs.map((r, i) => ({ r, decidedAt: i * 4 * DAY, closedAt: i * 4 * DAY + HOUR }));
    const { n, effective, probability, needed, sharpe } = proofOf(each)!;
    expect([n, effective]).toEqual([10, 10]);
    const mean = sum(rs) / n;
    const moment = (power: number) => sum(rs.map((r) => (r - mean) ** power)) / n;
    const record = {
      n,
      sharpe,
      skewness: moment(3) / moment(2) ** 1.5,
      kurtosis: moment(4) / moment(2) ** 2,
    };
    expect(probability).toBeCloseTo(probabilisticSharpe(record)!, 12);
    expect(needed).toBe(Math.ceil(minimumTrackRecord(record)!));
  });

  it('counts outcomes that hang together for fewer, and asks for as many more', () => {
    const [alone, together] = [proofOf(clustered(1))!, proofOf(clustered(5))!];
    expect(alone.effective).toBe(40);
    expect(together.n).toBe(200);
    expect(together.effective).toBeCloseTo(40, 1);
    expect(together.probability!).toBeCloseTo(alone.probability!, 1);
    expect(together.needed! / alone.needed!).toBeGreaterThan(4);
  });

  it('counts them as its definition does, and never for more than they are', () => {
    fc.assert(
      fc.property(outcomes, (all) => {
        const proof = proofOf(all);
        fc.pre(proof !== null && all.some(({ r }) => Math.abs(r - all[0]!.r) > 1e-3));
        expect(proof!.effective).toBeCloseTo(effectiveOf(all), 8);
        expect(proof!.effective).toBeLessThanOrEqual(all.length);
        expect(proof!.effective > 1).toBe(proof!.probability !== null);
        if (proof!.probability === null) expect(proof!.needed).toBeNull();
        if (proof!.sharpe <= 0) expect(proof!.needed).toBeNull();
      }),
      cases(100),
    );
  });

  it('reaches 95% where as many are there as are needed', () => {
    fc.assert(
      fc.property(outcomes, (all) => {
        const proof = proofOf(all);
        fc.pre(proof?.needed != null && Math.abs(proof.n - proof.needed) > 1);
        expect(proof!.n > proof!.needed!).toBe(proof!.probability! > 0.95);
      }),
      cases(100),
    );
  });

  it('takes periods as long as positions are held for', () => {
    const long = clustered(1).map((each) => ({ ...each, closedAt: each.decidedAt + 20 * DAY }));
    // Periods of 42 days hold as many good as bad ones, and no less than what is there is counted.
    expect(proofOf(long)!.effective).toBe(40);
    const spells = long.map((each, i) => ({ ...each, r: Math.floor(i / 10) % 2 ? -1 : 1.2 }));
    expect(proofOf(spells)!.effective).toBeLessThan(10);
    expect(proofOf(spells.map((each) => ({ ...each, closedAt: each.decidedAt })))!.effective).toBeCloseTo(
      40,
      9,
    );
  });

  it('takes R as it was, however large', () => {
    const [wild, tame] = [80, 10].map(
      (r) => proofOf(known(100).map((each, i) => (i === 7 ? { ...each, r } : each)))!,
    );
    expect(wild!.sharpe).not.toBe(tame!.sharpe);
  });

  it('is nothing of one outcome, of none, or of outcomes that are all alike', () => {
    expect(proofOf([])).toBeNull();
    expect(proofOf(known(1))).toBeNull();
    expect(proofOf(known(30).map((each) => ({ ...each, r: 0.3 })))).toBeNull();
    expect(new TrackRecords().proofOf('nobody')).toBeNull();
  });

  it('counts two spells of one mood each for two outcomes, however many they are', () => {
    const spells = Array.from({ length: 20 }, (_, i) => ({
      decidedAt: (i < 10 ? 1 : 90) * DAY + i,
      closedAt: (i < 10 ? 1 : 90) * DAY + i,
      r: i < 10 ? 2 : 1,
    }));
    const { effective, needed, sharpe } = proofOf(spells)!;
    expect(effective).toBeCloseTo(2, 9);
    // Symmetric and of two values: skewness 0 and kurtosis 1.
    expect(needed).toBe(Math.ceil(10 * (1 + (1.6448536269515 / sharpe) ** 2)));
  });

  it('knows when the first was decided and the last closed, in any order', () => {
    const { firstAt, lastAt } = proofOf([...known(50)].reverse())!;
    expect(firstAt).toBe(0);
    expect(lastAt).toBe(Math.max(...known(50).map(({ closedAt }) => closedAt)));
  });
});

describe('track records', () => {
  it('go on from what was saved, each by itself', () => {
    fc.assert(
      fc.property(outcomes, outcomes, (before, after) => {
        const [whole, first, second] = [new TrackRecords(), new TrackRecords(), new TrackRecords()];
        for (const each of before) first.add('a', each);
        first.add('b', known(1)[0]!);
        second.restore(JSON.parse(JSON.stringify(first.snapshot())));
        const saved = JSON.stringify(first.snapshot());
        for (const each of after) second.add('a', each);
        for (const each of [...before, ...after]) whole.add('a', each);
        expect(second.proofOf('a')).toEqual(whole.proofOf('a'));
        expect(second.proofOf('b')).toBeNull();
        expect(JSON.stringify(first.snapshot())).toBe(saved);
      }),
      cases(30),
    );
  });

  it('forget all when they are told to', () => {
    const tracks = new TrackRecords();
    for (const each of known(10)) tracks.add('s', each);
    tracks.reset();
    expect(tracks.proofOf('s')).toBeNull();
    expect(tracks.snapshot()).toEqual([]);
  });
});
