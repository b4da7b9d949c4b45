import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeLearning, type WaitingOutcome } from '../../src/edge/learning.ts';
import { cases } from '../cases.ts';
import { cells, HOUR, START } from '../fixtures.ts';

const outcome = (changes: Partial<WaitingOutcome> = {}): WaitingOutcome => ({
  id: 'p1',
  strategy: 'A',
  symbol: 'X',
  cell: 'RANGING',
  r: 1,
  weight: 1,
  quality: null,
  closedAt: START,
  held: HOUR,
  ...changes,
});

const ALL = Number.POSITIVE_INFINITY;
const thetaOf = (learning: EdgeLearning): number => learning.now.expect('A').theta;

/** Everything learned in the order in which it came. */
function learned(outcomes: readonly WaitingOutcome[], until = ALL): string[] {
  const learning = new EdgeLearning();
  for (const each of outcomes) learning.add(each);
  const ids: string[] = [];
  learning.settle(until, ({ id }) => ids.push(id));
  return ids;
}

describe('outcomes that wait', () => {
  it('are learned in order of close, and within one time in order of their positions', () => {
    const given = [
      outcome({ id: 'b', closedAt: START + HOUR }),
      outcome({ id: 'a', closedAt: START + HOUR }),
      outcome({ id: 'c', closedAt: START }),
    ];
    expect(learned(given)).toEqual(['c', 'a', 'b']);
    expect(learned(given.toReversed())).toEqual(['c', 'a', 'b']);
  });

  it('order positions by code units, as every machine does', () => {
    expect(learned(['a', 'B', 'é', 'Z', '10', '9'].map((id) => outcome({ id })))).toEqual([
      '10',
      '9',
      'B',
      'Z',
      'a',
      'é',
    ]);
  });

  it('wait while others may close at their time, and no longer', () => {
    const given = [outcome({ id: 'late', closedAt: START - HOUR }), outcome({ id: 'now' })];
    expect(learned(given, START - HOUR)).toEqual([]);
    expect(learned(given, START)).toEqual(['late']);
    expect(learned(given, START + 1)).toEqual(['late', 'now']);
  });

  it('come to the same in any order, with ids that strategies share among them', () => {
    const rows = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('1', '2', '10'),
        strategy: fc.constantFrom('A', 'B', '__proto__'),
        symbol: fc.constantFrom('X', 'constructor'),
        cell: cells,
        r: fc.double({ min: -5, max: 5, noNaN: true }),
        closedAt: fc.constantFrom(START, START + HOUR),
      }),
      { maxLength: 12, selector: (row) => [row.id, row.strategy, row.symbol, row.closedAt].join() },
    );
    const orders = rows.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(orders, (both) => {
        const [one, other] = both.map((list) => {
          const learning = new EdgeLearning();
          for (const row of list) learning.add(outcome(row));
          learning.settle(ALL, () => {});
          return learning.now.snapshot();
        });
        expect(other).toEqual(one);
      }),
      cases(100),
    );
  });

  it('are seen by whoever looks, and looking changes nothing', () => {
    const [seen, unseen] = [new EdgeLearning(), new EdgeLearning()];
    for (const learning of [seen, unseen]) learning.add(outcome({ r: -1 }));
    const shown = seen.view.expect('A').theta;
    expect(shown).toBeLessThan(thetaOf(seen));
    seen.add(outcome({ id: 'p2', r: -1 }));
    unseen.add(outcome({ id: 'p2', r: -1 }));
    expect(seen.view.expect('A').theta).toBeLessThan(shown);
    expect(seen.snapshot()).toEqual(unseen.snapshot());
    const view = seen.view.snapshot();
    for (const learning of [seen, unseen]) learning.settle(ALL, () => {});
    expect(seen.snapshot()).toEqual(unseen.snapshot());
    expect(seen.now.snapshot()).toEqual(view);
    expect(seen.view).toBe(seen.now);
  });

  it('still wait after a restart', () => {
    const [whole, first] = [new EdgeLearning(), new EdgeLearning()];
    for (const learning of [whole, first])
      for (const [i, r] of [1, -1, 2].entries()) learning.add(outcome({ id: `p${i}`, r, quality: 0.5 }));
    const second = new EdgeLearning();
    second.restore(JSON.parse(JSON.stringify(first.snapshot())));
    for (const learning of [whole, second]) {
      learning.add(outcome({ id: 'p0a', r: 3 }));
      learning.settle(ALL, () => {});
    }
    expect(second.snapshot()).toEqual(whole.snapshot());
  });

  it('are learned by the posterior that takes the place of another, and forgotten by a reset', () => {
    const learning = new EdgeLearning();
    const earlier = learning.snapshot().posterior;
    learning.add(outcome({ r: -1 }));
    learning.settle(ALL, () => {});
    learning.add(outcome({ id: 'p2', r: 2 }));
    expect(learning.view.labelOf('A').outcomes).toBe(2);
    learning.replace(earlier);
    expect(learning.view.labelOf('A').outcomes).toBe(1);
    learning.settle(ALL, () => {});
    expect(thetaOf(learning)).toBeGreaterThan(0.08);
    learning.add(outcome({ id: 'p3' }));
    learning.reset();
    expect(learning.snapshot()).toEqual(new EdgeLearning().snapshot());
  });
});
