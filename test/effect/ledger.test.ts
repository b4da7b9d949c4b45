import { describe, expect, it } from 'vitest';
import { EffectLedger, type OptimizationEngine, type Options } from '../../src/index.ts';
import type { Decision } from '../../src/model/decision.ts';
import type { ShadowOutcome } from '../../src/model/shadow-outcome.ts';
import { feed, HOUR, rulesWith, START, signal, trade, walk } from '../fixtures.ts';

/** An engine that decides by rules, under which a first signal has the host's own size, and who watches it. */
function watched(options: Options = {}): { engine: OptimizationEngine; ledger: EffectLedger } {
  const engine = rulesWith({ reduceOnly: false, ...options });
  const ledger = new EffectLedger();
  engine.subscribe((event) => ledger.observe(event));
  return { engine, ledger };
}

describe('the ledger', () => {
  it('pairs what a trade was worth at the host size with the size it was given', () => {
    const { engine, ledger } = watched();
    const decision = { ...engine.decide(signal()), multiplier: 0.5, intended: 0.5, weight: 0.5 };
    engine.recordTrade(trade(2, { decision, size: 0.5, pnl: 10 }));
    expect(ledger.outcomes).toMatchObject([
      {
        decisionId: decision.id,
        r: 2,
        multiplier: 0.5,
        intended: 0.5,
        observed: false,
        inArm: false,
        pnl: 20,
        source: 'trade',
        factors: { weights: 0.5, size: 1 },
      },
    ]);
  });

  it('counts the parts in which a position was closed as one outcome', () => {
    const { engine, ledger } = watched();
    const decision = engine.decide(signal());
    engine.recordTrade(trade(4, { decision, size: 1, openSize: 3, pnl: 40 }));
    expect(ledger.outcomes).toEqual([]);
    engine.recordTrade(trade(-1, { decision, size: 3, pnl: -30, exitTime: START + 2 * HOUR }));
    expect(ledger.outcomes).toHaveLength(1);
    expect(ledger.outcomes[0]).toMatchObject({ r: 0.25, pnl: 10, closedAt: START + 2 * HOUR });
  });

  it('reads a record that knows no positions: the trades of one decision are one outcome', () => {
    const ledger = new EffectLedger();
    const engine = rulesWith();
    const decision = engine.decide(signal());
    for (const [r, size] of [
      [4, 1],
      [-1, 3],
    ] as const) {
      const input = trade(r, { decision, size, pnl: 10 * r * size });
      ledger.observe({ type: 'trade', trade: engine.recordTrade(input)!, input });
    }
    expect(ledger.outcomes).toMatchObject([{ r: 0.25, pnl: 10 }]);
  });

  it('adds another position of a signal that closes later to its outcome, and to the claim', () => {
    const { engine, ledger } = watched();
    const first = engine.decide(signal());
    engine.recordTrade(trade(1, { decision: first, positionId: 'a' }));
    for (let i = 1; i < 30; i += 1)
      engine.recordTrade(trade(i % 2 ? 1 : -1, { decision: { ...first, id: `other${i}` } }));
    const before = ledger.claim.snapshot();
    const later = { decision: { ...first, intended: 0.3 }, positionId: 'b', exitTime: START + 9 * HOUR };
    engine.recordTrade(trade(-9, { ...later, size: 5, pnl: -450 }));
    const r = (1 - 9 * 5) / 6;
    expect(ledger.outcomes).toHaveLength(30);
    expect(ledger.outcomes[0]!.r).toBeCloseTo(r, 12);
    expect(ledger.outcomes[0]).toMatchObject({ closedAt: START + 9 * HOUR, pnl: -440, intended: 1 });
    const after = ledger.claim.snapshot();
    // All were decided in one hour: its sums are of number, size, R, size times R, and size squared.
    const [[, n, m, s, p, q]] = before.blocks.blocks as [number[]];
    const [[, n2, m2, s2, p2, q2]] = after.blocks.blocks as [number[]];
    expect([n2, m2, q2, after.n]).toEqual([n, m, q, 30]);
    expect(s2).toBeCloseTo(s! + r - 1, 12);
    expect(p2).toBeCloseTo(p! + r - 1, 12);
    expect(after.held).toBe(before.held + 8 * HOUR);
  });

  it('changes the claim by what is left of a part at 10 R', () => {
    const { engine, ledger } = watched();
    const first = engine.decide(signal());
    engine.recordTrade(trade(8, { decision: first, positionId: 'a' }));
    engine.recordTrade(trade(60, { decision: first, positionId: 'b' }));
    expect(ledger.outcomes[0]!.r).toBeCloseTo(34, 12);
    expect(ledger.claim.snapshot().blocks.blocks[0]![3]).toBeCloseTo(10, 12);
    engine.recordTrade(trade(-50, { decision: first, positionId: 'c' }));
    expect(ledger.outcomes[0]!.r).toBeCloseTo(6, 12);
    expect(ledger.claim.snapshot().blocks.blocks[0]![3]).toBeCloseTo(6, 12);
  });

  it('forgets no part whose size nobody knows when the size of the next one is known', () => {
    const { engine, ledger } = watched();
    const decision = engine.decide(signal());
    for (const [i, size] of [null, 3].entries())
      ledger.addTrade({ ...engine.recordTrade(trade(1))!, id: `p${i}`, r: i - 5, baseSize: size }, decision);
    expect(ledger.outcomes).toMatchObject([{ r: -9 }]);
  });

  it('keeps nothing of an outcome that is no number', () => {
    const { engine, ledger } = watched();
    const decision = engine.decide(signal());
    const closed = engine.recordTrade(trade(1))!;
    for (const exitTime of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => ledger.addTrade({ ...closed, exitTime }, decision)).toThrow(/EVIDENCE_INVALID/);
    expect(() => ledger.addTrade({ ...closed, r: Number.NaN }, decision)).toThrow(/EVIDENCE_INVALID/);
    expect(ledger.outcomes).toEqual([]);
    ledger.addTrade(closed, decision);
    expect(() => ledger.addTrade({ ...closed, r: Number.NaN }, decision)).toThrow(/EVIDENCE_INVALID/);
    expect(ledger.outcomes).toMatchObject([{ r: 1 }]);
    expect(ledger.claim.snapshot().n).toBe(1);
  });

  it('counts a signal once that was traded and then withdrawn', () => {
    const { engine, ledger } = watched();
    const candles = walk(300);
    for (const candle of candles.slice(0, 200)) engine.recordCandle('BTC/USDT', '1h', candle);
    const decision = engine.decide(signal({ time: START + 200 * HOUR }));
    engine.recordTrade(trade(1, { decision }));
    engine.withdraw(decision, 'BELOW_MIN');
    for (const candle of candles.slice(200)) engine.recordCandle('BTC/USDT', '1h', candle);
    engine.updateOptimization(START + 300 * HOUR);
    expect(ledger.outcomes).toMatchObject([{ decisionId: decision.id, source: 'trade' }]);
  });

  it('adds up parts whose size nobody knows', () => {
    const { engine, ledger } = watched();
    feed(engine, Array(6).fill(-1));
    const decision = engine.decide(signal({ time: START + 9 * HOUR }));
    const part = { strategy: 'EMA_Trend', symbol: 'BTC/USDT', entryTime: START, exitTime: START + 10 * HOUR };
    engine.recordTrade({ ...part, id: 'a', pnl: -5, openSize: 1, decision });
    engine.recordTrade({ ...part, id: 'b', pnl: -5, decision });
    expect(ledger.outcomes[0]!.r).toBeCloseTo(-1, 1);
  });

  it('leaves out trades that the overlay had no say in', () => {
    const { engine, ledger } = watched();
    engine.recordTrade(trade(1));
    engine.setFlags({ enabled: false }, { time: START, actor: 'a', reason: 'b' });
    engine.recordTrade(trade(1, { decision: engine.decide(signal()) }));
    expect(ledger.outcomes).toEqual([]);
  });

  it('takes signals that were not sent with their followed outcome', () => {
    const { engine, ledger } = watched();
    const candles = walk(300);
    for (const candle of candles.slice(0, 200)) engine.recordCandle('BTC/USDT', '1h', candle);
    engine.withdraw(engine.decide(signal({ time: START + 200 * HOUR, size: 3 })), 'BELOW_MIN');
    for (const candle of candles.slice(200)) engine.recordCandle('BTC/USDT', '1h', candle);
    engine.updateOptimization(START + 300 * HOUR);
    expect(ledger.outcomes).toMatchObject([
      {
        multiplier: 0,
        intended: 0,
        source: 'barrier',
        factors: { weights: 1, size: 0 },
        pnl: expect.any(Number),
      },
    ]);
  });

  it('takes what would have been given while the overlay only observed', () => {
    const { engine, ledger } = watched();
    const decision: Decision = {
      ...engine.decide(signal()),
      intended: 0.25,
      weight: 0.25,
      reasons: ['OBSERVED'],
    };
    engine.recordTrade(trade(1, { decision }));
    expect(ledger.outcomes).toMatchObject([{ multiplier: 1, intended: 0.25, observed: true }]);
    expect(ledger.claim.snapshot().blocks.blocks[0]![2]).toBe(0.25);
  });

  it('notes what was paid in and out', () => {
    const { engine, ledger } = watched();
    engine.recordEquity({ time: START, equity: 1000 });
    engine.recordEquity({ time: START + HOUR, equity: 1500, deposit: 500 });
    engine.recordEquity({ time: START + 2 * HOUR, equity: 1200, deposit: -300 });
    expect(ledger.deposits).toEqual([
      { time: START + HOUR, amount: 500 },
      { time: START + 2 * HOUR, amount: -300 },
    ]);
  });

  describe('of a signal in the control arm', () => {
    const shadowOf = (decision: Decision, r: number): ShadowOutcome => ({
      decision,
      entryTime: START,
      exitTime: START + 5 * HOUR,
      entryPrice: 100,
      exitPrice: 100 + r,
      risk: 1,
      rSource: 'stop',
      r,
      rule: 'host',
      weight: 1,
      exit: 'signal',
      pnl: r,
    });
    const drawn = () => {
      const { engine, ledger } = watched();
      const decision: Decision = {
        ...engine.decide(signal()),
        intended: 0,
        weight: 0,
        reasons: ['CONTROL_ARM'],
      };
      return { engine, ledger, decision };
    };

    it('takes what it really came to, and keeps what it was followed to beside it', () => {
      const { engine, ledger, decision } = drawn();
      ledger.addShadow(shadowOf(decision, 2));
      expect(ledger.outcomes).toEqual([]);
      engine.recordTrade(trade(1.5, { decision }));
      expect(ledger.outcomes).toMatchObject([{ r: 1.5, multiplier: 1, intended: 0, inArm: true }]);
      expect([...ledger.followed]).toEqual([[decision.id, 2]]);
    });

    it('takes what it was followed to where it was not sent after all', () => {
      const { ledger, decision } = drawn();
      ledger.addShadow(shadowOf({ ...decision, multiplier: 0, action: 'block' }, 2));
      expect(ledger.outcomes).toMatchObject([{ r: 2, multiplier: 0, intended: 0, inArm: false }]);
      expect(ledger.followed.size).toBe(0);
    });
  });
});
