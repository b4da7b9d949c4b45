import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, explain } from '../../src/index.ts';
import { qualityScore } from '../../src/quality/score.ts';
import { cases } from '../cases.ts';
import { AUTHOR, engineWith, feed, HOUR, rulesWith, START, signal, walk } from '../fixtures.ts';

/** Decisions of engines with all sorts of pasts. */
const decisions = fc
  .record({
    outcomes: fc.array(fc.constantFrom(-1, -0.5, 0.7, 2), { maxLength: 60 }),
    confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    confluence: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    alignment: fc.double({ min: 0, max: 1, noNaN: true }),
    regime: fc.constantFrom('TRENDING' as const, 'RANGING' as const, 'VOLATILE' as const),
    base: fc.constantFrom(0.5, 1, 1.5),
    strict: fc.boolean(),
    equity: fc.constantFrom(null, 95, 85, 70),
    suspended: fc.boolean(),
  })
  .map(({ outcomes, base, strict, equity, suspended, confidence, confluence, ...rest }): Decision => {
    const engine = rulesWith({
      baseWeights: { EMA_Trend: base },
      ...(strict ? { enforcement: 'strict' as const } : {}),
    });
    const now = feed(engine, outcomes);
    engine.updateOptimization(now + HOUR);
    if (equity !== null) {
      engine.recordEquity({ time: START, equity: 100 });
      engine.recordEquity({ time: START + 1, equity });
    }
    if (suspended) engine.forceStatus('EMA_Trend', 'SUSPENDED', { ...AUTHOR, time: now });
    const { confidence: _c, confluence: _n, ...given } = signal();
    return engine.decide({
      ...given,
      ...rest,
      time: now + HOUR,
      ...(confidence === undefined ? {} : { confidence }),
      ...(confluence === undefined ? {} : { confluence }),
    });
  });

describe('an explanation', () => {
  it('walks from the host size to the multiplier without a gap', () => {
    fc.assert(
      fc.property(decisions, (decision) => {
        const { waterfall } = explain(decision);
        expect(waterfall.at(-1)!.after).toBeCloseTo(decision.multiplier, 9);
        let after = 1;
        for (const step of waterfall) {
          after *= step.factor;
          expect(step.after).toBeCloseTo(after, 9);
        }
      }),
      cases(200),
    );
  });

  it('takes the score apart so that its terms make it', () => {
    fc.assert(
      fc.property(decisions, (decision) => {
        const { terms, cascade } = explain(decision);
        const { score, quality } = decision;
        const blend = terms.reduce((sum, { value, weight }) => sum + (value ?? 0) * weight, 0);
        const agreement = score!.confluence === null ? 1 : 0.5 + 0.5 * Math.min(score!.confluence / 3, 1);
        expect(Math.min(1, blend * agreement * score!.adjustment)).toBeCloseTo(quality!, 9);
        expect(cascade![2]).toBeCloseTo(score!.successRate, 12);
      }),
      cases(200),
    );
  });

  it('names changes of the score that would have made the other decision, nearest first', () => {
    let tested = 0;
    fc.assert(
      fc.property(decisions, (decision) => {
        const { flips } = explain(decision);
        const { score } = decision;
        for (const [i, { inputs, distance }] of flips.entries()) {
          if (i > 0) expect(distance).toBeGreaterThanOrEqual(flips[i - 1]!.distance);
          if (!inputs) continue;
          const changed = { ...score!, ...inputs };
          const passes = qualityScore(changed) >= changed.threshold;
          expect(passes).toBe(decision.belowThreshold);
          tested += 1;
        }
        if (decision.multiplier === 0) expect(flips.length).toBeGreaterThan(0);
        // A score that nothing acts on flips nothing.
        if (score?.enforcement === 'guarded' && score.below.n < 20 && decision.multiplier > 0)
          expect(flips.filter((flip) => flip.inputs)).toEqual([]);
      }),
      cases(300),
    );
    expect(tested).toBeGreaterThan(50);
  });

  it('says what benched, shrank or rounded away a signal', () => {
    const engine = engineWith();
    for (const candle of walk(150)) engine.recordCandle('BTC/USDT', '1h', candle);
    const time = START + 150 * HOUR;
    const sent = engine.decide(signal({ time, size: 2 }));
    expect(explain(sent, 1.9).waterfall.at(-1)).toMatchObject({ step: 'rounding', factor: 0.95 });
    const withdrawn = engine.withdraw(sent, 'BELOW_MIN');
    expect(explain(withdrawn).waterfall.at(-1)).toMatchObject({
      step: 'as sent',
      factor: 0,
      note: 'below the minimum of the venue',
    });
    expect(explain(withdrawn).flips).toMatchObject([{ change: expect.stringContaining('larger host size') }]);
    engine.forceStatus('EMA_Trend', 'RETIRED', { ...AUTHOR, time });
    expect(explain(engine.decide(signal({ time }))).flips.map(({ change }) => change)).toContainEqual(
      expect.stringContaining('an operator who takes RETIRED back'),
    );
    engine.setFlags({ enabled: false }, { ...AUTHOR, time });
    expect(explain(engine.decide(signal({ time })))).toMatchObject({ terms: [], cascade: null });
  });
});
