import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Command,
  type Decision,
  type EngineEvent,
  type InputEvent,
  OptimizationEngine,
  type Options,
  RegimeDetector,
  type Signal,
  type StrategyStatus,
} from '../../src/index.ts';
import { cases } from '../cases.ts';
import { AUTHOR, cells, engineWith, feed, HOUR, START, signal, trade, walk } from '../fixtures.ts';

const NAME = 'EMA_Trend';
const EVIDENCE = ['posterior', 'guarded', 'literal'] as const;
/** No quality: what a signal says of itself is not what these are about. */
const plain = (changes: Partial<Signal> = {}): Signal => ({
  strategy: NAME,
  symbol: 'BTC/USDT',
  side: 'long',
  time: START,
  ...changes,
});

/** An engine whose strategy only ever lost, and the time after it. */
function dead(options: Options = {}, losses = 100): { engine: OptimizationEngine; time: number } {
  const engine = engineWith(options);
  return { engine, time: feed(engine, Array(losses).fill(-1)) };
}

/** Signals one hour apart; returns the decisions. */
function decide(
  engine: OptimizationEngine,
  count: number,
  from: number,
  changes: Partial<Signal> = {},
): Decision[] {
  return Array.from({ length: count }, (_, i) =>
    engine.decide(plain({ time: from + (i + 1) * HOUR, ...changes })),
  );
}

const multipliers = (decisions: readonly Decision[]) => decisions.map(({ multiplier }) => multiplier);

/** Takes everything that the state is rebuilt from. */
function recorded(engine: OptimizationEngine): InputEvent[] {
  const effects = ['shadow', 'status', 'weight', 'error'];
  const events: InputEvent[] = [];
  engine.subscribe((event: EngineEvent) => {
    if (!effects.includes(event.type)) events.push(JSON.parse(JSON.stringify(event)) as InputEvent);
  });
  return events;
}

describe('a size by the posterior', () => {
  it('is whole without data, under any cap', () => {
    for (const options of [{}, { reduceOnly: true }, { maxMultiplier: 5 }])
      expect(engineWith(options).decide(plain())).toMatchObject({
        multiplier: 1,
        reasons: [],
        edge: { theta: expect.closeTo(0.08, 12), probability: expect.closeTo(0.692327809807, 12), size: 1 },
      });
  });

  it('is base weight times what the expected R deserves times the guard, and never above the cap', () => {
    const engine = engineWith({ baseWeights: { [NAME]: 1.5 }, explore: false });
    let time = feed(engine, Array(60).fill(1.5));
    const { multiplier, edge, cap, reasons } = engine.decide(plain({ time }));
    expect(edge!.size).toBe(2);
    expect([multiplier, cap]).toEqual([2, 2]);
    expect(reasons).toEqual(['EDGE_RAISED', 'BASE_WEIGHT', 'CAPPED']);
    engine.recordEquity({ time, equity: 100 });
    engine.recordEquity({ time: time + 1, equity: 80 });
    expect(engine.decide(plain({ time: time + 2 })).multiplier).toBeCloseTo(1.5 * 2 * 0.25, 5);
    expect(engine.decide(plain({ time: time + 2, reduceOnly: true })).multiplier).toBeCloseTo(1.5 * 0.25, 5);
    time = feed(engine, Array(300).fill(-1), {}, time + HOUR);
    expect(engine.decide(plain({ time }))).toMatchObject({ multiplier: 0, action: 'block' });
  });

  it('grows with the expected R where a host takes more, and goes by another ramp then', () => {
    const sizes = (reduceOnly: boolean) => {
      const engine = engineWith({ reduceOnly });
      const time = feed(
        engine,
        Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? 0.9 : -1)),
      );
      return engine.decide(plain({ time })).edge!;
    };
    const [alone, raised] = [sizes(true), sizes(false)];
    expect(raised.theta).toBe(alone.theta);
    expect([alone.lo, raised.lo]).toEqual([-0.02, 0]);
    expect(alone.target).toBeCloseTo(Math.min(1, (alone.theta + 0.02) / 0.04), 12);
    expect(raised.target).toBeCloseTo(raised.theta / 0.06, 12);
    expect(raised.target).toBeGreaterThan(0);
    expect(raised.target).toBeLessThan(alone.target);
    const good = engineWith();
    const time = feed(
      good,
      Array.from({ length: 30 }, (_, i) => (i % 5 < 3 ? 1 : -1)),
    );
    const { theta, target } = good.decide(plain({ time })).edge!;
    expect(theta).toBeGreaterThan(0.08);
    expect(theta).toBeLessThan(0.16);
    expect(target).toBeCloseTo(theta / 0.08, 12);
  });

  it('does not follow every small change of mind', () => {
    const engine = engineWith();
    let time = START;
    let [moves, changes] = [0, 0];
    let before: Decision | null = null;
    for (let i = 0; i < 200; i += 1) {
      time = feed(engine, [i % 9 < 4 ? 1 : -1], {}, time);
      const decision = engine.decide(plain({ time }));
      const { size, target } = decision.edge!;
      expect(Math.abs(size - target)).toBeLessThan(0.25);
      if (before !== null) {
        moves += size !== before.edge!.size ? 1 : 0;
        changes += target !== before.edge!.target ? 1 : 0;
      }
      before = decision;
    }
    expect(changes).toBeGreaterThan(50);
    expect(moves).toBeLessThan(changes);
  });

  it('is that of its own symbol and cell where they differ', () => {
    const engine = engineWith();
    let time = START;
    for (let i = 0; i < 150; i += 1) {
      time = feed(engine, [1], { symbol: 'GOOD' }, time);
      time = feed(engine, [-1], { symbol: 'BAD' }, time);
    }
    expect(engine.decide(plain({ time, symbol: 'GOOD' })).multiplier).toBe(2);
    expect(engine.decide(plain({ time, symbol: 'BAD' })).edge!.size).toBe(0);
  });

  it('does not change by previews, and no look changes a state', () => {
    const { engine, time } = dead({}, 30);
    const before = engine.snapshot();
    engine.scoreSignal(signal({ time }));
    engine.getPositionSizeMultiplier({ strategy: NAME, regime: 'RANGING' });
    engine.getStrategyWeight('nobody');
    engine.edge.expect('nobody', { symbol: 'nothing' });
    engine.getOptimizationStatus();
    expect(engine.snapshot()).toEqual(before);
  });

  it('is told to hosts that put sizes together themselves, with the same switches', () => {
    for (const options of [
      {},
      { retirementManagement: false },
      { adaptiveWeighting: false, explore: false },
      { qualityFiltering: false, adaptiveWeighting: false, retirementManagement: false },
    ]) {
      const { engine, time } = dead({ explore: false, baseWeights: { [NAME]: 0.5 }, ...options }, 40);
      const told = engine.getPositionSizeMultiplier({ strategy: NAME });
      // A new symbol says nothing of its own.
      const [sent] = decide(engine, 1, time, { symbol: 'NEW' });
      expect(told).toBeCloseTo(sent!.multiplier, 12);
    }
  });
});

describe('a host that sends its own size or nothing', () => {
  const whole = { scalable: false } as const;

  it('gets a whole or nothing, whatever the base weight', () => {
    const engine = engineWith({ baseWeights: { [NAME]: 0.5 } });
    expect(engine.decide(plain(whole))).toMatchObject({ multiplier: 1, cap: 2, edge: { lo: -0.02 } });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(-1, 1.5, 0.1), { maxLength: 40 }), (outcomes) => {
        const learner = engineWith({ explore: false });
        let time = START;
        let last: number | null = null;
        for (const r of outcomes) {
          time = feed(learner, [r], {}, time);
          const { multiplier, edge } = learner.decide(plain({ time, ...whole }));
          const { target } = edge!;
          // Stopped at a quarter and begun again at three quarters.
          const expected: number =
            last === null
              ? Number(target >= 0.5)
              : last === 1
                ? Number(target > 0.25)
                : Number(target >= 0.75);
          expect(multiplier).toBe(expected);
          last = multiplier;
        }
      }),
      cases(30),
    );
  });

  it('is thinned by the guard: of its orders so many go out as the guard says', () => {
    const engine = engineWith();
    engine.recordEquity({ time: START, equity: 100 });
    engine.recordEquity({ time: START + 1, equity: 79 });
    const decisions = decide(engine, 40, START, whole);
    expect(multipliers(decisions).filter((multiplier) => multiplier === 1)).toHaveLength(10);
    expect(decisions[0]!.multiplier).toBe(1);
    const held = decisions.find(({ multiplier }) => multiplier === 0)!;
    expect(held.reasons).toEqual(['DRAWDOWN_GUARD']);
    // Each strategy has a share of its own.
    expect(decide(engine, 4, START, { ...whole, strategy: 'other' })[0]!.multiplier).toBe(1);
    engine.rebasePeak(AUTHOR);
    expect(multipliers(decide(engine, 20, START + 100 * HOUR, whole))).toEqual(Array(20).fill(1));
  });
});

describe('where nobody can tell what a blocked signal would have come to', () => {
  it('a twentieth goes out', () => {
    const { engine, time } = dead();
    for (const decision of decide(engine, 30, time))
      expect(decision).toMatchObject({
        multiplier: 0.05,
        reasons: ['EDGE_EXPLORED'],
        edge: { size: 0, atLeastMinimum: false },
      });
    expect(['SUSPENDED', 'RETIRED']).toContain(engine.manager.statusOf(NAME));
  });

  it('every tenth that the venue refuses is to be sent at its minimum', () => {
    const { engine, time } = dead();
    const least: number[] = [];
    for (const [i, decision] of decide(engine, 1, time).entries()) {
      expect(i).toBe(0);
      engine.withdraw(decision, 'BELOW_MIN');
    }
    for (let i = 1; i < 40; i += 1) {
      const decision = engine.decide(plain({ time: time + (i + 1) * HOUR }));
      if (decision.edge!.atLeastMinimum) least.push(i);
      else engine.withdraw(decision, 'BELOW_MIN');
    }
    expect(least).toEqual([9, 19, 29, 39]);
  });

  it('counts signals that are decided on together before they are withdrawn', () => {
    const { engine, time } = dead();
    let least = 0;
    for (let i = 1; i <= 20; i += 1) {
      const both = ['X', 'Y'].map((symbol) => engine.decide(plain({ time: time + i * HOUR, symbol })));
      for (const decision of both) {
        if (decision.edge!.atLeastMinimum) least += 1;
        else engine.withdraw(decision, 'BELOW_MIN');
      }
    }
    expect(least).toBeGreaterThanOrEqual(3);
  });

  it('every tenth whole order passes', () => {
    for (const [options, changes] of [
      [{}, { scalable: false }],
      [{ adaptiveWeighting: false }, {}],
    ] as const) {
      const { engine, time } = dead(options);
      const sent = multipliers(decide(engine, 30, time, changes));
      expect(sent.flatMap((multiplier, i) => (multiplier > 0 ? [i] : []))).toEqual([9, 19, 29]);
      expect(engine.getRecentDecisions(1)[0]).toMatchObject({
        multiplier: 1,
        reasons: ['EDGE_EXPLORED'],
        edge: { atLeastMinimum: false },
      });
    }
  });

  it('nothing goes out if the operator wants it so, or holds the strategy', () => {
    const { engine, time } = dead({ explore: false });
    expect(multipliers(decide(engine, 30, time))).toEqual(Array(30).fill(0));
    const held = dead();
    held.engine.forceStatus(NAME, 'SUSPENDED', { ...AUTHOR, time: held.time });
    expect(multipliers(decide(held.engine, 30, held.time))).toEqual(Array(30).fill(0));
  });
});

describe('where candles come in', () => {
  it('nothing is explored, every blocked signal is followed, and its outcome learned', () => {
    const { engine, time } = dead({}, 60);
    const candles = walk(400, 3, { start: time - 100 * HOUR });
    for (const candle of candles.slice(0, 100)) engine.recordCandle('BTC/USDT', '1h', candle);
    let [blocked, learned] = [0, 0];
    engine.subscribe((event) => {
      if (event.type === 'shadow') learned += 1;
    });
    const before = engine.edge.labelOf(NAME).outcomes;
    for (const candle of candles.slice(100, 300)) {
      const open = engine.getOpenShadows().length;
      const decision = engine.decide(plain({ time: candle.time }));
      expect(decision.reasons).not.toContain('EDGE_EXPLORED');
      if (decision.multiplier === 0) {
        blocked += 1;
        expect(engine.getOpenShadows()).toHaveLength(open + 1);
        expect(engine.getOpenShadows().at(-1)!.decision.id).toBe(decision.id);
      }
      engine.recordCandle('BTC/USDT', '1h', candle);
    }
    expect(blocked).toBeGreaterThan(20);
    // What is blocked at last is known at last.
    for (const candle of candles.slice(300)) engine.recordCandle('BTC/USDT', '1h', candle);
    engine.updateOptimization(candles.at(-1)!.time + HOUR);
    expect(engine.getOpenShadows()).toHaveLength(0);
    expect(learned).toBe(blocked);
    expect(engine.edge.labelOf(NAME).outcomes - before).toBe(learned);
  });

  it('a strategy comes back by the outcomes of its blocked signals alone', () => {
    const { engine, time } = dead({}, 60);
    const candles = walk(2000, 2, { start: time - 100 * HOUR, drift: 0.004 });
    for (const candle of candles.slice(0, 100)) engine.recordCandle('BTC/USDT', '1h', candle);
    const sent = candles.slice(100).map((candle) => {
      const { multiplier } = engine.decide(plain({ time: candle.time }));
      engine.recordCandle('BTC/USDT', '1h', candle);
      return multiplier;
    });
    expect(sent[0]).toBe(0);
    expect(sent.at(-1)).toBeGreaterThanOrEqual(1);
    expect(['DEGRADED', 'ACTIVE']).toContain(engine.manager.statusOf(NAME));
  });

  it('a retired strategy is followed as often as the operator wants', () => {
    const followed = (retiredEvery: number) => {
      const { engine, time } = dead({ retiredEvery }, 400);
      expect(engine.manager.statusOf(NAME)).toBe('RETIRED');
      for (const candle of walk(100, 3, { start: time - 99 * HOUR }))
        engine.recordCandle('BTC/USDT', '1h', candle);
      for (let i = 0; i < 12; i += 1)
        expect(engine.decide(plain({ time: time + HOUR + i })).multiplier).toBe(0);
      return engine.getOpenShadows().length;
    };
    expect(followed(1)).toBe(12);
    expect(followed(4)).toBe(3);
  });
});

describe("an operator's word", () => {
  it('holds nothing, half, or everything, until it is taken back', () => {
    const engine = engineWith();
    const sent = (status: StrategyStatus) => {
      engine.forceStatus(NAME, status, AUTHOR);
      return engine.decide(plain()).multiplier;
    };
    expect((['DEGRADED', 'SUSPENDED', 'RETIRED', 'ACTIVE'] as const).map(sent)).toEqual([0.5, 0, 0, 1]);
    engine.forceStatus(NAME, 'SUSPENDED', AUTHOR);
    const time = feed(engine, Array(100).fill(2));
    expect(engine.manager.statusOf(NAME)).toBe('SUSPENDED');
    expect(engine.decide(plain({ time }))).toMatchObject({ multiplier: 0, health: 0, edge: { size: 2 } });
    expect(engine.manager.getStrategyHealth(NAME)!.pinnedUntil).toBe('forever');
  });

  it('ends by itself where it has an end', () => {
    const engine = engineWith();
    engine.forceStatus(NAME, 'SUSPENDED', { ...AUTHOR, pinForHours: 10 });
    expect(multipliers(decide(engine, 12, START))).toEqual([...Array(9).fill(0), 1, 1, 1]);
    expect(engine.manager.statusOf(NAME)).not.toBe('SUSPENDED');
  });

  it('ACTIVE starts anew with what is known of all strategies, and what had happened before is part of the past', () => {
    const { engine, time } = dead({}, 100);
    const never = engine.edge.expect('never heard of').theta;
    engine.forceStatus(NAME, 'ACTIVE', { ...AUTHOR, time: time + HOUR });
    expect(engine.manager.statusOf(NAME)).toBe('ACTIVE');
    expect(engine.edge.labelOf(NAME)).toMatchObject({ size: 1, p: 0.5 });
    expect(engine.edge.expect(NAME, { symbol: 'BTC/USDT' }).theta).toBeCloseTo(never, 12);
  });

  it('benches and brings back whatever decides', () => {
    for (const evidence of EVIDENCE) {
      const engine = engineWith({ evidence });
      engine.forceStatus(NAME, 'RETIRED', { ...AUTHOR, pinForHours: 'forever' });
      expect(engine.decide(signal())).toMatchObject({ multiplier: 0, status: 'RETIRED' });
      engine.updateOptimization(START + HOUR);
      expect(engine.manager.statusOf(NAME)).toBe('RETIRED');
      engine.forceStatus(NAME, 'ACTIVE', { ...AUTHOR, time: START + 2 * HOUR });
      expect(engine.decide(signal({ time: START + 3 * HOUR })).multiplier).toBe(1);
      expect(engine.manager.getAuditLog(NAME).map(({ actor, newStatus }) => [actor, newStatus])).toEqual([
        ['tester', 'RETIRED'],
        ['tester', 'ACTIVE'],
      ]);
    }
  });

  it('that cannot be carried out changes nothing', () => {
    const { engine } = dead({}, 30);
    const before = engine.snapshot();
    for (const [strategy, status, pinForHours] of [
      ['', 'ACTIVE', 1],
      [NAME, 'GONE', 1],
      [NAME, 'ACTIVE', -1],
    ] as const)
      expect(() =>
        engine.forceStatus(strategy, status as StrategyStatus, { ...AUTHOR, pinForHours }),
      ).toThrow(/COMMAND_INVALID/);
    expect(engine.snapshot()).toEqual(before);
  });

  it('resets what its target names', () => {
    const forced = (target: 'weights' | 'health' | 'scores' | 'all') => {
      const { engine, time } = dead({}, 60);
      for (let i = 0; i < 12; i += 1) {
        const taken = engine.decide(signal({ time: time + i, confidence: i / 12 }));
        const exitTime = time + 20 * HOUR + i;
        engine.recordTrade(trade(-1, { entryTime: time + i, exitTime, decision: taken }));
      }
      engine.forceStatus(NAME, 'SUSPENDED', { ...AUTHOR, time: time + 40 * HOUR });
      engine.reset(target, { ...AUTHOR, time: time + 41 * HOUR });
      engine.updateOptimization(time + 42 * HOUR);
      const [, state] = engine.snapshot().edge.posterior.strategies[0] ?? [];
      return {
        pinned: engine.manager.getStrategyHealth(NAME)?.pinnedUntil ?? null,
        share: engine.edge.labelOf(NAME).size,
        dead: engine.edge.expect(NAME).theta < -0.1,
        slope: (state?.slope.n ?? 0) > 0,
      };
    };
    expect(forced('weights')).toEqual({ pinned: 'forever', share: 1, dead: false, slope: true });
    expect(forced('health')).toEqual({ pinned: null, share: 1, dead: true, slope: true });
    expect(forced('scores')).toMatchObject({ pinned: 'forever', dead: true, slope: false });
    expect(forced('all')).toEqual({ pinned: null, share: 1, dead: false, slope: false });
  });

  it('takes the posterior of an earlier time', () => {
    const { engine, time } = dead({}, 20);
    engine.updateOptimization(time + 1);
    const { posterior } = engine.snapshot().edge;
    const { theta } = engine.edge.expect(NAME);
    feed(engine, Array(50).fill(2), {}, time);
    const command: Command = { ...AUTHOR, time: time + 60 * HOUR, type: 'setPosterior', posterior };
    engine.execute(command);
    expect(engine.edge.expect(NAME).theta).toBe(theta);
  });
});

describe('the switches', () => {
  /** A strategy that is dead, on one symbol above all. */
  function told(options: Options): { engine: OptimizationEngine; time: number } {
    const engine = engineWith({ explore: false, ...options });
    let time = START;
    for (let i = 0; i < 120; i += 1) {
      time = feed(engine, [1.5], { symbol: 'GOOD', regime: 'RANGING' }, time);
      time = feed(engine, [-1], { symbol: 'BAD', regime: 'VOLATILE' }, time);
    }
    return { engine, time };
  }

  it('without qualityFiltering judge a signal by its strategy alone, and keep what is learned of quality', () => {
    const { engine, time } = told({ qualityFiltering: false });
    const [good, bad] = ['GOOD', 'BAD'].map((symbol) => engine.decide(signal({ time, symbol })));
    expect(good!.edge!.theta).toBe(bad!.edge!.theta);
    expect(good!.edge!.terms).toMatchObject({ cell: 0, symbol: 0, quality: 0 });
    expect(good!.edge!.quality).toBe(0.9);
    const other = told({});
    expect(other.engine.decide(signal({ time, symbol: 'BAD' })).edge!.theta).toBeLessThan(bad!.edge!.theta);
    expect(other.engine.edge.snapshot().w).toEqual(engine.edge.snapshot().w);
  });

  it('without adaptiveWeighting send the base weight or nothing', () => {
    const options = { adaptiveWeighting: false, baseWeights: { [NAME]: 1.5 } };
    const { engine, time } = told(options);
    expect(engine.decide(plain({ time, symbol: 'GOOD' })).multiplier).toBe(1.5);
    expect(engine.decide(plain({ time, symbol: 'BAD' })).multiplier).toBe(0);
  });

  it('without retirementManagement leave a strategy its least weight, or its whole', () => {
    const { engine, time } = dead({ retirementManagement: false, explore: false });
    const [decision] = decide(engine, 1, time);
    expect(decision).toMatchObject({ multiplier: 0.1, edge: { target: 0.1, size: 0.1 } });
    engine.forceStatus(NAME, 'SUSPENDED', { ...AUTHOR, time: time + 2 * HOUR });
    expect(decide(engine, 1, time + 2 * HOUR)[0]!.multiplier).toBe(0.1);
    const wholly = dead({ retirementManagement: false, adaptiveWeighting: false, explore: false });
    // On a symbol of which nothing is known.
    const [fresh] = decide(wholly.engine, 1, wholly.time, { symbol: 'NEW', regime: 'RANGING' });
    expect(fresh!.multiplier).toBe(1);
    expect(fresh!.edge!.terms.pool + fresh!.edge!.terms.strategy).toBeCloseTo(0.08, 12);
  });

  it('all off send base sizes, and the master switch sends what the host made', () => {
    const off = { qualityFiltering: false, adaptiveWeighting: false, retirementManagement: false };
    const { engine, time } = dead({ ...off, baseWeights: { [NAME]: 1.5 } });
    expect(multipliers(decide(engine, 12, time))).toEqual(Array(12).fill(1.5));
    engine.setFlags({ enabled: false }, { ...AUTHOR, time });
    expect(decide(engine, 1, time + 20 * HOUR)[0]).toMatchObject({ action: 'pass', multiplier: 1 });
  });

  it('act at the next decision', () => {
    const { engine, time } = dead({ explore: false });
    expect(decide(engine, 1, time)[0]!.multiplier).toBe(0);
    engine.setFlags({ retirementManagement: false }, { ...AUTHOR, time });
    expect(decide(engine, 1, time + HOUR)[0]!.multiplier).toBe(0.1);
  });
});

describe('presets', () => {
  it('differ in how soon they begin and forget', () => {
    const [slow, fast] = (['conservative', 'aggressive'] as const).map((preset) => {
      const engine = engineWith({ preset });
      const time = feed(engine, [...Array(40).fill(-1), ...Array(40).fill(1)]);
      return engine.decide(plain({ time, symbol: 'NEW' })).edge!;
    });
    expect([slow!.lo, fast!.lo]).toEqual([0, -0.02]);
    expect(fast!.theta).toBeGreaterThan(slow!.theta);
  });
});

describe('an operator', () => {
  it('keeps on the bench what he benched while the founding rules decided', () => {
    const engine = engineWith({ evidence: 'guarded' });
    engine.forceStatus(NAME, 'SUSPENDED', AUTHOR);
    engine.reconfigure({ evidence: 'posterior' }, AUTHOR);
    expect(engine.decide(plain({ time: START + HOUR }))).toMatchObject({ action: 'block' });
    engine.forceStatus(NAME, 'ACTIVE', { ...AUTHOR, time: START + 2 * HOUR });
    expect(engine.decide(plain({ time: START + 3 * HOUR }))).toMatchObject({ action: 'execute' });
  });

  it('cannot resume what is not stopped, for that would move what the hard stop measures from', () => {
    const engine = engineWith({ hardStop: 0.3 });
    engine.recordEquity({ time: START, equity: 100 });
    engine.recordEquity({ time: START + 1, equity: 80 });
    expect(() => engine.resume({ ...AUTHOR, time: START + 2 })).toThrow(/COMMAND_INVALID.*no hard stop/);
    engine.recordEquity({ time: START + 3, equity: 69 });
    expect(engine.portfolio.stopped).toBe(true);
  });

  it('is refused a reason of a withdrawal that is none', () => {
    const engine = engineWith();
    const decision = engine.decide(plain({ time: START }));
    expect(() => engine.withdraw(decision, 'WHATEVER' as never)).toThrow(/COMMAND_INVALID/);
    expect(() => engine.restore(JSON.parse(JSON.stringify(engine.snapshot())))).not.toThrow();
  });
});

describe('a failure inside the overlay', () => {
  /** Breaks what every decision needs, and only that. */
  const fail = () => {
    vi.spyOn(RegimeDetector.prototype, 'lastClose').mockImplementation(() => {
      throw new Error('broken');
    });
  };
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('sends base weight times the latest size times the guard', () => {
    const engine = engineWith({ baseWeights: { [NAME]: 0.8 }, reduceOnly: true });
    const time = feed(
      engine,
      Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? 0.85 : -1)),
    );
    const { edge } = engine.decide(plain({ time }));
    expect(edge!.size).toBeGreaterThan(0);
    expect(edge!.size).toBeLessThan(1);
    engine.recordEquity({ time, equity: 100 });
    engine.recordEquity({ time: time + 1, equity: 80 });
    fail();
    const [decision] = decide(engine, 1, time);
    expect(decision!.reasons).toContain('INTERNAL_ERROR');
    expect(decision!.multiplier).toBeCloseTo(0.8 * edge!.size * 0.25, 5);
    expect(decide(engine, 1, time, { symbol: 'NEW' })[0]!.multiplier).toBeCloseTo(0.8 * 0.25, 5);
    expect(decide(engine, 1, time, { scalable: false })[0]!.multiplier).toBe(1);
  });

  it('sends nothing of what is benched or stopped', () => {
    const pinned = engineWith();
    pinned.forceStatus(NAME, 'RETIRED', AUTHOR);
    const benched = dead();
    const stopped = engineWith({ hardStop: 0.3 });
    stopped.recordEquity({ time: START, equity: 100 });
    stopped.recordEquity({ time: START + 1, equity: 60 });
    for (const engine of [pinned, benched.engine, stopped]) {
      fail();
      expect(decide(engine, 1, benched.time)[0]).toMatchObject({ multiplier: 0, action: 'block' });
    }
  });

  it('goes by the latest whole size where sizes are all or nothing', () => {
    const engine = engineWith({ adaptiveWeighting: false, retirementManagement: false, explore: false });
    const time = feed(engine, Array(60).fill(-1));
    expect(decide(engine, 1, time)[0]!.multiplier).toBe(0);
    fail();
    expect(decide(engine, 1, time + HOUR)[0]).toMatchObject({ multiplier: 0, edgeFactor: 0 });
  });
});

describe('labels', () => {
  it('never cause a size', () => {
    const { engine, time } = dead({ explore: false }, 60);
    const other = engineWith();
    const snapshot = engine.snapshot();
    // The same knowledge under another label.
    const strategies = snapshot.manager.strategies.map(([name, record]) => [
      name,
      { ...record, status: 'ACTIVE', pinned: null },
    ]);
    other.restore({ ...snapshot, manager: { ...snapshot.manager, strategies } });
    other.reconfigure({ explore: false }, { ...AUTHOR, time });
    for (const symbol of ['BTC/USDT', 'NEW']) {
      const [one] = decide(engine, 1, time, { symbol });
      const [two] = decide(other, 1, time, { symbol });
      expect(two!.multiplier).toBe(one!.multiplier);
      expect(two!.edge).toEqual(one!.edge);
    }
  });

  it('follow the first signal that gets a size by itself, and no explored one', () => {
    const { engine, time } = dead();
    decide(engine, 20, time);
    expect(['SUSPENDED', 'RETIRED']).toContain(engine.manager.statusOf(NAME));
    const shares = engine.edge.labelOf(NAME).size;
    expect(shares).toBeLessThan(0.05);
    // Another symbol of which good things are known.
    let at = time + 30 * HOUR;
    for (let i = 0; i < 40; i += 1) at = feed(engine, [0.5], { symbol: 'GOOD', strategy: NAME }, at);
    const [good] = decide(engine, 1, at, { symbol: 'GOOD' });
    expect(good!.edge!.size).toBeGreaterThan(0);
    expect(['DEGRADED', 'ACTIVE']).toContain(engine.manager.statusOf(NAME));
    expect(engine.edge.labelOf(NAME).size).toBeGreaterThanOrEqual(0.15);
  });
});

describe('the hard stop', () => {
  function stopped(): OptimizationEngine {
    const engine = engineWith({ hardStop: 0.3 });
    engine.recordEquity({ time: START, equity: 100 });
    engine.decide(plain({ id: 'early' }));
    engine.recordEquity({ time: START + 1, equity: 69 });
    return engine;
  }

  it('holds all new exposure back until it is let go, and lets exits pass', () => {
    const engine = stopped();
    engine.recordEquity({ time: START + 2, equity: 120 });
    expect(engine.decide(plain({ time: START + HOUR }))).toMatchObject({
      multiplier: 0,
      reasons: ['HARD_STOP'],
    });
    expect(engine.decide(plain({ time: START + HOUR, scalable: false })).multiplier).toBe(0);
    expect(engine.getPositionSizeMultiplier({ strategy: NAME })).toBe(0);
    expect(engine.decide(plain({ intent: 'close' })).multiplier).toBe(1);
    engine.resume({ ...AUTHOR, time: START + HOUR });
    expect(engine.decide(plain({ time: START + 2 * HOUR })).multiplier).toBe(1);
  });

  it('holds a signal back that comes again, too', () => {
    expect(stopped().decide(plain({ id: 'early', time: START + HOUR }))).toMatchObject({
      multiplier: 0,
      reasons: ['HARD_STOP'],
    });
  });

  it('is explored by nothing, and no control arm sends past it', () => {
    const engine = engineWith({ hardStop: 0.3, controlArm: 0.5 });
    engine.recordEquity({ time: START, equity: 100 });
    engine.recordEquity({ time: START + 1, equity: 69 });
    expect(multipliers(decide(engine, 30, START))).toEqual(Array(30).fill(0));
  });
});

describe('an overlay that observes', () => {
  it('sends everything as the host made it, says what it would have sent, and learns as if it acted', () => {
    const modes = (['act', 'observe'] as const).map((mode) => engineWith({ mode }));
    const [acting, observing] = modes as [OptimizationEngine, OptimizationEngine];
    let time = START;
    for (let i = 0; i < 150; i += 1) {
      const both = modes.map((engine) =>
        engine.decide(signal({ time, confidence: (i % 10) / 10, symbol: i % 2 === 0 ? 'X' : 'Y' })),
      );
      const [acted, observed] = both as [Decision, Decision];
      expect(observed).toMatchObject({ multiplier: 1, action: 'execute', intended: acted.multiplier });
      expect(observed.edge).toEqual(acted.edge);
      expect(observed.reasons).toEqual([...acted.reasons, 'OBSERVED']);
      for (const [engine, decision] of modes.map((each, k) => [each, both[k]!] as const)) {
        const given = { id: `o${i}`, entryTime: time, exitTime: time + HOUR, symbol: decision.symbol };
        engine.recordTrade(trade(i % 3 === 0 ? 1 : -1, { ...given, decision }));
      }
      time += 2 * HOUR;
    }
    expect(acting.decide(plain({ time, symbol: 'X' })).multiplier).toBeLessThan(1);
    observing.decide(plain({ time, symbol: 'X' }));
    expect(observing.snapshot().edge).toEqual(acting.snapshot().edge);
    expect(observing.manager.getStatuses()).toEqual(acting.manager.getStatuses());
  });
});

describe('the control arm', () => {
  it("sends a share of the signals at the host's own size, and is not what an operator forbids", () => {
    const { engine, time } = dead({ controlArm: 0.25, explore: false });
    const decisions = Array.from({ length: 400 }, (_, i) =>
      engine.decide(plain({ id: `s${i}`, time: time + i })),
    );
    const arm = decisions.filter(({ reasons }) => reasons.includes('CONTROL_ARM'));
    expect(arm.length).toBeGreaterThan(60);
    expect(arm.length).toBeLessThan(140);
    for (const { multiplier, intended } of arm) expect([multiplier, intended]).toEqual([1, 0]);
    expect(decisions.filter(({ multiplier }) => multiplier === 0)).toHaveLength(400 - arm.length);
    engine.forceStatus(NAME, 'SUSPENDED', { ...AUTHOR, time: time + HOUR });
    const held = Array.from({ length: 50 }, (_, i) =>
      engine.decide(plain({ id: `h${i}`, time: time + 2 * HOUR + i })),
    );
    expect(multipliers(held)).toEqual(Array(50).fill(0));
  });
});

describe('an outcome that is none', () => {
  it('is refused before anything learns it', () => {
    const engine = new OptimizationEngine({}, { shadows: 'given' });
    const decision = engine.decide(plain());
    const before = engine.snapshot();
    const outcome = {
      decision,
      entryTime: START,
      exitTime: START + HOUR,
      entryPrice: 1,
      exitPrice: 1,
    } as const;
    const rest = { risk: 1, rSource: 'stop', rule: 'host', exit: 'stop', pnl: null } as const;
    for (const [r, weight] of [
      [Number.NaN, 1],
      [Number.POSITIVE_INFINITY, 1],
      [1, 0],
      [1, -1],
      [1, Number.NaN],
    ] as const)
      expect(() => engine.recordShadow({ ...outcome, ...rest, r, weight })).toThrow(/TRADE_INVALID/);
    expect(engine.snapshot()).toEqual(before);
  });

  it('is a position that was learned before, and one position in parts is one outcome', () => {
    const engine = engineWith();
    const entry = { positionId: 'p', entryTime: START };
    engine.recordTrade(trade(-1, { ...entry, exitTime: START + HOUR }));
    const once = engine.edge.snapshot();
    engine.recordTrade(trade(-1, { ...entry, exitTime: START + 2 * HOUR }));
    expect(engine.edge.snapshot()).toEqual(once);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), (parts) => {
        const split = engineWith();
        for (let k = 1; k <= parts; k += 1) {
          const part = { size: 1 / parts, openSize: 1 - k / parts, pnl: -10 / parts };
          split.recordTrade(trade(0, { ...entry, exitTime: START + HOUR, ...part }));
        }
        const { theta } = split.edge.expect(NAME, { symbol: 'BTC/USDT' });
        expect(split.edge.labelOf(NAME).outcomes).toBe(1);
        expect(theta).toBeCloseTo(engine.edge.expect(NAME, { symbol: 'BTC/USDT' }).theta, 12);
      }),
      cases(5),
    );
  });
});

/** What can happen, in any order. */
const step = fc.oneof(
  fc.record({
    type: fc.constant('decide' as const),
    strategy: fc.constantFrom('A', 'toString'),
    symbol: fc.constantFrom('X', 'constructor'),
    scalable: fc.boolean(),
    reduceOnly: fc.boolean(),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    type: fc.constant('trade' as const),
    strategy: fc.constantFrom('A', 'toString'),
    symbol: fc.constantFrom('X', 'constructor'),
    regime: cells,
    r: fc.constantFrom(-1, -1, 1.5, 20, 0),
    late: fc.constantFrom(0, 0, 5),
  }),
  fc.record({ type: fc.constant('withdraw' as const) }),
  fc.record({ type: fc.constant('equity' as const), equity: fc.constantFrom(100, 88, 80, 60, -1) }),
  fc.record({
    type: fc.constant('force' as const),
    status: fc.constantFrom('ACTIVE' as const, 'SUSPENDED' as const, 'DEGRADED' as const),
  }),
  fc.record({ type: fc.constant('update' as const) }),
  fc.record({ type: fc.constant('pass' as const), hours: fc.constantFrom(1, 5, 100) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Does a step; time goes on only where a step says so, so that outcomes wait in between. */
function take(engine: OptimizationEngine, each: Step, i: number, time: number): number {
  switch (each.type) {
    case 'decide': {
      const { type: _type, ...given } = each;
      const { multiplier, cap } = engine.decide({ side: 'long', time, id: `s${i}`, ...given });
      expect(multiplier).toBeGreaterThanOrEqual(0);
      expect(multiplier).toBeLessThanOrEqual(cap);
      if (!given.scalable) expect([0, 1]).toContain(multiplier);
      return time;
    }
    case 'trade': {
      const { type: _type, r, late, ...given } = each;
      const exitTime = time - late * HOUR;
      engine.recordTrade(
        trade(r, { id: `t${i}`, positionId: `p${i}`, ...given, entryTime: exitTime - HOUR, exitTime }),
      );
      return time;
    }
    case 'withdraw': {
      const [latest] = engine.getRecentDecisions(1);
      if (latest) engine.withdraw(latest, 'BELOW_MIN');
      return time;
    }
    case 'equity':
      engine.recordEquity({ time, equity: each.equity });
      return time;
    case 'force':
      engine.forceStatus('A', each.status, { ...AUTHOR, time });
      return time;
    case 'update':
      engine.updateOptimization(time);
      return time;
    case 'pass':
      return time + each.hours * HOUR;
  }
}

describe('a state', () => {
  const steps = fc.array(step, { maxLength: 50 });
  const run = (
    engine: OptimizationEngine,
    list: readonly Step[],
    from = { i: 0, time: START + 10 * HOUR },
  ) => {
    let { i, time } = from;
    for (const each of list) {
      time = take(engine, each, i, time);
      i += 1;
    }
    return { i, time };
  };

  it('goes on after a restart as if there had been none, outcomes that wait included', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const options: Options = { hardStop: 0.35 };
        const whole = engineWith(options);
        const from = run(whole, before);
        const restarted = engineWith(options);
        restarted.restore(JSON.parse(JSON.stringify(whole.snapshot())));
        run(whole, after, from);
        run(restarted, after, from);
        expect(restarted.snapshot()).toEqual(whole.snapshot());
      }),
      cases(40),
    );
  });

  it('is rebuilt by its events, bit for bit', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const engine = engineWith();
        const events = recorded(engine);
        run(engine, list);
        const again = engineWith();
        for (const event of events) again.apply(event);
        expect(again.snapshot()).toEqual(engine.snapshot());
      }),
      cases(40),
    );
  });

  it('keeps everything learned under another configuration', () => {
    const { engine, time } = dead({}, 30);
    engine.updateOptimization(time + 1);
    const before = engine.snapshot().edge;
    engine.reconfigure({ evidence: 'guarded' }, { ...AUTHOR, time: time + 2 });
    expect(engine.decide(signal({ time: time + 3 })).edge).toBeNull();
    engine.reconfigure({ preset: 'aggressive', explore: false }, { ...AUTHOR, time: time + 4 });
    expect(engine.snapshot().edge).toEqual(before);
    expect(engine.decide(plain({ time: time + 5 })).edge!.lo).toBe(-0.02);
  });
});
