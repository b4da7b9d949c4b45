import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AdaptiveWeightingOptimizer,
  EdgePosterior,
  type EngineEvent,
  OptimizationEngine,
  OptimizationMonitor,
  type Options,
  PerformanceDecomposer,
  RegimeDetector,
  SignalQualityScorer,
  StrategyRetirementManager,
} from '../../src/index.ts';
import { cases } from '../cases.ts';
import { feed, HOUR, START, signal, VIEWS, walk } from '../fixtures.ts';
import { call, callsOf, doorsOf } from '../hostile.ts';

const EVIDENCE: readonly Options[] = [
  {},
  { evidence: 'guarded', weighting: 'hedge' },
  { evidence: 'literal' },
];

/** What is saved is what is read back. */
function expectReadable(engine: OptimizationEngine): void {
  const saved = engine.snapshot();
  const restored = new OptimizationEngine(engine.options);
  restored.restore(JSON.parse(JSON.stringify(saved)));
  expect(restored.snapshot()).toEqual(saved);
}

/** What happened, as a journal has it, leads to the same state. */
function expectRepeatable(engine: OptimizationEngine, options: Options, events: readonly string[]): void {
  const repeated = new OptimizationEngine(options);
  for (const event of events) repeated.apply(JSON.parse(event));
  expect(repeated.snapshot()).toEqual(engine.snapshot());
}

const EFFECTS: readonly EngineEvent['type'][] = ['error', 'weight', 'status', 'shadow'];

describe('hostile input', () => {
  const doors = doorsOf(new OptimizationEngine());
  // These lead around the journal: they are how a state is rebuilt from it.
  const rebuilding = ['restore', 'apply', 'learnPast', 'recordShadow'];

  it.each(EVIDENCE)(
    'to any door of an engine that runs on %o is a coded error, or a state that can be read',
    (options) => {
      let [taken, refused] = [0, 0];
      fc.assert(
        fc.property(callsOf(doors), (calls) => {
          const engine = new OptimizationEngine(options);
          for (const each of calls) {
            if (call(engine, each)) taken += 1;
            else refused += 1;
          }
          expectReadable(engine);
        }),
        cases(300),
      );
      expect(Math.min(taken, refused)).toBeGreaterThan(800);
    },
  );

  it.each(EVIDENCE)('to an engine that runs on %o is journaled as it was taken', (options) => {
    const journaled = doors.filter((door) => !rebuilding.includes(door));
    fc.assert(
      fc.property(callsOf(journaled), (calls) => {
        const engine = new OptimizationEngine(options);
        const events: string[] = [];
        engine.subscribe((event) => {
          if (!EFFECTS.includes(event.type)) events.push(JSON.stringify(event));
        });
        for (const each of calls) call(engine, each);
        expectRepeatable(engine, options, events);
      }),
      cases(350),
    );
  });

  it('to decide is a decision', () => {
    const engine = new OptimizationEngine();
    fc.assert(
      fc.property(callsOf(['decide'], 1), ([each]) => {
        expect(call(engine, each!)).toBe(true);
      }),
      cases(1000),
    );
    expectReadable(engine);
  });

  it.each(VIEWS)('to the view of the %s is a coded error, or a state that can be read', (name) => {
    fc.assert(
      fc.property(callsOf(doorsOf(new OptimizationEngine()[name])), (calls) => {
        const engine = new OptimizationEngine({ evidence: 'guarded' });
        for (const each of calls) call(engine[name], each);
        expectReadable(engine);
      }),
      cases(200),
    );
  });

  it.each([
    ['PerformanceDecomposer', () => new PerformanceDecomposer()],
    ['AdaptiveWeightingOptimizer', () => new AdaptiveWeightingOptimizer({ A: 1 }, { method: 'hedge' })],
    ['SignalQualityScorer', () => new SignalQualityScorer()],
    ['StrategyRetirementManager', () => new StrategyRetirementManager()],
    ['RegimeDetector', () => new RegimeDetector()],
    ['EdgePosterior', () => new EdgePosterior()],
  ] as const)('to a %s that stands alone is a coded error, or a state that can be read', (_name, make) => {
    fc.assert(
      fc.property(callsOf(doorsOf(make())), (calls) => {
        const component = make();
        for (const each of calls) call(component, each);
        const saved = component.snapshot();
        const restored = make();
        restored.restore(JSON.parse(JSON.stringify(saved)) as never);
        expect(restored.snapshot()).toEqual(saved);
      }),
      cases(350),
    );
  });

  it('to a monitor is a coded error', () => {
    const engine = new OptimizationEngine();
    feed(engine, [1, -1, 1]);
    const monitor = new OptimizationMonitor(engine);
    fc.assert(
      fc.property(callsOf(doorsOf(monitor), 5), (calls) => {
        for (const each of calls) call(monitor, each);
      }),
      cases(200),
    );
  });

  it('in a snapshot is refused and changes nothing, or is read as it says', () => {
    const whole = new OptimizationEngine({ evidence: 'guarded' });
    const now = feed(whole, [1, -1, 2, -1]);
    for (const candle of walk(150)) whole.recordCandle('BTC/USDT', '1h', candle);
    whole.decide(signal({ time: now }));
    whole.updateOptimization(now + HOUR);
    const sound = JSON.stringify(whole.snapshot());
    const spoil = (value: unknown, path: readonly number[], by: unknown): void => {
      let at = value as Record<string, unknown>;
      for (const step of path) {
        const keys = Object.keys(at);
        const key = keys[step % keys.length];
        if (key === undefined) return;
        if (typeof at[key] !== 'object' || at[key] === null) {
          at[key] = by;
          return;
        }
        at = at[key] as Record<string, unknown>;
      }
    };
    const values = fc.constantFrom<unknown>(null, -1, 1e300, 'x', '__proto__', {}, [], true, Number.NaN, 10n);
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 8, maxLength: 8 }), values, (path, by) => {
        const snapshot = JSON.parse(sound);
        spoil(snapshot, path, by);
        const engine = new OptimizationEngine({ evidence: 'guarded' });
        const fresh = engine.snapshot();
        const taken = call({ restore: () => engine.restore(snapshot) }, { method: 'restore', args: [] });
        if (taken) expectReadable(engine);
        else expect(engine.snapshot()).toEqual(fresh);
      }),
      cases(500),
    );
    expect(START).toBeGreaterThan(0);
  });
});
