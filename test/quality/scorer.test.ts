import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignalQualityScorer } from '../../src/index.ts';
import { belowThreshold, loses } from '../../src/quality/below-threshold.ts';
import { AUTHOR, cells, engineWith, names, rMultiples, symbols } from '../fixtures.ts';

const weak = {
  strategy: 's',
  symbol: 'BTC/USDT',
  side: 'long',
  confidence: 0.2,
  confluence: 1,
  regime: 'RANGING',
} as const;
const strong = { ...weak, confidence: 1, confluence: 3, alignment: 1, regime: 'TRENDING' } as const;

/** Tells a scorer of outcomes of weak signals. */
function teach(scorer: SignalQualityScorer, r: number, times: number): void {
  for (let i = 0; i < times; i += 1) {
    scorer.recordSignalOutcome({
      strategy: 's',
      symbol: 'BTC/USDT',
      side: 'long',
      cell: 'RANGING',
      r,
      belowThreshold: true,
    });
  }
}

const verdicts = (scorer: SignalQualityScorer, count: number) =>
  Array.from({ length: count }, () => scorer.enforce(scorer.scoreSignal(weak)));

describe('scoring', () => {
  it('never makes a host more confident', () => {
    const scorer = new SignalQualityScorer();
    fc.assert(
      fc.property(
        names,
        symbols,
        fc.double(),
        fc.double(),
        cells,
        (strategy, symbol, confidence, alignment, regime) => {
          const score = scorer.scoreSignal({ strategy, symbol, side: 'long', confidence, alignment, regime });
          expect(score.quality).toBeGreaterThanOrEqual(0);
          expect(score.quality).toBeLessThanOrEqual(1);
          if (score.adjustedConfidence !== null)
            expect(score.adjustedConfidence).toBeLessThanOrEqual(score.confidence!);
        },
      ),
    );
  });

  it('learns from real outcomes, strategy by strategy', () => {
    const scorer = new SignalQualityScorer();
    const before = scorer.scoreSignal(weak).quality;
    teach(scorer, 1, 30);
    expect(scorer.scoreSignal(weak).quality).toBeGreaterThan(before);
    expect(scorer.scoreSignal({ ...weak, strategy: 'other' }).quality).toBe(before);
    expect(scorer.successRateOf('s', 'BTC/USDT', 'long', 'RANGING')).toBeGreaterThan(
      scorer.successRateOf('s', 'BTC/USDT', 'short', 'VOLATILE'),
    );
  });

  it('passes by the plain threshold, whatever is enforced', () => {
    for (const enforcement of ['off', 'advisory', 'guarded', 'strict'] as const) {
      const scorer = new SignalQualityScorer({ enforcement });
      expect(scorer.filterSignals([weak, strong])).toEqual([strong]);
    }
  });

  it('keeps a history and a summary', () => {
    const scorer = new SignalQualityScorer();
    scorer.scoreSignal(weak);
    scorer.scoreSignal(strong);
    scorer.scoreSignal({ ...strong, symbol: 'ETH/USDT' });
    expect(scorer.getSignalHistory(2).map(({ passes }) => passes)).toEqual([true, true]);
    expect(scorer.getQualitySummary('s')).toMatchObject({ signals: 3, passed: 2, successRate: 0.5 });
    expect(scorer.getQualitySummary('s', 'ETH/USDT')).toMatchObject({
      signals: 1,
      avgQuality: scorer.scoreSignal(strong).quality,
    });
    expect(scorer.getQualitySummary('nobody').avgQuality).toBeNull();
  });

  it('takes another factor for a regime, if it is one', () => {
    const scorer = new SignalQualityScorer({ regimeAdjustments: { RANGING: 1 } });
    scorer.setRegimeAdjustment('VOLATILE', 0.9);
    expect(scorer.regimeAdjustments).toEqual({ TRENDING: 1.1, RANGING: 1, VOLATILE: 0.9, UNKNOWN: 1 });
    for (const bad of [-0.1, 2.1, Number.NaN])
      expect(() => scorer.setRegimeAdjustment('VOLATILE', bad)).toThrow(/CONFIG_INVALID/);
    expect(() => scorer.setRegimeAdjustment('CALM' as never, 1)).toThrow(/"CALM"/);
  });

  it('names the regimes in which at most a perfect signal passes', () => {
    expect(new SignalQualityScorer().unreachableRegimes()).toEqual([
      { regime: 'VOLATILE', perfect: expect.closeTo(0.7, 12) },
    ]);
  });

  it('refuses an outcome that is no number', () => {
    expect(() => teach(new SignalQualityScorer(), Number.NaN, 1)).toThrow(/TRADE_INVALID.*NaN/);
  });
});

describe('guarded enforcement', () => {
  it('blocks nothing with fewer than 20 outcomes of weak signals', () => {
    fc.assert(
      fc.property(fc.array(rMultiples, { maxLength: 19 }), (outcomes) => {
        const scorer = new SignalQualityScorer();
        for (const r of outcomes) teach(scorer, r, 1);
        expect(verdicts(scorer, 12)).toEqual(Array(12).fill('advisory'));
      }),
    );
  });

  it('blocks weak signals once outcomes say that they lose, and lets every tenth through to find out', () => {
    const scorer = new SignalQualityScorer();
    teach(scorer, -1, 40);
    expect(verdicts(scorer, 20)).toEqual([
      ...Array(9).fill('block'),
      'explore',
      ...Array(9).fill('block'),
      'explore',
    ]);
    expect(scorer.enforce(scorer.scoreSignal(strong))).toBe('pass');
  });

  it('lets them pass again once they win', () => {
    const scorer = new SignalQualityScorer();
    teach(scorer, -1, 40);
    teach(scorer, 1.5, 60);
    expect(verdicts(scorer, 3)).toEqual(['advisory', 'advisory', 'advisory']);
  });

  it('judges a cell by its own outcomes, with those of the strategy behind it', () => {
    const losing = { n: 60, s1: -30, s2: 40, gains: 5, losses: 35 };
    const winning = { n: 40, s1: 30, s2: 40, gains: 33, losses: 3 };
    expect(loses(belowThreshold(losing, undefined))).toBe(true);
    expect(loses(belowThreshold(losing, winning))).toBe(false);
    expect(loses(belowThreshold({ ...losing, n: 19 }, undefined))).toBe(false);
    expect(loses(belowThreshold(undefined, winning))).toBe(false);
  });
});

describe('other enforcements', () => {
  it('strict blocks every weak signal, advisory marks it, off passes it', () => {
    expect(verdicts(new SignalQualityScorer({ enforcement: 'strict' }), 12)).toEqual(Array(12).fill('block'));
    expect(verdicts(new SignalQualityScorer({ enforcement: 'advisory' }), 2)).toEqual([
      'advisory',
      'advisory',
    ]);
    expect(verdicts(new SignalQualityScorer({ enforcement: 'off' }), 2)).toEqual(['pass', 'pass']);
  });
});

describe('a factor of a regime that was changed', () => {
  it('stays over a restart and another configuration, until that says another one', () => {
    const engine = engineWith();
    engine.scorer.setRegimeAdjustment('VOLATILE', 0.9);
    const again = engineWith();
    again.restore(JSON.parse(JSON.stringify(engine.snapshot())));
    expect(again.scorer.regimeAdjustments.VOLATILE).toBe(0.9);
    again.reconfigure({ minQualityThreshold: 0.6 }, AUTHOR);
    expect(again.scorer.regimeAdjustments.VOLATILE).toBe(0.9);
    again.reconfigure({ regimeAdjustments: { VOLATILE: 0.5 } }, AUTHOR);
    expect(again.scorer.regimeAdjustments.VOLATILE).toBe(0.5);
  });
});
