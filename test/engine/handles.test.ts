import { describe, expect, it } from 'vitest';
import { type InputEvent, type OptimizationEngine, OptimizationMonitor } from '../../src/index.ts';
import { AUTHOR, engineWith, HOUR, rulesWith, START, signal, trade, walk } from '../fixtures.ts';

const sizeOf = (engine: OptimizationEngine): number => JSON.stringify(engine.snapshot()).length;

/** A host that makes a name anew for each of its orders. */
function flood(engine: OptimizationEngine, from: number, to: number): void {
  const [candle] = walk(1);
  for (let i = from; i < to; i += 1) {
    const names = { strategy: `order-${i}`, symbol: `order-${i}` };
    engine.decide(signal({ ...names, time: START + i }));
    engine.recordTrade(trade(1, { ...names, id: `f${i}`, entryTime: START + i, exitTime: START + i }));
    engine.recordUnjudged({ ...names, time: START + i, reason: 'FILL_UNKNOWN' });
    engine.recordUnknownExit({ ...names, time: START + i, size: 1 });
    engine.recordCandle(names.symbol, '1h', candle!);
    engine.decide({ ...signal({ ...names, time: START + i }), side: 'up' as never });
  }
}

describe('names', () => {
  it('of a faulty host cost no more than there is room for', () => {
    const engine = engineWith({ maxStrategies: 100, maxSymbols: 50 });
    flood(engine, 0, 1000);
    const full = sizeOf(engine);
    flood(engine, 1000, 20_000);
    expect(sizeOf(engine)).toBeLessThan(1.2 * full);
    expect(engine.getOptimizationStatus().errors.NAME_LIMIT).toBeGreaterThan(19_000);
    expect(engine.getCoverage().unjudged.NAME_LIMIT).toBeGreaterThan(19_000);
    const restored = engineWith({ maxStrategies: 100, maxSymbols: 50 });
    restored.restore(JSON.parse(JSON.stringify(engine.snapshot())));
    expect(restored.snapshot()).toEqual(engine.snapshot());
  });

  it('beyond the limit are sent at the base weight, with the guard and the hard stop, and are told of', () => {
    const engine = engineWith({ maxStrategies: 1, hardStop: 0.5 });
    engine.decide(signal({ strategy: 'known' }));
    const beyond = () => engine.decide(signal({ strategy: 'other', time: START + HOUR }));
    expect(beyond()).toMatchObject({ action: 'execute', multiplier: 1, reasons: ['NAME_LIMIT'] });
    engine.recordEquity({ time: START, equity: 100 });
    engine.recordEquity({ time: START + 1, equity: 85 });
    expect(beyond().multiplier).toBeCloseTo(0.625, 6);
    engine.recordEquity({ time: START + 2, equity: 40 });
    expect(beyond()).toMatchObject({ action: 'block', multiplier: 0 });
    engine.setMode('observe');
    expect(beyond()).toMatchObject({ action: 'execute', multiplier: 1 });
    expect(engine.decide(signal({ strategy: 'known', time: START + 2 * HOUR })).reasons).not.toContain(
      'NAME_LIMIT',
    );
    const alert = new OptimizationMonitor(engine).getAlerts().find(({ code }) => code === 'NAME_LIMIT');
    expect(alert?.message).toContain('maxStrategies (1)');
  });

  it('beyond the limit never bring back a strategy that is suspended', () => {
    const engine = rulesWith({ maxSymbols: 1 });
    engine.decide(signal());
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    expect(engine.decide(signal({ symbol: 'ETH/USDT' }))).toMatchObject({ action: 'block', multiplier: 0 });
  });

  it('are refused in a command that finds no room, and nothing is changed', () => {
    const engine = engineWith({ maxStrategies: 1, baseWeights: { A: 1 } });
    const before = engine.snapshot();
    expect(() => engine.forceStatus('B', 'RETIRED')).toThrow(/COMMAND_INVALID.*maxStrategies/);
    expect(() =>
      engine.optimizer.setWeights({ A: { weight: 1, cells: {} }, B: { weight: 1, cells: {} } }),
    ).toThrow(/COMMAND_INVALID/);
    expect(engine.snapshot()).toEqual(before);
    engine.forceStatus('A', 'RETIRED');
  });

  it('that a state knows are known, however few a configuration asks for', () => {
    const engine = engineWith();
    for (const strategy of ['A', 'B', 'C']) engine.decide(signal({ strategy, symbol: strategy }));
    const few = engineWith({ maxStrategies: 1, maxSymbols: 1 });
    few.restore(JSON.parse(JSON.stringify(engine.snapshot())));
    expect(few.decide(signal({ strategy: 'C', symbol: 'C', time: START + 1 })).reasons).not.toContain(
      'NAME_LIMIT',
    );
    expect(few.decide(signal({ strategy: 'D', symbol: 'C', time: START + 2 })).reasons).toEqual([
      'NAME_LIMIT',
    ]);
    few.reconfigure({ maxStrategies: 10, maxSymbols: 10 });
    expect(few.decide(signal({ strategy: 'D', symbol: 'C', time: START + 3 })).reasons).not.toContain(
      'NAME_LIMIT',
    );
  });

  it('are found to be too many again when events are done again', () => {
    const options = { maxStrategies: 20, maxSymbols: 10 };
    const engine = engineWith(options);
    const events: string[] = [];
    engine.subscribe((event) => {
      if (!['error', 'weight', 'status', 'shadow'].includes(event.type)) events.push(JSON.stringify(event));
    });
    flood(engine, 0, 200);
    const again = engineWith(options);
    for (const event of events) again.apply(JSON.parse(event) as InputEvent);
    expect(again.snapshot()).toEqual(engine.snapshot());
  });

  it('of more base weights than there is room for are no configuration', () => {
    expect(() => engineWith({ maxStrategies: 1, baseWeights: { A: 1, B: 1 } })).toThrow(
      /CONFIG_INVALID.*maxStrategies/,
    );
  });
});
