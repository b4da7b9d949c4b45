import { describe, expect, it } from 'vitest';
import { EffectLedger } from '../../src/effect/ledger.ts';
import type { SignalOutcome } from '../../src/effect/outcome.ts';
import { effectStatement } from '../../src/effect/statement.ts';
import type { Decision } from '../../src/model/decision.ts';
import type { ShadowOutcome } from '../../src/model/shadow-outcome.ts';
import { engineWith, HOUR, signal } from '../fixtures.ts';
import { digits, known, knownSignals } from './fixtures.ts';

const plain = engineWith().decide(signal());

/** A ledger that has heard of these outcomes, each as something that was followed. */
function ledgerOf(outcomes: readonly SignalOutcome[]): EffectLedger {
  const ledger = new EffectLedger();
  for (const outcome of outcomes) {
    const { decisionId: id, strategy, symbol, cell, decidedAt: time, multiplier, source, equity } = outcome;
    const decision: Decision = {
      ...plain,
      id,
      strategy,
      symbol,
      cell,
      time,
      equity,
      multiplier,
      intended: outcome.intended,
      weight: outcome.intended,
      reasons: outcome.observed ? ['OBSERVED'] : [],
    };
    const shadow: ShadowOutcome = {
      decision,
      entryTime: time,
      exitTime: outcome.closedAt,
      entryPrice: 100,
      exitPrice: 100 + outcome.r,
      risk: 1,
      rSource: 'stop',
      r: outcome.r,
      rule: source === 'barrier' ? 'barrier' : 'host',
      weight: 1,
      exit: 'signal',
      pnl: outcome.pnl,
    };
    ledger.addShadow(shadow);
  }
  return ledger;
}

const statementOf = (outcomes: readonly SignalOutcome[], options = {}) =>
  effectStatement(ledgerOf(outcomes), options);

describe('the statement', () => {
  it('says of a record of which every figure is known what its claim says', () => {
    const { verdict, because, claim, n, sent, moreWeeks, money } = statementOf(knownSignals(600));
    expect([claim.effect, claim.standardError, claim.z].map(digits)).toEqual([
      '0.0669251817475',
      '0.0147057298962',
      '4.55095953888',
    ]);
    expect({ verdict, because, n, sent, moreWeeks }).toEqual({
      verdict: 'IMPROVES',
      because: claim.because,
      n: 600,
      sent: 600,
      moreWeeks: 0,
    });
    expect(money.twin!.net).toBeGreaterThan(0);
  });

  it('claims nothing where triple barriers stood in for more than 30% of the outcomes', () => {
    const guessed = (each: number) =>
      statementOf(
        knownSignals(600).map((outcome, i) => (i % 10 < each ? { ...outcome, source: 'barrier' } : outcome)),
      );
    expect(guessed(3)).toMatchObject({ verdict: 'IMPROVES', barrierShare: 0.3, barrierShadows: 180 });
    const { verdict, because, claim, moreWeeks } = guessed(4);
    expect(verdict).toBe('INCONCLUSIVE');
    expect(because).toMatch(
      /^triple barriers stood in for 40% of the outcomes: nothing is claimed above 30%/,
    );
    // The claim says no more than the statement that it is part of.
    expect(claim).toMatchObject({ verdict, because, interval: null, bound: null, moreNeeded: null });
    expect(digits(claim.effect)).toBe('0.0669251817475');
    expect(moreWeeks).toBeNull();
  });

  it('winsorises at 10 R for the claim, and not for the money', () => {
    const outcomes = knownSignals(600).map((each, i) => (i === 300 ? { ...each, r: 80, pnl: 8000 } : each));
    const limited = outcomes.map((each, i) => (i === 300 ? { ...each, r: 10 } : each));
    expect(statementOf(outcomes).claim).toEqual(statementOf(limited).claim);
    const { money, comparison } = statementOf(outcomes);
    expect(money.withoutR - statementOf(limited).money.withoutR).toBeCloseTo(70, 9);
    expect(comparison).toEqual(statementOf(limited).comparison);
  });

  it('does not ask what strategies and symbols are called', () => {
    const outcomes = knownSignals(500);
    const renamed = outcomes.map((each, i) => ({ ...each, strategy: `s${i % 7}`, symbol: `c${i % 5}` }));
    expect(statementOf(renamed).claim).toEqual(statementOf(outcomes).claim);
  });

  it('shows the effect of each strategy and cell among its own signals', () => {
    const outcomes = knownSignals(400).map(
      (each, i): SignalOutcome => ({
        ...each,
        strategy: i % 2 ? 'B' : 'A',
        cell: i % 4 < 2 ? 'RANGING' : 'VOLATILE',
      }),
    );
    const { strategies, regimes } = statementOf(outcomes);
    expect(strategies.map(({ strategy, n, sent }) => [strategy, n, sent])).toEqual([
      ['A', 200, 200],
      ['B', 200, 200],
    ]);
    expect(regimes.map(({ cell, n }) => [cell, n])).toEqual([
      ['RANGING', 200],
      ['VOLATILE', 200],
    ]);
    const alone = statementOf(outcomes.filter(({ strategy }) => strategy === 'B')).claim;
    expect(strategies[1]).toMatchObject({ effect: alone.effect, standardError: alone.standardError });
  });

  it('counts where outcomes come from, and the signals of which nobody knows any', () => {
    const outcomes = knownSignals(40).map(
      (each, i): SignalOutcome => ({ ...each, observed: i < 10, intended: i % 4 === 0 ? 0 : each.intended }),
    );
    const statement = statementOf(outcomes, { blocked: 55 });
    expect(statement).toMatchObject({
      n: 40,
      hostShadows: 40,
      trades: 0,
      observed: 10,
      sent: 30,
      unknown: 15,
    });
    expect(statementOf(outcomes).unknown).toBeNull();
    expect(statementOf(outcomes, { blocked: 3 }).unknown).toBe(0);
  });

  it('says how long it takes at the pace so far', () => {
    const { claim, moreWeeks } = statementOf(knownSignals(60));
    expect(claim.moreNeeded).toBe(342);
    const last = Math.max(...known(60).map(({ closedAt }) => closedAt));
    expect(moreWeeks).toBeCloseTo((342 * last) / 60 / (7 * 24 * HOUR), 9);
  });

  it('says nothing of nothing', () => {
    expect(statementOf([])).toMatchObject({
      n: 0,
      barrierShare: 0,
      verdict: 'INCONCLUSIVE',
      because: 'too few outcomes: 0',
      moreWeeks: null,
      components: null,
      strategies: [],
      arm: null,
      money: { n: 0, twin: null, withR: 0, withoutR: 0 },
    });
  });
});
