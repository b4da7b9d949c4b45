import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attribute, effectOf } from '../../src/effect/attribution.ts';
import { ClaimSums } from '../../src/effect/claim.ts';
import { cases } from '../cases.ts';
import { digits, knownSignals, outcome, outcomes } from './fixtures.ts';

describe('the effect of a rule', () => {
  it('is that of the claim on the same sizes', () => {
    const { effect, standardError } = effectOf(knownSignals(600));
    expect([effect, standardError].map(digits)).toEqual(['0.0669251817475', '0.0147057298962']);
    expect(effectOf(knownSignals(600), () => 0.7).effect).toBe(0);
  });

  it('winsorises at 10 R', () => {
    const [wild, tame] = [70, 10].map((r) =>
      knownSignals(60).map((each, i) => (i === 20 ? { ...each, r } : each)),
    );
    expect(effectOf(wild!)).toEqual(effectOf(tame!));
  });
});

describe('what the effect is made of', () => {
  it('sums to it', () => {
    fc.assert(
      fc.property(outcomes, (record) => {
        const parts = attribute(record);
        const { effect } = effectOf(record);
        if (parts === null) expect(effect).toBeNull();
        else expect(parts.reduce((sum, part) => sum + part.effect, 0)).toBeCloseTo(effect!, 9);
      }),
      cases(30),
    );
  });

  it('is one component where one alone moved sizes, and nothing of the others', () => {
    const record = knownSignals(60).map((each) => ({
      ...each,
      factors: { ...each.factors, weights: 1, edge: each.intended },
    }));
    for (const { component, effect } of attribute(record)!)
      expect(effect).toBeCloseTo(component === 'edge' ? effectOf(record).effect! : 0, 12);
  });

  it('is shared alike by two that do the same', () => {
    const record = knownSignals(60).map((each) => {
      const half = Math.sqrt(each.intended);
      return { ...each, factors: { ...each.factors, weights: half, edge: half } };
    });
    const of = (name: string) => attribute(record)!.find(({ component }) => component === name)!.effect;
    expect(of('weights')).toBeCloseTo(of('edge'), 12);
    expect(of('weights') + of('edge')).toBeCloseTo(effectOf(record).effect!, 12);
  });

  it('takes no more of a factor than its cap lets through', () => {
    const record = knownSignals(60).map((each) => {
      const edge = each.intended === 1 ? 3 : 0.25;
      const intended = Math.min(2, edge);
      return { ...each, intended, factors: { ...each.factors, weights: 1, edge } };
    });
    const edge = attribute(record)!.find(({ component }) => component === 'edge')!;
    expect(edge.effect).toBeCloseTo(effectOf(record).effect!, 12);
  });

  it('does not exist where nothing was sent', () => {
    expect(attribute([outcome(1, 0), outcome(-1, 0)])).toBeNull();
    expect(new ClaimSums({ claims: false }).claim().effect).toBeNull();
  });
});
