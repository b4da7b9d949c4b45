import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Cell,
  type EngineEvent,
  type InputEvent,
  OptimizationEngine,
  type Signal,
  SignalQualityScorer,
} from '../../src/index.ts';
import type { ShadowOutcome } from '../../src/model/shadow-outcome.ts';
import { cases } from '../cases.ts';
import { AUTHOR, engineWith, feed, HOUR, rulesWith, START, signal, walk } from '../fixtures.ts';

const outcomesOf = (engine: OptimizationEngine): ShadowOutcome[] => {
  const outcomes: ShadowOutcome[] = [];
  engine.subscribe((event) => {
    if (event.type === 'shadow') outcomes.push(event.outcome);
  });
  return outcomes;
};

/** Lets outcomes speak against low signals in a cell. */
function condemn(engine: OptimizationEngine, cell: Cell): void {
  const scorer = new SignalQualityScorer();
  const outcome = {
    strategy: 'EMA_Trend',
    symbol: 'BTC/USDT',
    side: 'long',
    r: -1,
    belowThreshold: true,
  } as const;
  for (let i = 0; i < 60; i += 1) scorer.recordSignalOutcome({ ...outcome, cell });
  engine.restore({ ...engine.snapshot(), scorer: scorer.snapshot() });
}

/** Sends a weak signal after each candle of a market; returns the multipliers of the decisions. */
function trade(engine: OptimizationEngine, candles: ReturnType<typeof walk>, changes: Partial<Signal> = {}) {
  return candles.map((candle) => {
    engine.recordCandle('BTC/USDT', '1h', candle);
    const time = candle.time + HOUR;
    engine.updateOptimization(time);
    return engine.decide(signal({ time, confidence: 0.1, alignment: 0, confluence: 1, ...changes }))
      .multiplier;
  });
}

describe('signals that are not sent', () => {
  it('of a suspended strategy are followed, one at a time, and bring it back when they earn money', () => {
    const engine = rulesWith({ enforcement: 'off' });
    const outcomes = outcomesOf(engine);
    const candles = walk(1400, 2, { drift: 0.004 });
    trade(engine, candles.slice(0, 200));
    engine.forceStatus('EMA_Trend', 'SUSPENDED', { ...AUTHOR, time: candles[199]!.time + HOUR });
    expect(engine.getOpenShadows()).toHaveLength(0);
    trade(engine, candles.slice(200));
    expect(engine.manager.getAuditLog('EMA_Trend').at(-1)).toMatchObject({
      oldStatus: 'SUSPENDED',
      newStatus: 'DEGRADED',
      actor: 'edgekeeper',
      reason: expect.stringContaining('probation passed: 15 signals'),
    });
    expect(engine.manager.getStrategyHealth('EMA_Trend')).toMatchObject({
      decayEvidence: 0,
      probation: null,
    });
    for (const [i, outcome] of outcomes.entries()) {
      if (i > 0) expect(outcome.entryTime).toBeGreaterThan(outcomes[i - 1]!.entryTime);
    }
  });

  it('of a suspended strategy retire it when they lose, and time alone does not', () => {
    const engine = rulesWith({ enforcement: 'off' });
    const candles = walk(2600, 2, { drift: -0.004 });
    trade(engine, candles.slice(0, 200));
    feed(engine, Array(25).fill(-0.05), {}, candles[199]!.time);
    engine.forceStatus('EMA_Trend', 'SUSPENDED', { ...AUTHOR, time: candles[225]!.time });
    for (const candle of candles.slice(200, 420)) engine.recordCandle('BTC/USDT', '1h', candle);
    for (let i = 230; i < 420; i += 1) engine.updateOptimization(candles[i]!.time);
    expect(engine.manager.statusOf('EMA_Trend')).toBe('SUSPENDED');
    trade(engine, candles.slice(420));
    expect(engine.manager.getAuditLog('EMA_Trend').at(-1)).toMatchObject({ newStatus: 'RETIRED' });
  });

  it('never bring a strategy back where probation is off or evidence is literal', () => {
    for (const options of [{ probation: false }, { evidence: 'literal' as const }]) {
      const engine = engineWith({ enforcement: 'off', ...options });
      const candles = walk(700, 2, { drift: 0.004 });
      trade(engine, candles.slice(0, 200));
      engine.forceStatus('EMA_Trend', 'SUSPENDED', { ...AUTHOR, time: candles[199]!.time + HOUR });
      trade(engine, candles.slice(200));
      expect(engine.manager.statusOf('EMA_Trend')).toBe('SUSPENDED');
    }
  });

  it('tell the filter that it is wrong: good shadows unblock low signals', () => {
    const engine = rulesWith({ retirementManagement: false });
    const candles = walk(1600, 2, { drift: 0.004 });
    trade(engine, candles.slice(0, 200));
    condemn(engine, 'VOLATILE');
    const multipliers = trade(engine, candles.slice(200));
    expect(multipliers[0]).toBe(0);
    expect(multipliers.slice(-100).filter((m) => m > 0).length).toBeGreaterThan(90);
  });

  it('are not explored by money while their outcome is followed', () => {
    const engine = rulesWith({ retirementManagement: false });
    const candles = walk(400, 2, { drift: -0.004 });
    trade(engine, candles.slice(0, 200));
    condemn(engine, 'TREND_WITH');
    trade(engine, candles.slice(200));
    const { reasons } = engine.getSignalCounts().EMA_Trend!;
    expect(reasons.QUALITY_BLOCKED).toBeGreaterThan(100);
    expect(reasons.QUALITY_EXPLORED).toBeUndefined();
  });

  it('are followed when they are withdrawn below the minimum of the venue, too', () => {
    const engine = engineWith();
    for (const candle of walk(200)) engine.recordCandle('BTC/USDT', '1h', candle);
    const decision = engine.decide(signal({ time: START + 200 * HOUR }));
    expect(engine.getOpenShadows()).toHaveLength(0);
    engine.withdraw(decision, 'BELOW_MIN');
    expect(engine.getOpenShadows()).toMatchObject([{ decision: { id: decision.id, strategy: 'EMA_Trend' } }]);
  });

  it('do not lose a strategy its probation by one odd signal or a gap in the candles', () => {
    const engine = rulesWith({ enforcement: 'off' });
    const candles = walk(500, 2);
    for (const candle of candles.slice(0, 200)) engine.recordCandle('BTC/USDT', '1h', candle);
    feed(engine, Array(25).fill(-0.05), {}, candles[199]!.time);
    engine.decide(signal({ time: candles[199]!.time + HOUR }));
    engine.forceStatus('EMA_Trend', 'SUSPENDED', { ...AUTHOR, time: candles[226]!.time });
    for (const candle of candles.slice(200, 400)) {
      engine.recordCandle('BTC/USDT', '1h', candle);
      engine.updateOptimization(candle.time + HOUR);
    }
    const time = candles[399]!.time + HOUR;
    engine.decide(signal({ time, side: 'buy' as never }));
    engine.decide(signal({ time, symbol: 'NEW/USDT' }));
    engine.decide(signal({ time: time + 10 * HOUR }));
    engine.updateOptimization(time + 10 * HOUR);
    expect(engine.manager.statusOf('EMA_Trend')).toBe('SUSPENDED');
    for (let i = 0; i < 15; i += 1) engine.decide(signal({ time: time + 20 * HOUR + i, symbol: 'NEW/USDT' }));
    engine.updateOptimization(time + 21 * HOUR);
    expect(engine.manager.statusOf('EMA_Trend')).toBe('RETIRED');
  });

  it('take only costs that a venue can have: 1 is not 1%', () => {
    const engine = engineWith({ enforcement: 'strict' });
    for (const candle of walk(200)) engine.recordCandle('BTC/USDT', '1h', candle);
    const decision = engine.decide(
      signal({ time: START + 200 * HOUR, side: 'short', confidence: 0, slippageRate: 1, feeRate: 0.2 }),
    );
    expect(decision.plan).toMatchObject({ slippageRate: 0.0005, feeRate: 0.001 });
    engine.recordCandle('BTC/USDT', '1h', walk(201).at(-1)!);
    expect(() => engineWith().restore(engine.snapshot())).not.toThrow();
  });

  it('refuses an exit signal that names nobody', () => {
    expect(() => engineWith().recordExitSignal({ strategy: '', symbol: 'BTC/USDT', time: START })).toThrow(
      /SIGNAL_INVALID.*strategy is not a name/,
    );
  });
});

/** A random world: candles of two symbols, and signals, exits, trades and suspensions in between. */
const worlds = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  drift: fc.double({ min: -0.004, max: 0.004, noNaN: true }),
  acts: fc.array(
    fc.record({
      at: fc.integer({ min: 100, max: 399 }),
      kind: fc.constantFrom('signal', 'signal', 'signal', 'exit', 'suspend'),
      strategy: fc.constantFrom('EMA_Trend', 'FVG_Pattern'),
      symbol: fc.constantFrom('BTC/USDT', 'ETH/USDT'),
      host: fc.boolean(),
    }),
    { maxLength: 60 },
  ),
});
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never;

function live({ seed, drift, acts }: World, order: readonly string[], engine = new OptimizationEngine()) {
  const decisions: unknown[] = [];
  const markets = new Map(
    ['BTC/USDT', 'ETH/USDT'].map((symbol, i) => [symbol, walk(400, seed + i, { drift })]),
  );
  for (let i = 0; i < 400; i += 1) {
    for (const symbol of order) engine.recordCandle(symbol, '1h', markets.get(symbol)![i]!);
    const time = START + (i + 1) * HOUR;
    for (const { kind, strategy, symbol, host } of acts.filter(({ at }) => at === i)) {
      if (kind === 'exit') engine.recordExitSignal({ strategy, symbol, time });
      else if (kind === 'suspend') engine.forceStatus(strategy, 'SUSPENDED', { ...AUTHOR, time });
      else
        decisions.push(
          engine.decide(
            signal({ strategy, symbol, time, ...(host ? { exitRule: 'host' as const, stop: 90 } : {}) }),
          ),
        );
    }
    if (i % 24 === 0) engine.updateOptimization(time);
  }
  return { engine, decisions };
}

describe('shadows in random worlds', () => {
  it('do not depend on which of two candles of one time comes first', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const one = live(world, ['BTC/USDT', 'ETH/USDT']);
        const other = live(world, ['ETH/USDT', 'BTC/USDT']);
        expect(other.decisions).toEqual(one.decisions);
        expect(other.engine.snapshot().scorer).toEqual(one.engine.snapshot().scorer);
        expect(other.engine.snapshot().manager).toEqual(one.engine.snapshot().manager);
      }),
      cases(30),
    );
  });

  it('survive a restart at any time, and a replay of the journal', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), (world, cut) => {
        const events: InputEvent[] = [];
        const engine = new OptimizationEngine();
        engine.subscribe((event: EngineEvent) => {
          if (
            event.type !== 'weight' &&
            event.type !== 'status' &&
            event.type !== 'shadow' &&
            event.type !== 'error'
          )
            events.push(event);
        });
        live(world, ['BTC/USDT', 'ETH/USDT'], engine);
        const whole = JSON.stringify(engine.snapshot());
        let resumed = new OptimizationEngine();
        for (const [i, event] of events.entries()) {
          if (i === cut % events.length) {
            const saved = JSON.parse(JSON.stringify(resumed.snapshot()));
            resumed = new OptimizationEngine();
            resumed.restore(saved);
          }
          resumed.apply(JSON.parse(JSON.stringify(event)));
        }
        expect(JSON.stringify(resumed.snapshot())).toBe(whole);
      }),
      cases(30),
    );
  });

  it('starve nobody: a strategy whose signals earn money trades again, whatever happened before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 0, max: 80 }), (seed, losses) => {
        const engine = engineWith();
        const past = walk(200, seed);
        for (const candle of past) engine.recordCandle('BTC/USDT', '1h', candle);
        feed(engine, Array(losses).fill(-1), {}, past.at(-1)!.time);
        const from = past.at(-1)!.time + 100 * HOUR;
        const rising = walk(2500, seed + 1, { drift: 0.005, start: from, price: past.at(-1)!.close });
        const multipliers = trade(engine, rising);
        const status = engine.manager.statusOf('EMA_Trend');
        expect(status === 'ACTIVE' || status === 'DEGRADED').toBe(true);
        expect(multipliers.at(-1)).toBeGreaterThan(0);
      }),
      cases(8),
    );
  });

  it('make no decision with what comes later', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 150, max: 390 }), (world, cut) => {
        const told = live(world, ['BTC/USDT', 'ETH/USDT']).decisions as { time: number }[];
        const engine = new OptimizationEngine();
        const perturbed = live(
          { ...world, acts: world.acts.map((act) => (act.at >= cut ? { ...act, kind: 'suspend' } : act)) },
          ['BTC/USDT', 'ETH/USDT'],
          Object.assign(engine, {
            recordCandle(symbol: string, timeframe: string, candle: ReturnType<typeof walk>[number]) {
              const k = candle.time >= START + (cut + 1) * HOUR ? 3 : 1;
              OptimizationEngine.prototype.recordCandle.call(engine, symbol, timeframe, {
                ...candle,
                open: k * candle.open,
                high: k * candle.high,
                low: k * candle.low,
                close: k * candle.close,
              });
            },
          }),
        ).decisions as { time: number }[];
        const upToCut = (decisions: { time: number }[]) =>
          decisions.filter(({ time }) => time < START + (cut + 1) * HOUR);
        expect(upToCut(perturbed)).toEqual(upToCut(told));
      }),
      cases(30),
    );
  });
});
