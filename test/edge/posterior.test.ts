import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EDGE_PRESETS } from '../../src/config/presets.ts';
import {
  CELL_VARIANCE,
  MODEL_PRIOR,
  MODEL_SHARE,
  POOL_VARIANCE,
  STRATEGY_VARIANCE,
  SYMBOL_VARIANCE,
} from '../../src/edge/constants.ts';
import { type EdgeOutcome, EdgePosterior, type PosteriorState } from '../../src/edge/posterior.ts';
import { CELLS } from '../../src/model/regime.ts';
import { normalCdf } from '../../src/statistics/normal.ts';
import { cases } from '../cases.ts';
import { cells, HOUR, START } from '../fixtures.ts';

const outcome = (r: number, changes: Partial<EdgeOutcome> = {}): EdgeOutcome => ({
  strategy: 'A',
  symbol: 'X',
  cell: 'RANGING',
  r,
  weight: 1,
  quality: null,
  closedAt: START,
  held: 4 * HOUR,
  ...changes,
});

/** Learns outcomes six hours apart, so that none share a cluster for long. */
function teach(
  edge: EdgePosterior,
  outcomes: readonly number[],
  changes: Partial<EdgeOutcome> = {},
  from = START,
): number {
  let time = from;
  for (const r of outcomes) {
    time += 6 * HOUR;
    edge.learn(outcome(r, { closedAt: time, ...changes }));
  }
  return time;
}

const predict = (edge: EdgePosterior, symbol = 'X', quality: number | null = null, strategy = 'A') =>
  edge.predict(edge.leaf(strategy, symbol, 'RANGING'), quality);

const stateOf = (edge: EdgePosterior, strategy = 'A') => new Map(edge.snapshot().strategies).get(strategy)!;

/** Twelve digits of a published value. */
const same = (value: number, published: number) =>
  expect(Math.abs(value - published)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(published)));

const HUGE = [1e6, -1e6, 1e300, -1e300, 1e-300, 0, 1.5, -1];
const hostile = fc.record({
  strategy: fc.constantFrom('A', 'B', '__proto__'),
  symbol: fc.constantFrom('X', 'constructor', 'Z'),
  cell: cells,
  r: fc.oneof(fc.constantFrom(...HUGE), fc.double({ min: -5, max: 5, noNaN: true })),
  weight: fc.constantFrom(1, 0.5, 0.01, 3),
  quality: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  closedAt: fc.integer({ min: START, max: START + 1000 * HOUR }),
  held: fc.integer({ min: -HOUR, max: 100 * HOUR }),
});
const histories = fc.array(hostile, { maxLength: 60 });
const taught = (history: readonly EdgeOutcome[], options = {}): EdgePosterior => {
  const edge = new EdgePosterior(options);
  for (const each of history) edge.learn(each);
  return edge;
};
const everyLeaf = (edge: EdgePosterior) =>
  ['A', 'B', '__proto__', 'new'].flatMap((strategy) =>
    ['X', 'constructor', 'new'].flatMap((symbol) =>
      CELLS.flatMap((cell) =>
        [null, 0, 0.9].map((quality) => edge.predict(edge.leaf(strategy, symbol, cell), quality)),
      ),
    ),
  );

describe('the posterior', () => {
  it('equals the published values, step by step', () => {
    const edge = new EdgePosterior({ cap: 1 });
    const size = () => edge.target(predict(edge).theta, 1);
    same(predict(edge).theta, 0.08);
    same(predict(edge).variance, 0.02535);
    same(predict(edge).probability, 0.692327809807);
    expect(size()).toBe(1);

    let time = teach(edge, [1.5]);
    same(predict(edge).theta, 0.1078177155173);
    same(predict(edge).variance, 0.02525311422283);
    same(predict(edge).deviation, 1.233288287466);
    same(edge.modelWeights[0]!, 0.2442720429229);
    same(edge.modelWeights[7]!, 0.04521166099224);

    const oneInFive = Array.from({ length: 40 }, (_, i) => (i % 5 === 4 ? 1.5 : -1));
    time = teach(edge, oneInFive, {}, time);
    same(predict(edge).theta, -0.2137486676913);
    same(predict(edge).probability, 0.09811615990829);
    expect(size()).toBe(0);
    same(edge.labelOf('A').size, 0.03432671106951);

    const alternating = Array.from({ length: 60 }, (_, i) => (i % 2 === 1 ? 1.5 : -1));
    time = teach(edge, alternating, { symbol: 'Y' }, time);
    same(predict(edge).theta, -0.08112116547503);
    same(predict(edge, 'Y').theta, 0.1198797067119);
    same(predict(edge, 'never heard of').theta, 0.04378799659085);
    same(edge.differing().symbols, 0.6599505945062);

    for (let i = 0; i < 60; i += 1) {
      const quality = (i % 10) / 10;
      const r = (7 * i) % 10 < 10 * quality ? 1.5 : -1;
      time = teach(edge, [r], { symbol: 'Y', quality, weight: i % 3 === 0 ? 0.5 : 1 }, time);
    }
    same(stateOf(edge).slope.m, 0.1602740906042);
    same(stateOf(edge).slope.w, 0.5671519251164);
    same(predict(edge, 'Y', 0.9).theta, 0.2093300417752);
    same(predict(edge, 'Y', 0.1).theta, -0.04386389195096);

    for (let i = 0; i < 30; i += 1) {
      time += 48 * HOUR;
      for (let k = 0; k < 4; k += 1) {
        const closedAt = time + k * HOUR;
        edge.learn(outcome(i % 2 === 1 ? 1 : -1, { symbol: `C${k}`, closedAt, held: 36 * HOUR }));
      }
    }
    same(edge.designEffect('A'), 2.010288190206);
    same(predict(edge).theta, -0.04043209950719);

    edge.revive('A');
    same(predict(edge).theta, 0.0669138806228);
    expect(edge.labelOf('A')).toMatchObject({ size: 1, p: 0.5 });

    teach(edge, Array(200).fill(-1), {}, time);
    same(predict(edge).theta, -0.9134874941749);
    // As far as it was published: it lies ten decimals down.
    expect(predict(edge).probability / 9.152814563611e-11).toBeCloseTo(1, 9);
  });

  it('rests on a normal distribution that is exact in its tails', () => {
    same(normalCdf(1.96), 0.9750021048518);
    expect(normalCdf(-4) / 0.00003167124183312).toBeCloseTo(1, 12);
  });

  it('explains theta as a sum', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { theta, terms } of everyLeaf(taught(history)))
          expect(Object.values(terms).reduce((sum, term) => sum + term, 0)).toBeCloseTo(theta, 12);
      }),
      cases(20),
    );
  });

  it('is finite and sure of something for any outcomes, and its weights sum to one', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom('conservative', 'aggressive'), (history, preset) => {
        const edge = taught(history, EDGE_PRESETS[preset as 'conservative']);
        for (const { theta, variance, probability, deviation } of everyLeaf(edge)) {
          expect(Number.isFinite(theta)).toBe(true);
          expect(variance).toBeGreaterThan(0);
          expect(probability).toBeGreaterThanOrEqual(0);
          expect(probability).toBeLessThanOrEqual(1);
          expect(deviation).toBeGreaterThan(0);
          expect(Number.isFinite(deviation)).toBe(true);
        }
        const weights = edge.modelWeights;
        expect(Math.abs(weights.reduce((sum, w) => sum + w, 0) - 1)).toBeLessThan(1e-12);
        for (const [j, w] of weights.entries())
          expect(w).toBeGreaterThanOrEqual(MODEL_SHARE * MODEL_PRIOR[j]! * (1 - 1e-12));
        expectWithinPriors(edge.snapshot());
      }),
      cases(100),
    );
  });

  it('never thinks worse of a leaf for a better outcome', () => {
    const pair = fc.tuple(
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 3, noNaN: true }),
    );
    fc.assert(
      fc.property(histories, hostile, pair, (history, last, [r, more]) => {
        const thetaWith = (value: number): number => {
          const edge = taught([
            ...history.map((each) => ({ ...each, quality: null })),
            { ...last, quality: null, r: value },
          ]);
          return edge.predict(edge.leaf(last.strategy, last.symbol, last.cell), null).theta;
        };
        // The scale moves with the outcome too: what is clipped says the same.
        expect(thetaWith(r + more)).toBeGreaterThanOrEqual(thetaWith(r) - 1e-9);
      }),
      cases(150),
    );
  });

  it('goes on after a restart as if there had been none, bit for bit', () => {
    fc.assert(
      fc.property(histories, histories, (before, after) => {
        const whole = taught(before);
        const restarted = new EdgePosterior();
        restarted.restore(JSON.parse(JSON.stringify(whole.snapshot())));
        for (const each of after) {
          whole.learn(each);
          restarted.learn(each);
        }
        expect(restarted.snapshot()).toEqual(whole.snapshot());
      }),
      cases(50),
    );
  });

  it('does not change by being asked', () => {
    const edge = taught([outcome(1), outcome(-1, { quality: 0.3 })]);
    const before = edge.snapshot();
    edge.expect('A');
    edge.expect('nobody', { cell: 'VOLATILE', symbol: 'nothing' });
    edge.lastSizeOf('nobody', 'nothing', 'RANGING', 'scale');
    edge.labelOf('nobody');
    edge.designEffect('nobody');
    edge.differing();
    edge.predict(edge.leaf('A', 'X', 'RANGING'), 0.5);
    expect(edge.snapshot()).toEqual(before);
  });

  it('moves by less than .07 for each deviation of a first outcome, and gives a newcomer its parents mean', () => {
    for (const r of [-24, -3, -1, 1, 3, 24]) {
      const edge = taught([outcome(r)]);
      const { theta, deviation } = predict(edge);
      expect(Math.abs(theta - 0.08)).toBeLessThan(0.07 * Math.max(1, Math.abs(r / deviation)));
    }
    const edge = new EdgePosterior();
    teach(edge, Array(40).fill(-1));
    const newcomer = edge.expect('new').theta;
    expect(newcomer).toBeLessThan(0.08);
    expect(newcomer).toBeCloseTo(predict(edge, 'X', null, 'another').theta, 12);
    expect(newcomer).toBeGreaterThan(predict(edge).theta);
  });

  it('does not depend on the unit of R once it has seen it', () => {
    fc.assert(
      fc.property(fc.constantFrom(0.02, 0.5, 6, 1e4), (unit) => {
        const [one, other] = [new EdgePosterior(), new EdgePosterior()];
        const rs = Array.from({ length: 400 }, (_, i) => [1.5, -1, 0.3, -0.7, 2][i % 5]!);
        teach(one, rs);
        teach(
          other,
          rs.map((r) => unit * r),
        );
        // What is left are the first outcomes, which were seen on the scale of the prior.
        expect(predict(other).deviation / (unit * predict(one).deviation)).toBeCloseTo(1, 1);
        expect(Math.abs(predict(other).theta - predict(one).theta)).toBeLessThan(0.05);
      }),
      cases(4),
    );
  });

  it('takes nothing of the order in which strategies and symbols were heard of', () => {
    const [one, other] = [new EdgePosterior(), new EdgePosterior()];
    for (const strategy of ['B', 'A']) other.leaf(strategy, 'Z', 'VOLATILE');
    for (const edge of [one, other]) {
      teach(edge, [1, -1, 2], { strategy: 'A' });
      teach(edge, [-1, -1, 2], { strategy: 'B', symbol: 'Z' });
    }
    expect(predict(other)).toEqual(predict(one));
    expect(predict(other, 'Z', null, 'B')).toEqual(predict(one, 'Z', null, 'B'));
  });
});

function expectWithinPriors({ pool, strategies }: PosteriorState): void {
  const within = (node: readonly number[] | null, prior: Float64Array | number) => {
    for (const [j, v] of (node ?? []).slice(MODEL_PRIOR.length).entries())
      expect(v).toBeLessThanOrEqual((typeof prior === 'number' ? prior : prior[j]!) * (1 + 1e-12));
  };
  within(pool, POOL_VARIANCE);
  for (const [, { own, cells: inCells, symbols }] of strategies) {
    within(own, STRATEGY_VARIANCE);
    for (const node of inCells) within(node, CELL_VARIANCE);
    for (const [, { deviation }] of symbols) within(deviation, SYMBOL_VARIANCE);
  }
}

describe('an outcome', () => {
  it('says no more beyond twenty deviations', () => {
    const [twenty, more] = [new EdgePosterior(), new EdgePosterior()];
    // Nothing is known: the deviation is 1.2.
    twenty.learn(outcome(24));
    more.learn(outcome(1e300));
    expect(more.snapshot()).toEqual(twenty.snapshot());
    const less = taught([outcome(23)]);
    expect(less.snapshot()).not.toEqual(twenty.snapshot());
    const losses = [taught([outcome(-24)]), taught([outcome(-1e9)])];
    expect(losses[1]!.snapshot()).toEqual(losses[0]!.snapshot());
  });

  it('changes the scale before it is measured by it: none counts for more than ten deviations', () => {
    const edge = new EdgePosterior();
    teach(edge, Array(300).fill(0.001));
    const before = predict(edge).deviation;
    edge.learn(outcome(1e9, { closedAt: START + 10_000 * HOUR }));
    expect((20 * before) / predict(edge).deviation).toBeLessThanOrEqual(10);
    expect(predict(edge).theta).toBeLessThan(2);
  });

  it('is measured by the data alone after ten', () => {
    const edge = new EdgePosterior();
    teach(edge, Array(12).fill(0.02));
    expect(predict(edge).deviation).toBeCloseTo(0.02, 12);
    const nothing = new EdgePosterior();
    teach(nothing, Array(12).fill(0));
    expect(predict(nothing).deviation).toBe(1e-9);
  });

  it('says less with a smaller weight, and no more than one with a larger', () => {
    const moved = (weight: number) => predict(taught([outcome(3, { weight })])).theta;
    expect(moved(0.5)).toBeLessThan(moved(1));
    expect(moved(0.5)).toBeGreaterThan(0.08);
    expect(moved(4)).toBe(moved(1));
  });

  it('ages only the cell and the symbol that it is about', () => {
    const edge = new EdgePosterior();
    teach(edge, [3, 3, 3], { symbol: 'Y', cell: 'VOLATILE' });
    const before = stateOf(edge);
    teach(edge, Array(50).fill(-1));
    const after = stateOf(edge);
    const volatile = CELLS.indexOf('VOLATILE');
    expect(after.cells[volatile]).toEqual(before.cells[volatile]);
    expect(new Map(after.symbols).get('Y')).toEqual(new Map(before.symbols).get('Y'));
    expect(after.own).not.toEqual(before.own);
  });

  it('is forgotten by half after two hundred of the strategy itself, a hundred if aggressive', () => {
    // Of a model in which strategies differ, without evidence in between: zeros of hardly any weight.
    const keep = (preset: 'conservative' | 'aggressive', later: number) => {
      const edge = new EdgePosterior(EDGE_PRESETS[preset]);
      teach(edge, Array(30).fill(1));
      const [before] = stateOf(edge).own.slice(4);
      teach(edge, Array(later).fill(0), { weight: 1e-9 });
      return stateOf(edge).own[4]! / before!;
    };
    expect(keep('conservative', 200)).toBeCloseTo(0.5, 5);
    expect(keep('aggressive', 100)).toBeCloseTo(0.5, 5);
  });
});

describe('quality', () => {
  /** Outcomes that good qualities foretell. */
  function informed(count: number, spread = 0.5): EdgePosterior {
    const edge = new EdgePosterior();
    for (let i = 0; i < count; i += 1) {
      const up = i % 2 === 1;
      const quality = 0.5 + (up ? spread : -spread);
      edge.learn(outcome(up ? 1 : -1, { quality, closedAt: START + i * 50 * HOUR }));
    }
    return edge;
  }

  it('says nothing where there is none, before ten outcomes with one, and where all are alike', () => {
    expect(predict(informed(40), 'X', null).terms.quality).toBe(0);
    expect(predict(informed(10), 'X', 0.9).terms.quality).toBe(0);
    expect(predict(informed(40), 'X', 0.9).terms.quality).toBeGreaterThan(0);
    expect(predict(informed(40, 0), 'X', 0.9).terms.quality).toBe(0);
    const without = new EdgePosterior();
    teach(without, Array(40).fill(1));
    expect(stateOf(without).slope).toEqual({ m: 0, v: 0.1 ** 2, w: 0.2, n: 0, q1: 0, q2: 0 });
  });

  it('says no more beyond two deviations', () => {
    const edge = informed(40, 0.1);
    const at = (quality: number) => predict(edge, 'X', quality).terms.quality;
    const { n, q1, q2 } = stateOf(edge).slope;
    const [mean, spread] = [q1 / n, Math.sqrt(q2 / n - (q1 / n) ** 2)];
    expect(at(mean + 2 * spread)).toBeCloseTo(at(1), 12);
    expect(at(mean + 1.9 * spread)).toBeLessThan(at(1));
    expect(at(0)).toBeCloseTo(-at(1), 12);
  });

  it('is never wholly believed, and never wholly doubted', () => {
    const { w, m } = stateOf(informed(400)).slope;
    expect(w).toBe(0.98);
    expect(m).toBeGreaterThan(0.1);
    const noise = new EdgePosterior();
    let least = 1;
    for (let i = 0; i < 6000; i += 1) {
      const r = Math.floor(i / 2) % 2 === 0 ? 1 : -1;
      noise.learn(outcome(r, { quality: i % 2, closedAt: START + i * 50 * HOUR }));
      least = Math.min(least, stateOf(noise).slope.w);
    }
    expect(least).toBe(0.02);
  });

  it('is kept of a strategy that starts anew, with the scale of its outcomes', () => {
    const edge = informed(40);
    const { slope, n, s2, cluster } = stateOf(edge);
    edge.revive('A');
    edge.revive('nobody');
    expect(stateOf(edge)).toMatchObject({ slope, n, s2, cluster, size: 1, p: 0.5, blocked: 0, symbols: [] });
  });

  it('is forgotten of every strategy on demand, and nothing else', () => {
    const edge = informed(40);
    const { slope: _forgotten, ...rest } = stateOf(edge);
    edge.forgetSlopes();
    expect(stateOf(edge)).toEqual({ ...rest, slope: { m: 0, v: 0.1 ** 2, w: 0.2, n: 0, q1: 0, q2: 0 } });
  });
});

describe('positions that overlap', () => {
  /** Buckets of outcomes that all close together and come to the same. */
  function crowded(buckets: number, size: number, r: (bucket: number) => number): EdgePosterior {
    const edge = new EdgePosterior();
    for (let i = 0; i < buckets; i += 1)
      for (let k = 0; k < size; k += 1)
        edge.learn(outcome(r(i), { closedAt: START + i * 100 * HOUR, held: HOUR, symbol: `${k}` }));
    return edge;
  }

  it('count as fewer when they come to the same, and as what they are when they do not', () => {
    expect(crowded(40, 4, (i) => (i % 2 === 0 ? 1 : -1)).designEffect('A')).toBeGreaterThan(1.5);
    expect(crowded(200, 1, (i) => (i % 2 === 0 ? 1 : -1)).designEffect('A')).toBeLessThan(1.2);
  });

  it('count as no fewer than a tenth', () => {
    expect(crowded(400, 50, (i) => (i % 2 === 0 ? 1 : -1)).designEffect('A')).toBe(10);
  });

  it('are one bucket while they close within the usual holding time of its first', () => {
    const edge = new EdgePosterior();
    // Eight hours are assumed at first.
    for (const hours of [0, 4, 8]) edge.learn(outcome(1, { closedAt: START + hours * HOUR, held: 0 }));
    expect(stateOf(edge).cluster).toMatchObject({ start: START, n: 3, b: 0 });
    edge.learn(outcome(1, { closedAt: START + 8 * HOUR + 1, held: 0 }));
    expect(stateOf(edge).cluster).toMatchObject({ start: START + 8 * HOUR + 1, n: 1, b: 3 });
    // One from before the bucket begins another.
    edge.learn(outcome(1, { closedAt: START, held: 0 }));
    expect(stateOf(edge).cluster).toMatchObject({ start: START, n: 1, b: 0.99 * 3 + 1 });
  });

  it('surprise by no more than five deviations for each of them', () => {
    const edge = new EdgePosterior();
    teach(
      edge,
      Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 0.01 : -0.01)),
      { held: 0 },
    );
    const { a } = stateOf(edge).cluster;
    const far = START + 100_000 * HOUR;
    // Nearly ten deviations, whose square would be nearly a hundred; the latest small bucket closes before it.
    edge.learn(outcome(1e6, { closedAt: far }));
    const between = stateOf(edge).cluster;
    expect(Math.abs(between.e)).toBeGreaterThan(5);
    edge.learn(outcome(0.01, { closedAt: far + 1000 * HOUR }));
    expect(stateOf(edge).cluster.a).toBeCloseTo(0.99 * between.a + 25, 12);
    expect(between.a).toBeLessThan(a + 25);
  });

  it('have no holding time of their own when they are held for none', () => {
    const edge = taught([outcome(1, { held: 0 }), outcome(1, { held: -HOUR })]);
    expect(edge.snapshot().hold).toBe(8 * HOUR);
    edge.learn(outcome(1, { held: 108 * HOUR }));
    expect(edge.snapshot().hold).toBeCloseTo(9 * HOUR, 3);
  });
});

describe('the cap that a label is judged under', () => {
  it("is the configuration's, else that of the latest decision, else what could be decided first", () => {
    const edge = new EdgePosterior({ firstCap: 2 });
    expect(edge.capOf('A')).toBe(2);
    const leaf = edge.leaf('A', 'X', 'RANGING');
    edge.keepSize(leaf, 'scale', 1, 1);
    expect(edge.capOf('A')).toBe(1);
    expect(new EdgePosterior({ cap: 3, firstCap: 2 }).capOf('A')).toBe(3);
  });

  it('decides which ramp the label goes by', () => {
    // A theta of about .02 is the whole size under a cap of 1 and a third of it under a larger one.
    const sized = (cap: number) => {
      const edge = new EdgePosterior({ cap });
      teach(
        edge,
        Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? 1 : -1)),
      );
      return edge.labelOf('A').size;
    };
    expect(sized(1)).toBeGreaterThan(sized(2) + 0.2);
  });
});

describe('sizes and counters', () => {
  it('are kept for each leaf and each way of sending', () => {
    const edge = new EdgePosterior();
    const leaf = edge.leaf('A', 'X', 'RANGING');
    edge.keepSize(leaf, 'scale', 0.4, 2);
    edge.keepSize(leaf, 'veto', 0, 1);
    expect(edge.lastSizeOf('A', 'X', 'RANGING', 'scale')).toBe(0.4);
    expect(edge.lastSizeOf('A', 'X', 'RANGING', 'veto')).toBe(0);
    expect(edge.lastSizeOf('A', 'X', 'VOLATILE', 'scale')).toBeNull();
    expect(edge.lastSizeOf('A', 'Y', 'RANGING', 'scale')).toBeNull();
  });
});
