import { describe, expect, it } from 'vitest';
import {
  AdaptiveWeightingOptimizer,
  EdgekeeperError,
  OptimizationEngine,
  type TradeInput,
} from '../../src/index.ts';
import { engineWith, feed, HOUR, rulesWith, START, signal, trade, VIEWS, walk } from '../fixtures.ts';

/** What an engine was told, by the commands that it said. */
const commandsOf = (engine: OptimizationEngine): object[] => {
  const commands: object[] = [];
  engine.subscribe((event) => {
    if (event.type === 'command') commands.push(event.command);
  });
  return commands;
};
const BY_HOST = { actor: 'host', reason: 'called by code' };

describe('a view of a component', () => {
  it('turns what the founding document tells operators to call into commands', () => {
    const engine = engineWith({ baseWeights: { Bad: 1, Good: 1 } });
    const commands = commandsOf(engine);
    engine.recordEquity({ time: START, equity: 100 });
    engine.manager.forceStatus('Bad', 'RETIRED');
    engine.manager.forceStatus('Good', 'SUSPENDED', 'Manual retirement');
    engine.scorer.minQualityThreshold = 0.6;
    engine.scorer.enforcement = 'strict';
    engine.scorer.setRegimeAdjustment('RANGING', 0.9);
    engine.optimizer.resetToBaseWeights();
    engine.portfolio.rebasePeak({ actor: 'ops', reason: 'moved house' });
    expect(commands).toEqual([
      { type: 'forceStatus', strategy: 'Bad', status: 'RETIRED', time: START, ...BY_HOST },
      {
        type: 'forceStatus',
        strategy: 'Good',
        status: 'SUSPENDED',
        time: START,
        ...BY_HOST,
        reason: 'Manual retirement',
      },
      { type: 'setQuality', quality: { minQualityThreshold: 0.6 }, time: START, ...BY_HOST },
      { type: 'setQuality', quality: { enforcement: 'strict' }, time: START, ...BY_HOST },
      { type: 'setQuality', quality: { regimeAdjustments: { RANGING: 0.9 } }, time: START, ...BY_HOST },
      { type: 'reset', target: 'weights', time: START, ...BY_HOST },
      { type: 'rebasePeak', time: START, actor: 'ops', reason: 'moved house' },
    ]);
    expect(engine.decide(signal({ strategy: 'Bad' })).multiplier).toBe(0);
    expect(engine.manager.getAuditLog('Bad').at(-1)).toMatchObject(BY_HOST);
  });

  it("says the host's time, where the host has a clock", () => {
    const engine = new OptimizationEngine({}, { now: () => START + HOUR });
    const commands = commandsOf(engine);
    engine.manager.forceStatus('Bad', 'RETIRED');
    expect(commands).toMatchObject([{ time: START + HOUR }]);
  });

  it('keeps what was said over a restart, until the configuration says another', () => {
    const engine = rulesWith();
    engine.scorer.minQualityThreshold = 0.31;
    engine.scorer.enforcement = 'strict';
    engine.scorer.setRegimeAdjustment('VOLATILE', 0.9);
    const again = rulesWith();
    again.restore(JSON.parse(JSON.stringify(engine.snapshot())));
    expect(again.scorer.minQualityThreshold).toBe(0.31);
    expect(again.decide(signal({ confidence: 0, alignment: 0 }))).toMatchObject({
      action: 'block',
      score: { threshold: 0.31, enforcement: 'strict' },
    });
    again.reconfigure({ evidence: 'guarded', maxMultiplier: 1.5 });
    expect([again.scorer.minQualityThreshold, again.scorer.enforcement]).toEqual([0.31, 'strict']);
    again.reconfigure({ evidence: 'guarded', minQualityThreshold: 0.5 });
    expect([again.scorer.minQualityThreshold, again.scorer.enforcement]).toEqual([0.5, 'strict']);
  });

  it('goes on looking at the engine when its configuration changes', () => {
    const engine = engineWith();
    const { optimizer, detector } = engine;
    engine.reconfigure({ baseWeights: { A: 1.5 } });
    expect(optimizer.getBaseWeight('A')).toBe(1.5);
    for (const candle of walk(3)) engine.recordCandle('BTC/USDT', '1h', candle);
    expect(detector.getSymbols()).toEqual(['BTC/USDT']);
    expect(engine.optimizer).toBe(optimizer);
  });

  it('records a trade as the engine does', () => {
    const engine = engineWith();
    const heard: string[] = [];
    engine.subscribe(({ type }) => heard.push(type));
    const input: TradeInput = trade(1);
    expect(engine.decomposer.recordTrade(input)).toMatchObject({ id: input.id });
    expect(heard).toContain('trade');
    expect(engine.recordTrade(input)).toBeNull();
  });

  it('refuses everything else that would write, in words, and changes nothing', () => {
    const engine = engineWith();
    feed(engine, [1, -1, 2]);
    const before = engine.snapshot();
    let refused = 0;
    for (const name of VIEWS) {
      const view = engine[name] as object as Record<string, unknown>;
      for (const key of Object.getOwnPropertyNames(view)) {
        if (Object.keys(view).includes(key)) continue;
        expect(() => (view[key] as () => void)()).toThrow(/READ_ONLY/);
        refused += 1;
      }
      expect(() => Object.assign(view, { own: 1 })).toThrow(TypeError);
    }
    expect(refused).toBeGreaterThan(25);
    for (const write of ['recordOutcome', 'recordShadow', 'assessStrategy', 'register', 'restore'])
      expect(() => (engine.manager as never as Record<string, () => void>)[write]!()).toThrow(
        EdgekeeperError,
      );
    expect(engine.snapshot()).toEqual(before);
  });

  it('returns what can be changed without changing the engine', () => {
    const engine = rulesWith({ baseWeights: { EMA_Trend: 1 } });
    const now = feed(engine, [1, -1, 2, 1, -1]);
    for (const candle of walk(200)) engine.recordCandle('BTC/USDT', '1h', candle);
    engine.decide(signal({ time: now }));
    engine.updateOptimization(now);
    engine.manager.forceStatus('EMA_Trend', 'DEGRADED');
    const before = JSON.parse(JSON.stringify(engine.snapshot()));
    const asked: unknown[] = [
      engine.snapshot(),
      engine.getOptimizationHistory(),
      engine.getRecentDecisions(),
    ];
    asked.push(engine.getSignalCounts(), engine.getOpenShadows(), engine.getCoverage());
    const { decomposer, optimizer, scorer, manager, detector, edge, tracks, portfolio } = engine;
    asked.push(
      decomposer.evidenceOf('EMA_Trend'),
      decomposer.getTradeHistory(),
      decomposer.getPortfolioPerformance(),
    );
    asked.push(optimizer.getWeightHistory(), optimizer.getWeightsByCell(), optimizer.getAllocationSummary());
    asked.push(scorer.getSignalHistory(), scorer.regimeAdjustments, scorer.snapshot());
    asked.push(manager.getAuditLog(), manager.getAllHealth(), manager.thresholds, manager.snapshot());
    asked.push(
      detector.regimeOf('BTC/USDT', START + 199 * HOUR),
      detector.regimeOf('X', 0),
      detector.snapshot(),
    );
    asked.push(
      edge.labelOf('EMA_Trend'),
      edge.modelWeights,
      edge.snapshot(),
      tracks.snapshot(),
      portfolio.snapshot(),
    );
    let spoilt = 0;
    const spoil = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const key of Object.keys(value)) {
        spoil((value as Record<string, unknown>)[key]);
        (value as Record<string, unknown>)[key] = 'spoilt';
        spoilt += 1;
      }
    };
    for (const value of asked) spoil(value);
    expect(spoilt).toBeGreaterThan(1000);
    expect(JSON.parse(JSON.stringify(engine.snapshot()))).toEqual(before);
    expect(() => Object.assign(engine.config, { maxMultiplier: 9 })).toThrow(TypeError);
    expect(engineWith().detector.regimeOf('X', 0).label).toBe('UNKNOWN');
  });

  it('is made once, and leaves those who use a component alone what they had', () => {
    const engine = engineWith();
    for (const name of VIEWS) expect(engine[name]).toBe(engine[name]);
    const alone = new AdaptiveWeightingOptimizer({ A: 1 });
    expect(alone.setWeights({ A: { weight: 1.5, cells: {} } })).toHaveLength(1);
    expect(alone.resetToBaseWeights()).toHaveLength(1);
  });
});
