import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attribute } from '../../src/effect/attribution.ts';
import { compare } from '../../src/effect/comparison.ts';
import { looksAt } from '../../src/effect/looks.ts';
import { moneyMoved } from '../../src/effect/money.ts';
import { estimateSelection } from '../../src/effect/selection.ts';
import { effectStatement } from '../../src/effect/statement.ts';
import { cases } from '../cases.ts';
import { outcome, outcomes, world } from './fixtures.ts';

const effectOf = (...pairs: [number, number][]) =>
  estimateSelection(
    pairs.map(([r, m]) => outcome(r, m)),
    1,
  )?.value;

describe('the selection effect', () => {
  it('is what a unit of sent size earned more than a unit spread over all signals', () => {
    expect(effectOf([1, 1], [-1, 0])).toBe(1);
    expect(effectOf([1, 2], [-1, 0.5])).toBeCloseTo((2 - 0.5) / 2.5 - 0, 12);
    expect(effectOf([1, 0], [-1, 1])).toBe(-1);
  });

  it('is nothing for a constant multiplier, however much less is traded of a losing book', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 50 }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        (rs, m) => {
          expect(effectOf(...rs.map((r): [number, number] => [r, m]))).toBeCloseTo(0, 9);
        },
      ),
    );
  });

  it('does not exist where nothing was sent', () => {
    expect(effectOf([1, 0], [-1, 0])).toBeUndefined();
    expect(effectStatement({ outcomes: [] }).selection).toBeNull();
  });

  it('has an interval that holds the truth in about 95% of worlds', () => {
    let covered = 0;
    const runs = 100;
    for (let seed = 1; seed <= runs; seed += 1) {
      // Half of the signals are good by 0.2 R, half bad; all good and half of the bad size is sent.
      const record = world(300, seed, (_, good) => (good ? 1 : 0.5), 0.2);
      const { interval } = estimateSelection(record, seed)!;
      const truth = (0.2 - 0.1) / 1.5;
      if (interval![0] <= truth && truth <= interval![1]) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.89);
  });
});

describe('a claim', () => {
  const skilled = world(1700, 5, (_, good) => (good ? 1 : 0), 0.3);

  it('is never made below 400 outcomes, and only at the looks', () => {
    expect(effectStatement({ outcomes: skilled.slice(0, 399) })).toMatchObject({
      verdict: 'INCONCLUSIVE',
      looks: [],
      nextLook: 400,
      because: 'nothing is claimed below 400 outcomes, there are 399',
    });
    expect(looksAt({ outcomes: skilled }, 7).map(({ n, alpha }) => [n, alpha])).toEqual([
      [400, 0.05 / 8],
      [800, 0.05 / 16],
      [1600, 0.05 / 32],
    ]);
  });

  it('stands on the outcomes of its look: what comes after does not change it before the next', () => {
    const later = [...skilled.slice(0, 800), ...world(500, 9, () => 1, -2)];
    expect(effectStatement({ outcomes: later }).looks).toEqual(
      effectStatement({ outcomes: skilled.slice(0, 800) }).looks,
    );
    expect(effectStatement({ outcomes: later }).verdict).toBe('IMPROVES');
  });

  it('is IMPROVES for skill, HARMS for its opposite, and INCONCLUSIVE for a constant size', () => {
    const opposite = world(500, 5, (_, good) => (good ? 0 : 1), 0.3);
    const constant = world(500, 5, () => 0.5, 0.3);
    expect(effectStatement({ outcomes: skilled.slice(0, 500) }).verdict).toBe('IMPROVES');
    expect(effectStatement({ outcomes: opposite }).verdict).toBe('HARMS');
    expect(effectStatement({ outcomes: constant })).toMatchObject({
      verdict: 'INCONCLUSIVE',
      moreNeeded: null,
    });
  });

  it('is not made where triple barriers stood in for more than 30% of the outcomes', () => {
    const guessed = skilled.map((each, i) => (i % 3 === 0 ? { ...each, source: 'barrier' as const } : each));
    const statement = effectStatement({ outcomes: guessed });
    expect(statement.verdict).toBe('INCONCLUSIVE');
    expect(statement.because).toMatch(/triple barriers stood in for 33% of the outcomes/);
  });

  it('is not made on a handful of signals that were sent of thousands', () => {
    const rare = world(900, 4, () => 0).map((each, i) => (i % 200 === 0 ? outcome(-1.1, 1) : each));
    const { verdict, because, selection } = effectStatement({ outcomes: rare });
    expect(verdict).toBe('INCONCLUSIVE');
    expect(because).toMatch(/too few signals were on the smaller side, sent or not \(effectively \d+\)/);
    expect(selection!.value).toBeLessThan(-1);
    expect(effectStatement({ outcomes: rare.slice(0, 300) }).selection!.interval).toBeNull();
  });

  it('says how many more outcomes would show an effect of this size', () => {
    const weak = world(450, 3, (_, good) => (good ? 1 : 0.8), 0.1);
    const { moreNeeded, verdict, nextLook } = effectStatement({ outcomes: weak });
    expect(verdict).toBe('INCONCLUSIVE');
    expect(moreNeeded).toBeGreaterThanOrEqual(nextLook - 450);
    expect(Math.log2((moreNeeded! + 450) / 100) % 1).toBe(0);
  });

  it('is the same for the same record and seed, byte for byte', () => {
    const [one, again, other] = [7, 7, 8].map((seed) =>
      JSON.stringify(effectStatement({ outcomes: skilled.slice(0, 500) }, seed)),
    );
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });
});

describe('the components', () => {
  it('sum to the selection effect', () => {
    fc.assert(
      fc.property(outcomes, (record) => {
        const whole = estimateSelection(record, 1);
        const parts = attribute(record, 1);
        expect(parts === null).toBe(whole === null);
        const sum = parts?.reduce((total, { value }) => total + value, 0) ?? 0;
        expect(sum).toBeCloseTo(whole?.value ?? 0, 9);
      }),
      cases(60),
    );
  });

  it('give everything to the only one that acts, and halves to two that act alike', () => {
    const one = world(200, 2, (_, good) => (good ? 1.5 : 0.5), 0.4);
    const found = attribute(one, 1)!;
    expect(found.find(({ component }) => component === 'weights')!.value).toBeCloseTo(
      estimateSelection(one, 1)!.value,
      12,
    );
    const alike = one.map((each) => ({
      ...each,
      multiplier: each.multiplier ** 2 / 4,
      factors: { ...each.factors, weights: each.multiplier / 2, health: each.multiplier / 2 },
    }));
    const both = attribute(alike, 1)!;
    expect(both[1]!.value).toBeCloseTo(both[2]!.value, 12);
    expect(both[0]!.value).toBeCloseTo(0, 12);
  });
});

describe('the comparison', () => {
  const record = [outcome(2, 1), outcome(-1, 0), outcome(-1, 0.5), outcome(3, 2), outcome(0, 1)];
  const row = (metric: string) => compare(record, 1).find((each) => each.metric === metric)!;

  it('is per signal, in R of the host size', () => {
    expect(row('expectancy')).toMatchObject({ with: 7.5 / 5, without: 3 / 5 });
    expect(row('profitFactor')).toMatchObject({ with: 16, without: 2.5 });
    expect(row('winRate')).toMatchObject({ with: 0.5, without: 0.4 });
    expect(row('maxDrawdown')).toMatchObject({ with: 0.5, without: 2 });
  });

  it('has no change where one side does not exist', () => {
    const blocked = compare([outcome(1, 0), outcome(-1, 0)], 1);
    expect(blocked.find(({ metric }) => metric === 'winRate')).toMatchObject({ with: null, change: null });
    expect(blocked.find(({ metric }) => metric === 'profitFactor')).toMatchObject({
      with: null,
      change: null,
    });
  });
});

describe('money', () => {
  it('is what blocking, reducing and increasing saved, missed, gained and lost', () => {
    const record = [
      outcome(-1, 0),
      outcome(2, 0),
      outcome(-1, 0.5),
      outcome(2, 0.25),
      outcome(1, 2),
      outcome(-1, 1.5),
      outcome(5, 0, { pnl: null }),
    ];
    expect(moneyMoved(record)).toEqual({
      n: 6,
      outcomes: 7,
      savedByBlocking: 10,
      missedByBlocking: 20,
      savedByReducing: 5,
      missedByReducing: 15,
      gainedByIncreasing: 10,
      lostByIncreasing: 5,
      net: -15,
    });
  });

  it('adds up', () => {
    fc.assert(
      fc.property(outcomes, (record) => {
        const m = moneyMoved(record);
        const sum =
          m.savedByBlocking +
          m.savedByReducing +
          m.gainedByIncreasing -
          m.missedByBlocking -
          m.missedByReducing -
          m.lostByIncreasing;
        expect(sum).toBeCloseTo(m.net, 6);
      }),
    );
  });
});
