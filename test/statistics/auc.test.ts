import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stratifiedAuc } from '../../src/statistics/auc.ts';

const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 15 });

describe('the area under the curve', () => {
  it('is the share of pairs in which the win was scored above the loss, ties a half', () => {
    fc.assert(
      fc.property(scores, scores, (wins, losses) => {
        let above = 0;
        for (const win of wins) for (const loss of losses) above += win > loss ? 1 : win === loss ? 0.5 : 0;
        expect(stratifiedAuc([{ wins, losses }])!.auc).toBeCloseTo(above / (wins.length * losses.length), 12);
      }),
    );
  });

  it('gains nothing from telling strategies apart', () => {
    const good = { wins: [0.9, 0.91, 0.92], losses: [0.9, 0.91, 0.92] };
    const bad = { wins: [0.1, 0.11, 0.12], losses: [0.1, 0.11, 0.12] };
    const pooled = { wins: [...good.wins, 0.1], losses: [...bad.losses, 0.92] };
    expect(stratifiedAuc([good, bad])!.auc).toBeCloseTo(0.5, 12);
    expect(stratifiedAuc([pooled])!.auc).toBeGreaterThan(0.6);
  });

  it('does not exist before a group has two wins and two losses', () => {
    expect(stratifiedAuc([{ wins: [0.5], losses: [0.4, 0.3] }])).toBeNull();
    expect(stratifiedAuc([])).toBeNull();
  });

  it('covers one half in about 95% of samples of a score that means nothing', () => {
    let covered = 0;
    const runs = 400;
    let state = 1;
    const random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    for (let run = 0; run < runs; run += 1) {
      const group = () => ({
        wins: Array.from({ length: 40 }, random),
        losses: Array.from({ length: 50 }, random),
      });
      const { interval } = stratifiedAuc([group(), group()])!;
      if (interval[0] <= 0.5 && interval[1] >= 0.5) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.915);
    expect(covered / runs).toBeLessThan(0.985);
  });
});
