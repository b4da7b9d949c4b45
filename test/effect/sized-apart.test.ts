import { describe, expect, it } from 'vitest';
import { ClaimSums } from '../../src/effect/claim.ts';
import { SizedApart } from '../../src/effect/sized-apart.ts';
import { seededRandom } from '../../src/statistics/random.ts';

const HOUR = 3_600_000;

describe('wins and losses that were sized unlike the rest', () => {
  it('are counted one by one where half was sent and half was not', () => {
    const apart = new SizedApart();
    for (let i = 0; i < 40; i += 1) apart.add(i < 12 ? 2 : -1, i % 2);
    expect(apart.fewest).toBeCloseTo(12, 9);
  });

  it('are those few that were treated where most were not', () => {
    const apart = new SizedApart();
    for (let i = 0; i < 3000; i += 1) apart.add(i % 12 === 0 ? 10 : -1, i % 30 === 1 ? 0 : 1);
    // All 100 that were blocked lost: of 250 wins none counts for more than its share of the mean.
    expect(apart.fewest).toBeLessThan(1);
  });

  it('are told apart where sizes differ by a hair, and are none where they do not', () => {
    const [hair, same] = [new SizedApart(), new SizedApart()];
    for (let i = 0; i < 40; i += 1) {
      hair.add(i < 20 ? 2 : -1, 1 + 1e-6 * (i % 2));
      same.add(i < 20 ? 2 : -1, 0.7);
    }
    expect(hair.fewest).toBeCloseTo(20, 3);
    expect(same.fewest).toBe(0);
  });

  it('must be ten before anything is claimed: few that are blocked have not seen a rare big win yet', () => {
    let [claimed, without] = [0, 0];
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = seededRandom(seed);
      const sums = new ClaimSums();
      for (let i = 0; i < 2000; i += 1) {
        const r = random.uniform() < 0.08 ? 10 : -0.87;
        const m = random.uniform() < 1 / 30 ? 0 : 1;
        sums.add({ decidedAt: 3 * HOUR * i, closedAt: (3 * i + 4) * HOUR, r, m });
        if (i % 40 === 39 && sums.claim().verdict !== 'INCONCLUSIVE') claimed += 1;
      }
      const { because, interval } = sums.claim();
      if (interval === null && /too few wins, or losses/.test(because)) without += 1;
    }
    expect(claimed).toBe(0);
    expect(without).toBeGreaterThan(30);
  });
});
