import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type EngineEvent,
  OptimizationEngine,
  type Options,
  RegimeDetector,
  type Signal,
  SignalQualityScorer,
  type Snapshot,
  StrategyRetirementManager,
  type StrategyStatus,
  type TradeInput,
} from '../../src/index.ts';
import { cases } from '../cases.ts';
import {
  AUTHOR,
  cells,
  engineWith,
  feed,
  HOUR,
  histories,
  names,
  rMultiples,
  rulesWith,
  START,
  signal,
  symbols,
  trade,
  walk,
} from '../fixtures.ts';

const anything = fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constant(undefined), fc.constant(null));
const anySignal = fc.record(
  {
    id: anything,
    strategy: anything,
    symbol: anything,
    side: anything,
    time: anything,
    confidence: anything,
    confluence: anything,
    alignment: anything,
    regime: anything,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<unknown> as fc.Arbitrary<Signal>;

describe('a decision', () => {
  it("is the host's own size for an unknown strategy", () => {
    expect(engineWith().decide(signal())).toMatchObject({
      action: 'execute',
      multiplier: 1,
      weight: 1,
      status: 'ACTIVE',
      regime: 'UNKNOWN',
    });
  });

  it('is finite, in bounds and explained for whatever comes in', () => {
    const engine = engineWith({ baseWeights: { EMA_Trend: 1.5 } });
    fc.assert(
      fc.property(fc.oneof(anySignal, fc.constant(null as never)), fc.boolean(), (given, reduceOnly) => {
        const decision = engine.decide(given === null ? given : { ...given, reduceOnly });
        expect(decision.multiplier).toBeGreaterThanOrEqual(0);
        expect(decision.multiplier).toBeLessThanOrEqual(reduceOnly && given !== null ? 1 : 2);
        expect(decision.quality === null || (decision.quality >= 0 && decision.quality <= 1)).toBe(true);
      }),
      cases(500),
    );
  });

  it('is neutral, counted and explained for a signal that cannot be judged', () => {
    const engine = engineWith();
    expect(engine.decide(signal({ time: Number.NaN }))).toMatchObject({
      action: 'execute',
      multiplier: 1,
      reasons: ['SIGNAL_INVALID'],
    });
    expect(engine.getOptimizationStatus().errors).toEqual({ SIGNAL_INVALID: 1 });
    // What is kept by name would lose a strategy of that name.
    expect(engine.decide(signal({ strategy: '__proto__' })).reasons).toEqual(['SIGNAL_INVALID']);
  });

  it('learns an alignment that the host gives wrongly', () => {
    const engine = engineWith();
    feed(engine, Array(30).fill(1));
    const quality = (alignment: number | undefined) =>
      engine.scoreSignal(signal({ alignment: alignment as number })).quality;
    expect(quality(85)).toBe(quality(undefined));
    expect(quality(Number.NaN)).toBe(quality(undefined));
  });

  it('takes a confidence in percent for none', () => {
    const decide = (confidence: number | undefined) => {
      const { confidence: _none, ...rest } = signal();
      return engineWith().decide(confidence === undefined ? rest : { ...rest, confidence }).quality;
    };
    expect(decide(90)).toBe(decide(undefined));
  });

  it('is made once for a signal that is sent again', () => {
    const engine = engineWith();
    const first = engine.decide(signal({ id: 'x' }));
    expect(engine.decide(signal({ id: 'x', confidence: 0.1 }))).toBe(first);
    expect(engine.getOptimizationStatus().decisions).toBe(1);
  });

  it('lets every exit pass, whatever the state', () => {
    const engine = engineWith();
    engine.forceStatus('EMA_Trend', 'RETIRED', AUTHOR);
    engine.recordEquity({ time: START, equity: 100 });
    engine.recordEquity({ time: START, equity: 10 });
    expect(engine.decide(signal({ intent: 'close' }))).toMatchObject({
      action: 'pass',
      multiplier: 1,
      reasons: ['EXIT_PASSES'],
    });
  });

  it('blocks suspended and retired strategies and halves degraded ones', () => {
    const engine = engineWith();
    const multiplier = (status: StrategyStatus) => {
      engine.forceStatus('EMA_Trend', status, AUTHOR);
      return engine.decide(signal()).multiplier;
    };
    expect((['ACTIVE', 'DEGRADED', 'SUSPENDED', 'RETIRED'] as const).map(multiplier)).toEqual([1, 0.5, 0, 0]);
    expect(engine.decide(signal()).reasons).toEqual(['STRATEGY_RETIRED']);
  });

  it("shrinks with the portfolio's drawdown", () => {
    const engine = rulesWith();
    engine.recordEquity({ time: START, equity: 100 });
    engine.recordEquity({ time: START + 1, equity: 85 });
    expect(engine.decide(signal())).toMatchObject({
      multiplier: expect.closeTo(0.5, 12),
      reasons: ['DRAWDOWN_GUARD'],
    });
    engine.rebasePeak(AUTHOR);
    expect(engine.decide(signal()).multiplier).toBe(1);
  });

  it('grows with the weight only where increases are allowed', () => {
    const options: Options = { baseWeights: { EMA_Trend: 1.8 } };
    expect(engineWith(options).decide(signal()).multiplier).toBe(1.8);
    expect(engineWith(options).decide(signal({ reduceOnly: true }))).toMatchObject({
      multiplier: 1,
      reasons: ['BASE_WEIGHT', 'CAPPED'],
    });
    expect(
      engineWith({ ...options, reduceOnly: false }).decide(signal({ reduceOnly: true })).multiplier,
    ).toBe(1.8);
    expect(engineWith({ ...options, reduceOnly: true }).decide(signal()).multiplier).toBe(1);
    expect(engineWith({ ...options, maxMultiplier: 1.2 }).decide(signal()).multiplier).toBe(1.2);
  });

  it('is whole or nothing where the host cannot scale', () => {
    const engine = rulesWith({ baseWeights: { EMA_Trend: 0.5 } });
    expect(engine.decide(signal({ scalable: false }))).toMatchObject({
      multiplier: 1,
      reasons: ['BASE_WEIGHT', 'SIZE_FIXED'],
    });
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    expect(engine.decide(signal({ scalable: false })).multiplier).toBe(0);
  });

  it("uses the regime at its time, the host's own where it has one", () => {
    const engine = engineWith();
    for (const candle of walk(200)) engine.recordCandle('BTC/USDT', '1h', candle);
    const now = START + 200 * HOUR;
    expect(engine.decide(signal({ time: now })).regime).not.toBe('UNKNOWN');
    expect(engine.decide(signal({ time: now + 10 * HOUR })).regime).toBe('UNKNOWN');
    expect(engine.decide(signal({ time: now, regime: 'VOLATILE' }))).toMatchObject({
      regime: 'VOLATILE',
      cell: 'VOLATILE',
    });
  });

  it('withdrawn afterwards counts as filtered, with its reason', () => {
    const engine = engineWith();
    const decision = engine.decide(signal());
    expect(engine.withdraw(decision, 'BELOW_MIN')).toMatchObject({
      action: 'block',
      multiplier: 0,
      reasons: ['BELOW_MIN'],
    });
    expect(engine.getSignalCounts().EMA_Trend).toMatchObject({
      signals: 1,
      executed: 0,
      blocked: 1,
      reasons: { BELOW_MIN: 1 },
    });
  });

  it('does not change by the unit of money, price or lots', () => {
    fc.assert(
      fc.property(
        histories,
        fc.constantFrom(1e-3, 0.5, 7, 1e5),
        fc.constantFrom(1e-2, 3),
        (trades, money, lots) => {
          const scaled = trades.map((t) => ({
            ...t,
            pnl: t.pnl * money * lots,
            size: t.size! * lots,
            entryPrice: t.entryPrice! * money,
            stop: t.stop! * money,
          }));
          const [plain, other] = [engineWith(), engineWith()];
          for (const each of trades) plain.recordTrade(each);
          for (const each of scaled) other.recordTrade(each);
          const now = START + 100 * HOUR;
          plain.updateOptimization(now);
          other.updateOptimization(now);
          for (const strategy of ['EMA_Trend', 'FVG_Pattern', 'RSI_Reversal']) {
            const [a, b] = [plain, other].map((engine) => engine.decide(signal({ strategy, time: now })));
            expect(b!.multiplier).toBeCloseTo(a!.multiplier, 9);
            expect(b!.reasons).toEqual(a!.reasons);
          }
        },
      ),
      cases(40),
    );
  });

  it('is not affected by anything after it', () => {
    fc.assert(
      fc.property(histories, fc.nat(80), rMultiples, (trades, cut, other) => {
        const decisions = (all: readonly TradeInput[]) => {
          const engine = engineWith();
          return all.slice(0, cut + 1).map((each) => {
            engine.recordTrade(each);
            engine.updateOptimization(each.exitTime);
            return engine.decide(
              signal({ strategy: each.strategy, symbol: each.symbol, time: each.exitTime }),
            );
          });
        };
        const future = trades.map((each, i) => (i > cut ? { ...each, pnl: 10 * other } : each));
        expect(decisions(future)).toEqual(decisions(trades));
      }),
      cases(30),
    );
  });
});

describe('a signal that comes again', () => {
  it('is the same only for the same strategy, symbol and side', () => {
    const engine = engineWith();
    engine.decide(signal({ id: 'bot1' }));
    engine.forceStatus('B', 'SUSPENDED', AUTHOR);
    expect(engine.decide(signal({ id: 'bot1', strategy: 'B' })).action).toBe('block');
    expect(engine.decide(signal({ id: 'bot1', symbol: 'ETH/USDT' })).id).toBe('d3');
    expect(engine.decide(signal({ id: 'd1', symbol: 'SOL/USDT' })).id).toBe('d4');
  });

  it('is blocked once its strategy was suspended, and is another one after a day', () => {
    const engine = engineWith();
    engine.decide(signal({ id: 'x' }));
    expect(engine.decide(signal({ id: 'x', time: START + 25 * HOUR })).id).toBe('d2');
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    expect(engine.decide(signal({ id: 'x', time: START + 25 * HOUR })).action).toBe('block');
  });

  it('is one decision, whatever its own trade did to the strategy in between', () => {
    const engine = engineWith();
    const now = feed(engine, Array(19).fill(-1));
    const first = engine.decide(signal({ id: 'x', time: now }));
    engine.recordTrade(trade(-1, { decision: first, exitTime: now + 1 }));
    expect(engine.manager.statusOf('EMA_Trend')).toBe('DEGRADED');
    const before = JSON.stringify(engine.snapshot());
    expect(engine.decide(signal({ id: 'x', time: now }))).toBe(first);
    expect(JSON.stringify(engine.snapshot())).toBe(before);
  });

  it('stays withdrawn, and is counted once', () => {
    const engine = engineWith();
    for (let i = 0; i < 3; i += 1) engine.withdraw(engine.decide(signal({ id: 'x' })), 'BELOW_MIN');
    expect(engine.getSignalCounts().EMA_Trend).toMatchObject({
      signals: 1,
      executed: 0,
      blocked: 1,
      reasons: { BELOW_MIN: 1 },
    });
    const unknown = { ...engine.decide(signal()), id: 'failed' };
    expect(engine.withdraw(unknown, 'BELOW_MIN').multiplier).toBe(0);
    engine.restore(JSON.parse(JSON.stringify(engine.snapshot())));
  });

  it('with an id that is none is no signal', () => {
    const engine = engineWith();
    expect(engine.decide(signal({ id: 5 as never })).reasons).toEqual(['SIGNAL_INVALID']);
    engine.restore(JSON.parse(JSON.stringify(engine.snapshot())));
  });
});

describe('a failure inside the overlay', () => {
  const PARTS = {
    scorer: [SignalQualityScorer.prototype, 'score'],
    manager: [StrategyRetirementManager.prototype, 'find'],
    detector: [RegimeDetector.prototype, 'regimeOf'],
  } as const;
  const broken = (part: keyof typeof PARTS, baseWeight = 0.8) => {
    const engine = rulesWith({ baseWeights: { EMA_Trend: baseWeight } });
    const [prototype, method] = PARTS[part];
    vi.spyOn(prototype as never as Record<string, () => never>, method).mockImplementation(() => {
      throw new Error('broken');
    });
    return engine;
  };
  afterEach(() => vi.restoreAllMocks());

  it.each(['scorer', 'manager', 'detector'] as const)(
    'in the %s sends the order at its base weight',
    (part) => {
      const engine = broken(part);
      expect(engine.decide(signal())).toMatchObject({
        action: 'execute',
        multiplier: 0.8,
        reasons: ['INTERNAL_ERROR'],
      });
      expect(engine.getOptimizationStatus().errors).toEqual({ DECIDE_FAILED: 1 });
    },
  );

  it('never brings back a suspended strategy, and keeps the guard', () => {
    const engine = broken('scorer');
    engine.recordEquity({ time: START, equity: 100 });
    engine.recordEquity({ time: START + 1, equity: 85 });
    expect(engine.decide(signal()).multiplier).toBeCloseTo(0.4, 12);
    for (const status of ['SUSPENDED', 'RETIRED'] as const) {
      engine.forceStatus('EMA_Trend', status, AUTHOR);
      expect(engine.decide(signal())).toMatchObject({ action: 'block', multiplier: 0 });
    }
  });

  it('sends whole or nothing to a host that cannot scale', () => {
    const engine = broken('scorer');
    expect(engine.decide(signal({ scalable: false })).multiplier).toBe(1);
  });

  it('never raises a size above the cap of the host', () => {
    const engine = broken('scorer', 1.5);
    expect(engine.decide(signal({ reduceOnly: true })).multiplier).toBe(1);
  });

  it('in an observer is isolated and counted', () => {
    const engine = rulesWith();
    const heard: EngineEvent['type'][] = [];
    engine.subscribe(() => {
      throw new Error('broken');
    });
    const stop = engine.subscribe(({ type }) => heard.push(type));
    expect(engine.decide(signal()).multiplier).toBe(1);
    expect(heard).toContain('decision');
    expect(engine.getOptimizationStatus().errors.OBSERVER_FAILED).toBe(1);
    stop();
    engine.decide(signal());
    expect(heard.filter((type) => type === 'decision')).toHaveLength(1);
  });
});

describe('switches', () => {
  const poor = (options: Options = {}) => {
    const engine = rulesWith({ baseWeights: { EMA_Trend: 0.8 }, ...options });
    const now = feed(engine, Array(60).fill(-1));
    for (let i = 0; i < 60; i += 1) engine.updateOptimization(now + i * HOUR);
    engine.recordEquity({ time: now, equity: 100 });
    return { engine, now };
  };

  it('off is absent: the order leaves as the host made it, and nothing is counted', () => {
    const { engine } = poor();
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    engine.setFlags({ enabled: false }, AUTHOR);
    const before = engine.snapshot();
    expect(engine.decide(signal())).toMatchObject({
      action: 'pass',
      multiplier: 1,
      reasons: ['OVERLAY_DISABLED'],
    });
    expect(engine.getPositionSizeMultiplier({ strategy: 'EMA_Trend' })).toBe(1);
    expect(engine.snapshot()).toEqual(before);
  });

  it('off is absent for nonsense too, and for weights asked for one by one', () => {
    const { engine } = poor();
    engine.recordEquity({ time: START + 1000 * HOUR, equity: 50 });
    engine.setFlags({ enabled: false }, AUTHOR);
    expect(engine.decide(null as never)).toMatchObject({ action: 'pass', multiplier: 1 });
    expect(engine.getStrategyWeight('EMA_Trend')).toBe(1);
  });

  it('killed from outside is off, whatever the flags say', () => {
    let killed = false;
    const engine = new OptimizationEngine({}, { killed: () => killed });
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    killed = true;
    expect(engine.decide(signal())).toMatchObject({ action: 'pass', multiplier: 1 });
    expect(engine.flags.enabled).toBe(false);
    killed = false;
    expect(engine.decide(signal()).action).toBe('block');
  });

  it('let no strategy decay while retirement is off', () => {
    const engine = rulesWith({ retirementManagement: false });
    const now = feed(engine, Array(200).fill(-1));
    engine.updateOptimization(now + 100 * HOUR);
    expect(engine.manager.getStrategyHealth('EMA_Trend')).toMatchObject({
      status: 'ACTIVE',
      hoursInStatus: 0,
    });
  });

  it('act at the next decision, one by one', () => {
    const { engine, now } = poor();
    const multiplier = () => engine.decide(signal({ time: now })).multiplier;
    expect(engine.manager.statusOf('EMA_Trend')).not.toBe('ACTIVE');
    expect(multiplier()).toBeLessThan(0.8);
    engine.setFlags({ retirementManagement: false }, AUTHOR);
    expect(multiplier()).toBeCloseTo(engine.optimizer.getWeightForRegime('EMA_Trend', 'UNKNOWN'), 12);
    engine.setFlags({ adaptiveWeighting: false }, AUTHOR);
    expect(multiplier()).toBe(0.8);
    engine.setFlags({ qualityFiltering: false }, AUTHOR);
    expect(engine.decide(signal({ time: now })).quality).toBeNull();
    engine.setFlags({ adaptiveWeighting: true, retirementManagement: true }, AUTHOR);
    expect(multiplier()).toBeLessThan(0.8);
  });

  it('refuse what is no switch, and change nothing', () => {
    const engine = rulesWith();
    const before = engine.snapshot();
    expect(() => engine.setFlags({ qualtyFiltering: false } as never, AUTHOR)).toThrow(
      /COMMAND_INVALID.*"qualtyFiltering"/,
    );
    expect(() => engine.setFlags({ enabled: 'no' } as never, AUTHOR)).toThrow(/COMMAND_INVALID/);
    expect(() => engine.setFlags({ enabled: false }, { ...AUTHOR, reason: '' })).toThrow(/reason/);
    expect(() => engine.execute({ ...AUTHOR, type: 'explode' } as never)).toThrow(/"explode"/);
    expect(engine.snapshot()).toEqual(before);
  });
});

describe('recording a trade', () => {
  it('degrades at once, suspends on evidence, and benches', () => {
    const engine = rulesWith();
    const now = feed(engine, Array(60).fill(-1));
    expect(engine.manager.statusOf('EMA_Trend')).toBe('SUSPENDED');
    expect(engine.decide(signal({ time: now })).action).toBe('block');
    expect(engine.manager.getAuditLog().map(({ newStatus }) => newStatus)).toEqual(['DEGRADED', 'SUSPENDED']);
  });

  it('keeps what wins active, and weighs it up', () => {
    const engine = engineWith();
    const now = feed(
      engine,
      Array.from({ length: 100 }, (_, i) => (i % 2 ? 2 : -1)),
    );
    for (let i = 1; i < 20; i += 1) {
      feed(engine, [1], {}, now + i * HOUR);
      engine.updateOptimization(now + i * HOUR);
    }
    expect(engine.manager.statusOf('EMA_Trend')).toBe('ACTIVE');
    expect(engine.getStrategyWeight('EMA_Trend')).toBeGreaterThan(1.2);
  });

  it("counts a signal's outcome by what its score was then", () => {
    const engine = rulesWith();
    const weak = { confidence: 0.1, confluence: 1 };
    for (let i = 0; i < 40; i += 1) {
      const time = START + i * HOUR;
      const decision = engine.decide(signal({ ...weak, time }));
      expect(decision.reasons).toContain('QUALITY_ADVISORY');
      engine.recordTrade(trade(-0.01 - 0.9 * (i % 2), { decision, exitTime: time }));
      if (engine.scorer.lowSignalsLose('EMA_Trend', 'UNKNOWN')) break;
    }
    expect(engine.scorer.lowSignalsLose('EMA_Trend', 'UNKNOWN')).toBe(true);
    expect(engine.scorer.lowSignalsLose('FVG_Pattern', 'UNKNOWN')).toBe(false);
    engine.setFlags({ retirementManagement: false }, AUTHOR);
    const fates = Array.from({ length: 10 }, (_, i) =>
      engine.decide(signal({ ...weak, time: START + (100 + i) * HOUR })),
    );
    expect(fates.map(({ action }) => action)).toEqual([...Array(9).fill('block'), 'execute']);
    expect(fates[9]!.reasons).toContain('QUALITY_EXPLORED');
    expect(fates[9]!.multiplier).toBeCloseTo(0.25 * fates[9]!.weight, 12);
  });

  it('stays in the numbers, however mad the money and the stops are', () => {
    const engine = engineWith();
    for (const changes of [{ pnl: 1e15 }, { pnl: -1e15, stop: 100 - 1e-12 }, { pnl: 5, stop: 100 + 1e-13 }])
      engine.recordTrade(trade(1, changes));
    engine.restore(JSON.parse(JSON.stringify(engine.snapshot())));
    expect(() => engine.recordTrade(trade(1, { pnl: 1e200 }))).toThrow(/TRADE_INVALID/);
    expect(() => engine.recordTrade(trade(1, { exitTime: START * 1000 }))).toThrow(
      /TRADE_INVALID.*microseconds/,
    );
  });

  it('refuses bad data and changes nothing', () => {
    const engine = engineWith();
    feed(engine, [1, -1]);
    const before = engine.snapshot();
    expect(() => engine.recordTrade(trade(Number.NaN))).toThrow(/TRADE_INVALID/);
    expect(() => engine.recordTrade(null as never)).toThrow(/TRADE_INVALID/);
    expect(engine.snapshot()).toEqual(before);
  });
});

describe('an update', () => {
  it('changes nothing when it is repeated at one time', () => {
    fc.assert(
      fc.property(histories, (trades) => {
        const engine = engineWith();
        for (const each of trades) engine.recordTrade(each);
        const now = START + 100 * HOUR;
        engine.updateOptimization(now);
        const before = JSON.stringify(engine.snapshot());
        for (let i = 0; i < 5; i += 1) engine.updateOptimization(now);
        expect(JSON.stringify(engine.snapshot())).toBe(before);
      }),
      cases(40),
    );
  });

  it('reports the state it left', () => {
    const engine = engineWith();
    const now = feed(engine, [1, 1, -1]);
    const state = engine.updateOptimization(now);
    expect(state).toMatchObject({ time: now, bestStrategy: 'EMA_Trend', statuses: { EMA_Trend: 'ACTIVE' } });
    expect(engine.getOptimizationHistory()).toEqual([state]);
    expect(() => engine.updateOptimization(Number.NaN)).toThrow(/COMMAND_INVALID/);
  });
});

describe('pieces for hosts that put them together themselves', () => {
  it('score a signal without changing anything', () => {
    const engine = engineWith({ enforcement: 'strict' });
    const before = engine.snapshot();
    expect(engine.scoreSignal(signal({ confidence: 1, alignment: 1 }))).toEqual({
      quality: expect.closeTo(0.8, 12),
      shouldExecute: true,
    });
    expect(engine.scoreSignal(signal({ confidence: 0.1 })).shouldExecute).toBe(false);
    engine.setFlags({ qualityFiltering: false }, AUTHOR);
    expect(engine.scoreSignal(signal({ confidence: 0.1 })).shouldExecute).toBe(true);
    engine.restore(before);
    expect(engine.snapshot()).toEqual(before);
  });

  it('take a regime by its label, and a quality that is none for none', () => {
    const engine = rulesWith({ enforcement: 'strict' });
    const now = feed(
      engine,
      Array.from({ length: 60 }, (_, i) => (i % 2 ? 2 : -1)),
      { regime: 'TRENDING' },
    );
    engine.updateOptimization(now);
    const weight = engine.optimizer.getWeightForRegime('EMA_Trend', 'TREND_WITH');
    expect(weight).toBeGreaterThan(1);
    expect(
      engine.getPositionSizeMultiplier({
        strategy: 'EMA_Trend',
        regime: 'TRENDING',
        signalQuality: Number.NaN,
      }),
    ).toBe(weight);
  });

  it('give a size multiplier in [0, cap]', () => {
    const engine = rulesWith({ enforcement: 'strict', baseWeights: { EMA_Trend: 2 } });
    expect(engine.getPositionSizeMultiplier({ strategy: 'EMA_Trend', signalQuality: 0.35 })).toBeCloseTo(
      1.5,
      12,
    );
    expect(engine.getPositionSizeMultiplier({ strategy: 'EMA_Trend' })).toBe(2);
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    expect(engine.getStrategyWeight('EMA_Trend')).toBe(0);
    expect(engine.getPositionSizeMultiplier({ strategy: 'EMA_Trend', regime: 'RANGING' })).toBe(0);
  });
});

describe('resets', () => {
  it('put each component back to its baseline', () => {
    const fresh = engineWith().snapshot();
    const engine = engineWith();
    const now = feed(engine, Array(60).fill(-1));
    for (const candle of walk(150)) engine.recordCandle('BTC/USDT', '1h', candle);
    engine.updateOptimization(now);
    engine.reset('weights', AUTHOR);
    expect(engine.optimizer.getCurrentWeights()).toEqual({ EMA_Trend: 1 });
    engine.reset('health', AUTHOR);
    expect(engine.manager.getActiveStrategies()).toEqual(['EMA_Trend']);
    engine.reset('scores', AUTHOR);
    expect(engine.snapshot().scorer).toEqual(fresh.scorer);
    engine.reset('performance', AUTHOR);
    expect(engine.decomposer.getPortfolioPerformance().trades).toBe(0);
    engine.reset('regimes', AUTHOR);
    expect(engine.snapshot().detector).toEqual(fresh.detector);
    expect(() => engine.reset('everything' as never, AUTHOR)).toThrow(/COMMAND_INVALID/);
  });

  it('move weights again after the performance was forgotten', () => {
    const engine = engineWith();
    let now = feed(engine, Array(30).fill(1));
    engine.updateOptimization(now);
    engine.reset('performance', { ...AUTHOR, time: now });
    now = feed(engine, Array(25).fill(1), {}, now);
    const before = engine.optimizer.getCurrentWeights().EMA_Trend!;
    engine.updateOptimization(now);
    expect(engine.optimizer.getCurrentWeights().EMA_Trend).toBeGreaterThan(before);
  });
});

describe('order of things', () => {
  it('of registration and of symbols at equal times changes nothing', () => {
    fc.assert(
      fc.property(histories, fc.boolean(), (trades, preserveTotal) => {
        const run = (baseWeights: Record<string, number>, reverse: boolean) => {
          const engine = engineWith({ baseWeights, preserveTotal });
          const [a, b] = [walk(130, 1), walk(130, 2)];
          a.forEach((candle, i) => {
            const pair = [
              ['A', candle],
              ['B', b[i]!],
            ] as const;
            for (const [symbol, each] of reverse ? [...pair].reverse() : pair)
              engine.recordCandle(symbol, '1h', each);
          });
          for (const each of trades) engine.recordTrade(each);
          engine.updateOptimization(START + 130 * HOUR);
          return ['x', 'EMA_Trend', 'FVG_Pattern'].map(
            (strategy) =>
              engine.decide(signal({ strategy, symbol: 'C', time: START + 130 * HOUR })).multiplier,
          );
        };
        const forward = run({ x: 1, EMA_Trend: 0.9, FVG_Pattern: 1.1, RSI_Reversal: 1 }, false);
        const backward = run({ RSI_Reversal: 1, FVG_Pattern: 1.1, EMA_Trend: 0.9, x: 1 }, true);
        forward.forEach((multiplier, i) => {
          expect(backward[i]).toBeCloseTo(multiplier, 12);
        });
      }),
      cases(15),
    );
  });
});

describe('state', () => {
  type Step =
    | { kind: 'trade'; input: TradeInput }
    | { kind: 'signal'; input: Signal }
    | { kind: 'update'; time: number };
  const steps = fc
    .array(
      fc.oneof(
        fc.record({
          kind: fc.constant('trade' as const),
          strategy: names,
          symbol: symbols,
          regime: cells,
          r: rMultiples,
        }),
        fc.record({
          kind: fc.constant('signal' as const),
          strategy: names,
          symbol: symbols,
          confidence: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        fc.record({ kind: fc.constant('update' as const) }),
      ),
      { maxLength: 120 },
    )
    .map((rows) =>
      rows.map((row, i): Step => {
        const time = START + i * HOUR;
        if (row.kind === 'update') return { kind: 'update', time };
        if (row.kind === 'signal') {
          const { strategy, symbol, confidence } = row;
          return { kind: 'signal', input: signal({ strategy, symbol, confidence, id: `s${i}`, time }) };
        }
        return {
          kind: 'trade',
          input: trade(row.r, {
            strategy: row.strategy,
            symbol: row.symbol,
            regime: row.regime,
            id: `t${i}`,
            exitTime: time,
          }),
        };
      }),
    );
  const apply = (engine: OptimizationEngine, all: readonly Step[]) => {
    for (const step of all) {
      if (step.kind === 'trade') engine.recordTrade(step.input);
      else if (step.kind === 'signal') engine.decide(step.input);
      else engine.updateOptimization(step.time);
    }
    return engine;
  };

  it('continues from a snapshot as if nothing had happened, bit for bit', () => {
    fc.assert(
      fc.property(steps, fc.nat(120), (all, cut) => {
        const whole = apply(engineWith(), all);
        const restored = engineWith();
        restored.restore(JSON.parse(JSON.stringify(apply(engineWith(), all.slice(0, cut)).snapshot())));
        apply(restored, all.slice(cut));
        expect(JSON.stringify(restored.snapshot())).toBe(JSON.stringify(whole.snapshot()));
      }),
      cases(60),
    );
  });

  it("keeps an operator's switches across a restart", () => {
    const engine = engineWith();
    engine.setFlags({ adaptiveWeighting: false }, AUTHOR);
    const restarted = engineWith();
    restarted.restore(engine.snapshot());
    expect(restarted.flags).toEqual({
      enabled: true,
      qualityFiltering: true,
      adaptiveWeighting: false,
      retirementManagement: true,
    });
  });

  it('is refused, with where it is wrong, when it is not a state; nothing changes', () => {
    const engine = engineWith();
    feed(engine, [1, -1]);
    const before = engine.snapshot();
    expect(() => engine.restore({})).toThrow(/SNAPSHOT_INVALID.*version/);
    expect(() => engine.restore({ ...before, version: 99 })).toThrow(/version 99.*newer Edgekeeper/);
    expect(() => engine.restore({ ...before, portfolio: { equity: 1, peak: -1, time: 0 } })).toThrow(
      /portfolio.peak/,
    );
    expect(() => engine.restore(null)).toThrow(/SNAPSHOT_INVALID/);
    expect(engine.snapshot()).toEqual(before);
  });

  it('of an older version is brought up to date', () => {
    const engine = engineWith();
    const now = feed(
      engine,
      Array.from({ length: 40 }, (_, i) => (i % 2 ? 1.5 : -1)),
    );
    const candles = walk(150);
    for (const candle of candles) engine.recordCandle('BTC/USDT', '1h', candle);
    engine.updateOptimization(now);
    const today = engine.snapshot();
    const {
      commands: _commands,
      recent: _recent,
      shadows: _shadows,
      coverage: _coverage,
      edge: _edge,
      tracks: _tracks,
      mode: _mode,
      detector,
      ...rest
    } = structuredClone(today);
    const { timeframe: _timeframe, ...first } = detector;
    const bars = candles.map(({ high, low, close }) => ({ high, low, close }));
    const symbols = first.symbols.map(([symbol, { indicators: _indicators, ...regime }]) => [
      symbol,
      { ...regime, bars, adxFrom: 0 },
    ]);
    Reflect.deleteProperty(rest.decomposer, 'positions');
    for (const [, evidence] of rest.decomposer.evidence) {
      Reflect.deleteProperty(evidence, 'returns');
      Reflect.deleteProperty(evidence, 'firstAt');
      Reflect.deleteProperty(evidence, 'lastAt');
    }
    for (const [, record] of rest.manager.strategies)
      for (const key of ['observed', 'degraded', 'probation']) Reflect.deleteProperty(record, key);
    const portfolio: Partial<Snapshot['portfolio']> = rest.portfolio;
    for (const key of ['recentPeak', 'stopped'] as const) Reflect.deleteProperty(portfolio, key);
    const shares = new Map(rest.optimizer.shares.raw);
    for (const [name, record] of rest.optimizer.strategies)
      Object.assign(record, { share: shares.get(name) });
    Reflect.deleteProperty(rest.optimizer, 'shares');
    const restored = engineWith();
    restored.restore({ ...rest, detector: { ...first, symbols }, recent: [['signal-id', {}]], version: 1 });

    for (const [, evidence] of today.decomposer.evidence)
      Object.assign(evidence, { firstAt: null, lastAt: null });
    for (const [, record] of today.manager.strategies)
      Object.assign(record, { observed: 0, degraded: 0, outcomes: 0, label: null });
    const { coverage, edge, tracks } = engineWith().snapshot();
    for (const [, record] of today.optimizer.strategies) record.symbols = [];
    for (const state of today.history) state.weightChangesThisPeriod = {};
    expect(restored.snapshot()).toEqual({ ...today, recent: [], coverage, edge, tracks });
  });

  it('does not grow with trades', () => {
    const engine = engineWith();
    feed(
      engine,
      Array.from({ length: 5000 }, (_, i) => (i % 2 ? 1.2 : -1)),
      { symbol: 'BTC/USDT' },
    );
    const size = JSON.stringify(engine.snapshot()).length;
    feed(
      engine,
      Array.from({ length: 5000 }, (_, i) => (i % 2 ? 1.2 : -1)),
      { symbol: 'BTC/USDT' },
      START + 5000 * HOUR,
    );
    expect(JSON.stringify(engine.snapshot()).length / size).toBeLessThan(1.1);
  });
});
