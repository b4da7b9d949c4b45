import { describe, expect, it } from 'vitest';
import { EffectLedger, effectStatement, type OptimizationEngine } from '../../src/index.ts';
import { engineWith, feed, HOUR, START, signal, trade, walk } from '../fixtures.ts';

function watched(): { engine: OptimizationEngine; ledger: EffectLedger } {
  const engine = engineWith({ reduceOnly: false });
  const ledger = new EffectLedger();
  engine.subscribe((event) => ledger.observe(event));
  return { engine, ledger };
}

describe('the ledger', () => {
  it('pairs what a trade was worth at the host size with the size it was given', () => {
    const { engine, ledger } = watched();
    const decision = { ...engine.decide(signal()), multiplier: 0.5, weight: 0.5 };
    engine.recordTrade(trade(2, { decision, size: 0.5, pnl: 10 }));
    expect(ledger.outcomes).toMatchObject([
      {
        decisionId: decision.id,
        r: 2,
        multiplier: 0.5,
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
    const engine = engineWith();
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

  it('keeps a look as it was: another position of its signal that closes later does not change it', () => {
    const { engine, ledger } = watched();
    const first = engine.decide(signal());
    engine.recordTrade(trade(1, { decision: first, positionId: 'a' }));
    for (let i = 1; i < 400; i += 1)
      engine.recordTrade(trade(i % 2 ? 1 : -1, { decision: { ...first, id: `other${i}` } }));
    const before = effectStatement(ledger).looks;
    engine.recordTrade(trade(-9, { decision: first, positionId: 'b', size: 5, pnl: -450 }));
    expect(ledger.outcomes[0]!.r).toBeLessThan(-7);
    expect(effectStatement(ledger).looks).toEqual(before);
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
      { multiplier: 0, source: 'barrier', factors: { weights: 1, size: 0 }, pnl: expect.any(Number) },
    ]);
  });
});
