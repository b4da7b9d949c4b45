import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InputEvent, OptimizationEngine, OptimizationMonitor } from '../../src/index.ts';
import { MAX_SKEW } from '../../src/model/time.ts';
import { AUTHOR, HOUR, START, signal, trade, walk } from '../fixtures.ts';

/** An engine whose host's clock stands at `clock.time`. */
function clocked(clock: { time: number }) {
  const engine = new OptimizationEngine({ baseWeights: { EMA_Trend: 1 } }, { now: () => clock.time });
  const events: InputEvent[] = [];
  engine.subscribe((event) => {
    const { type } = event;
    if (type !== 'error' && type !== 'weight' && type !== 'status' && type !== 'shadow') events.push(event);
  });
  return { engine, events };
}

const YEAR = 365 * 24 * HOUR;
const place = { strategy: 'EMA_Trend', symbol: 'BTC/USDT' };
const AT = {
  equity: (engine: OptimizationEngine, time: number) => engine.recordEquity({ time, equity: 100 }),
  update: (engine: OptimizationEngine, time: number) => engine.updateOptimization(time),
  trade: (engine: OptimizationEngine, time: number) =>
    engine.recordTrade(trade(1, { entryTime: START - HOUR, exitTime: time })),
  'exit signal': (engine: OptimizationEngine, time: number) => engine.recordExitSignal({ ...place, time }),
  'unjudged entry': (engine: OptimizationEngine, time: number) =>
    engine.recordUnjudged({ ...place, time, reason: 'FILL_UNKNOWN' }),
  'unknown exit': (engine: OptimizationEngine, time: number) =>
    engine.recordUnknownExit({ ...place, time, positionId: 'p', size: 1 }),
  command: (engine: OptimizationEngine, time: number) => engine.rebasePeak({ ...AUTHOR, time }),
  configuration: (engine: OptimizationEngine, time: number) => engine.reconfigure({}, { ...AUTHOR, time }),
} as const;
type What = keyof typeof AT;
const WHATS = Object.keys(AT) as What[];

describe('a time ahead of the clock', () => {
  it.each(WHATS)('is refused of an %s, with what may be wrong, and changes nothing', (what) => {
    const { engine, events } = clocked({ time: START });
    const before = engine.snapshot();
    expect(() => AT[what](engine, START + YEAR)).toThrow(
      /^TIME_AHEAD: found .*31536000 s ahead.*at most 300 s.*seconds.*clock/,
    );
    expect(engine.snapshot()).toEqual(before);
    expect(events).toEqual([]);
    expect(engine.getOptimizationStatus().errors).toEqual({ TIME_AHEAD: 1 });
    AT[what](engine, START + MAX_SKEW);
    expect(engine.time).toBe(START + MAX_SKEW);
  });

  it('is no candle: it is skipped and counted', () => {
    const { engine } = clocked({ time: START });
    const before = engine.snapshot();
    const [candle] = walk(1, 1, { start: START + YEAR });
    engine.recordCandle('BTC/USDT', '1h', candle!);
    expect(engine.snapshot()).toEqual(before);
    expect(engine.getOptimizationStatus().errors).toEqual({ TIME_AHEAD: 1 });
  });

  it('makes a signal neutral: it is sent at its base weight and moves no time', () => {
    const { engine, events } = clocked({ time: START });
    engine.updateOptimization(START);
    const decision = engine.decide(signal({ time: START + YEAR, id: 'x' }));
    expect(decision).toMatchObject({
      action: 'execute',
      multiplier: 1,
      reasons: ['TIME_AHEAD'],
      time: START,
    });
    expect(engine.time).toBe(START);
    expect(engine.getCoverage().judged).toBe(0);
    expect(engine.decide(signal({ time: START, id: 'y' })).reasons).not.toContain('TIME_AHEAD');
    const rebuilt = new OptimizationEngine({ baseWeights: { EMA_Trend: 1 } });
    for (const event of events) rebuilt.apply(JSON.parse(JSON.stringify(event)));
    expect(rebuilt.snapshot()).toEqual(engine.snapshot());
  });

  it('raises one alert that says what to look at', () => {
    const { engine } = clocked({ time: START });
    for (let i = 0; i < 3; i += 1) engine.decide(signal({ time: START + YEAR }));
    const alerts = new OptimizationMonitor(engine).getAlerts();
    expect(alerts.filter(({ about }) => about === 'TIME_AHEAD')).toEqual([]);
    expect(alerts[0]).toMatchObject({
      level: 'warning',
      code: 'TIME_AHEAD',
      message: expect.stringMatching(/3 .*clock/),
    });
  });

  it('is refused of nothing where there is no clock, as in a replay', () => {
    const engine = new OptimizationEngine();
    for (const what of WHATS) AT[what](engine, START + YEAR);
    expect(engine.time).toBe(START + YEAR);
  });

  it('is refused of no event that the record holds: a clock that was set back loses nothing', () => {
    const { engine, events } = clocked({ time: START + YEAR });
    for (const what of WHATS) AT[what](engine, START + YEAR);
    const late = clocked({ time: START });
    for (const event of events) late.engine.apply(event);
    expect(late.engine.snapshot()).toEqual(engine.snapshot());
    // What an operator commands then is no further ahead than the state.
    late.engine.setFlags({ enabled: false }, { ...AUTHOR, time: late.engine.time });
    expect(late.engine.flags.enabled).toBe(false);
  });

  it('never gets into the state, however the clock steps', () => {
    const steps = fc.array(
      fc.record({
        step: fc.oneof(
          fc.integer({ min: -2 * HOUR, max: 2 * HOUR }),
          fc.constantFrom(-YEAR, YEAR, 0, 1, MAX_SKEW),
        ),
        ahead: fc.oneof(
          fc.integer({ min: -HOUR, max: 2 * MAX_SKEW }),
          fc.constantFrom(0, MAX_SKEW, MAX_SKEW + 1, YEAR),
        ),
        what: fc.constantFrom(...WHATS, 'signal' as const),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (rows) => {
        const clock = { time: START + 2 * YEAR };
        const { engine, events } = clocked(clock);
        let latest = 0;
        for (const { step, ahead, what } of rows) {
          clock.time = Math.max(START, clock.time + step);
          const time = clock.time + ahead;
          const limit = Math.max(latest, clock.time + MAX_SKEW);
          const before = engine.snapshot();
          if (what === 'signal') {
            const refused = engine.decide(signal({ time })).reasons.includes('TIME_AHEAD');
            expect(refused).toBe(time > limit);
            if (!refused) latest = Math.max(latest, time);
          } else if (time > limit) {
            expect(() => AT[what](engine, time)).toThrow(/TIME_AHEAD/);
            expect(engine.snapshot()).toEqual(before);
          } else {
            AT[what](engine, time);
            if (engine.time > latest) latest = engine.time;
          }
          expect(engine.time).toBeLessThanOrEqual(limit);
        }
        const rebuilt = new OptimizationEngine({ baseWeights: { EMA_Trend: 1 } }, { now: () => 0 });
        for (const event of events) rebuilt.apply(JSON.parse(JSON.stringify(event)));
        expect(JSON.stringify(rebuilt.snapshot())).toBe(JSON.stringify(engine.snapshot()));
      }),
    );
  });
});
