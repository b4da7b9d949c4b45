import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Command, EdgekeeperError, OptimizationEngine, type TradeInput } from '../../src/index.ts';
import { cases } from '../cases.ts';
import { START } from '../fixtures.ts';

const nonsense = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constantFrom(
    undefined,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    1e300,
    '__proto__',
    'constructor',
    [],
    {},
  ),
);
const sane: TradeInput = {
  id: 'x',
  strategy: 's',
  symbol: 'A/B',
  side: 'long',
  entryTime: START,
  exitTime: START + 1,
  pnl: 1,
  size: 1,
  entryPrice: 100,
  exitPrice: 101,
  fees: 0.1,
  stop: 90,
  stopRate: 0.1,
  atrRate: 0.01,
  returnRate: 0.01,
  equityAtEntry: 1000,
  lowestPrice: 95,
  highestPrice: 110,
  regime: 'RANGING',
};
const hostileTrades = fc
  .dictionary(fc.constantFrom(...Object.keys(sane), 'decision', '__proto__'), nonsense, { maxKeys: 3 })
  .map((changes) => ({ ...sane, ...changes }) as never as TradeInput);

describe('hostile input', () => {
  it('to recordTrade is a coded error that changes nothing, or leaves a state that can be saved and restored', () => {
    const engine = new OptimizationEngine();
    let [refused, taken] = [0, 0];
    fc.assert(
      fc.property(hostileTrades, (input) => {
        const before = engine.decomposer.getPortfolioPerformance().trades;
        try {
          if (engine.recordTrade({ ...input, id: `${String(input.id)}-${refused + taken}` })) taken += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(EdgekeeperError);
          expect(engine.decomposer.getPortfolioPerformance().trades).toBe(before);
          refused += 1;
        }
      }),
      cases(10_000),
    );
    expect(Math.min(refused, taken)).toBeGreaterThan(1000);
    const saved = JSON.stringify(engine.snapshot());
    const restored = new OptimizationEngine();
    restored.restore(JSON.parse(saved));
    expect(JSON.stringify(restored.snapshot())).toBe(saved);
  });

  it('to every other entrance is a coded error or a state that can be restored', () => {
    const engine = new OptimizationEngine();
    const commands = fc.record({
      type: fc.oneof(
        fc.constantFrom('setFlags', 'forceStatus', 'reset', 'setWeights', 'rebasePeak'),
        nonsense,
      ),
      time: fc.oneof(fc.constant(START), nonsense),
      actor: fc.oneof(fc.constant('a'), nonsense),
      reason: fc.oneof(fc.constant('r'), nonsense),
      flags: nonsense,
      strategy: nonsense,
      status: fc.oneof(fc.constantFrom('ACTIVE', 'SUSPENDED'), nonsense),
      target: nonsense,
      weights: nonsense,
      pinForHours: nonsense,
      id: nonsense,
    });
    const attempts: ((x: never) => unknown)[] = [
      (x) => engine.execute(x as Command),
      (x) => engine.recordEquity({ time: START, equity: x }),
      (x) => engine.recordEquity(x),
      (x) => engine.recordCandle('A/B', '1h', x),
      (x) => engine.updateOptimization(x),
      (x) => engine.decide(x),
      (x) => engine.reconfigure(x, { time: START, actor: 'a', reason: 'r' }),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...attempts), fc.oneof(nonsense, commands), (attempt, input) => {
        try {
          attempt(input as never);
        } catch (error) {
          if (!(error instanceof EdgekeeperError)) throw error;
        }
      }),
      cases(5000),
    );
    new OptimizationEngine().restore(JSON.parse(JSON.stringify(engine.snapshot())));
  });
});
