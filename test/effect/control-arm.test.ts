import { describe, expect, it } from 'vitest';
import { effectOf } from '../../src/effect/attribution.ts';
import { armStatement } from '../../src/effect/control-arm.ts';
import type { EffectLedger } from '../../src/effect/ledger.ts';
import type { SignalOutcome } from '../../src/effect/outcome.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { outcome } from './fixtures.ts';

const armOf = (outcomes: readonly SignalOutcome[], followed: readonly (readonly [string, number])[] = []) =>
  armStatement({ outcomes, followed: new Map(followed) } as unknown as EffectLedger);

const inArm = (id: string, r: number, intended: number) =>
  outcome(r, 1, { decisionId: id, intended, inArm: true });

describe('the control arm', () => {
  it('says nothing where there is none', () => {
    expect(armOf([outcome(1, 1), outcome(-1, 0)])).toBeNull();
  });

  it('compares what was followed with what it really came to, of signals that would have been blocked', () => {
    const arm = [inArm('a', 1, 0), inArm('b', -1, 0), inArm('c', 0.5, 0.5), inArm('d', 2, 0)];
    const others = [outcome(1, 1), outcome(1, 0), outcome(-1, 0), outcome(0, 0)];
    const statement = armOf(
      [...arm, ...others],
      [
        ['a', 1.3],
        ['b', -0.9],
        ['c', 9],
      ],
    )!;
    expect(statement).toMatchObject({ n: 4, compared: 2 });
    expect(statement.bias).toBeCloseTo(0.2, 12);
    // Three of eight are known from following alone.
    expect(statement.correction.effect).toBeCloseTo((3 / 8) * 0.2, 12);
    expect(statement.correction.variance).toBeCloseTo(((3 / 8) ** 2 * 0.02) / 2, 12);
    // What it sent beyond the overlay's sizes came to 1 - 1 + 0.25 + 2.
    expect(statement.cost).toBeCloseTo(-2.25, 12);
  });

  it('corrects nothing by a single comparison', () => {
    const { bias, compared, correction } = armOf([inArm('a', 1, 0), outcome(1, 0)], [['a', 2]])!;
    expect({ bias, compared, correction }).toEqual({
      bias: 1,
      compared: 1,
      correction: { effect: 0, variance: 0 },
    });
  });

  it('winsorises both sides at 10 R', () => {
    const { bias, cost } = armOf(
      [inArm('a', -50, 0), inArm('b', 1, 0)],
      [
        ['a', 30],
        ['b', 1],
      ],
    )!;
    expect(bias).toBe(10);
    expect(cost).toBe(9);
  });

  it('gives the effect over its own signals', () => {
    const random = seededRandom(3);
    const record = Array.from({ length: 300 }, (_, i) =>
      outcome(random.normal(), 1, { intended: i % 3 === 0 ? 0 : 1, inArm: i % 2 === 0 }),
    );
    const { n, effect, standardError } = effectOf(record.filter((each) => each.inArm));
    expect(armOf(record)!.alone).toEqual({ n, effect, standardError });
    expect(n).toBe(150);
  });

  it('takes out of the effect by how much what is followed looks too good', () => {
    // Blocked signals look 0.4 R better than they are; a fifth went out and shows it.
    const random = seededRandom(8);
    const truth: SignalOutcome[] = [];
    const seen: SignalOutcome[] = [];
    const followed = new Map<string, number>();
    for (let i = 0; i < 1200; i += 1) {
      const intended = random.uniform() < 0.5 ? 0 : 1;
      const real = random.normal() + (intended ? 0.1 : -0.1);
      const drawn = intended === 0 && random.uniform() < 0.2;
      const one = outcome(real, intended === 1 || drawn ? 1 : 0, { intended, inArm: drawn });
      truth.push(one);
      seen.push(intended === 0 && !drawn ? { ...one, r: real + 0.4 } : one);
      if (drawn) followed.set(one.decisionId, real + 0.4 + 1e-3 * random.normal());
    }
    const correction = armStatement({ outcomes: seen, followed } as unknown as EffectLedger)!.correction;
    const [told, found] = [effectOf(truth).effect!, effectOf(seen).effect!];
    expect(told - found).toBeGreaterThan(0.1);
    expect(Math.abs(found + correction.effect - told)).toBeLessThan(0.02);
  });
});
