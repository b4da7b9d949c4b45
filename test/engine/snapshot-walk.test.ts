import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePiece } from '../../src/engine/snapshot.ts';
import type { OptimizationEngine } from '../../src/index.ts';
import { cases } from '../cases.ts';
import {
  AUTHOR,
  cells,
  engineWith,
  HOUR,
  names,
  rMultiples,
  rulesWith,
  START,
  signal,
  symbols,
  trade,
} from '../fixtures.ts';

type Event = (engine: OptimizationEngine, i: number) => void;

const time = (i: number) => START + i * HOUR;
const events = fc.oneof(
  fc.record({ strategy: names, symbol: symbols, r: rMultiples, regime: cells }).map(
    ({ r, ...where }): Event =>
      (engine, i) =>
        void engine.recordTrade(trade(r, { ...where, id: `t${i}`, exitTime: time(i) })),
  ),
  fc.record({ strategy: names, symbol: symbols, confidence: fc.double({ min: 0, max: 1, noNaN: true }) }).map(
    (what): Event =>
      (engine, i) => {
        const decision = engine.decide(signal({ ...what, id: `s${i}`, time: time(i), stop: 90 }));
        if (i % 5 === 0) engine.withdraw(decision, 'BELOW_MIN');
      },
  ),
  symbols.map(
    (symbol): Event =>
      (engine, i) => {
        const price = 100 + (i % 7);
        const candle = {
          time: time(i),
          open: price,
          high: price + 9,
          low: price - 9,
          close: price,
          volume: 1,
        };
        engine.recordCandle(symbol, '1h', candle);
      },
  ),
  fc.record({ strategy: names, symbol: symbols }).map(
    (where): Event =>
      (engine, i) =>
        engine.recordExitSignal({ ...where, time: time(i) }),
  ),
);

/** What a walk wrote, read by an engine that knows nothing. */
function restored(head: string, pieces: readonly { section: string; items: string }[]): OptimizationEngine {
  const engine = engineWith();
  engine.restore(JSON.parse(head));
  for (const { section, items } of pieces) engine.take(parsePiece(section, JSON.parse(items)));
  return engine;
}

describe('a snapshot that is written in pieces', () => {
  it('is the state as it was when it began, whatever happens between the pieces', () => {
    fc.assert(
      fc.property(
        fc.array(events, { minLength: 5, maxLength: 60 }),
        fc.array(events, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(engineWith, rulesWith),
        fc.integer({ min: 1, max: 3000 }),
        (before, between, make, pieceLength) => {
          const engine = make();
          for (const [i, event] of before.entries()) event(engine, i);
          const whole = JSON.stringify(engine.snapshot());
          const walk = engine.walk(pieceLength);
          const pieces: { section: string; items: string }[] = [];
          for (let i = 0; ; i += 1) {
            between[i % between.length]!(engine, before.length + i);
            const piece = walk.next();
            if (piece === null) break;
            pieces.push(piece);
          }
          expect(walk.isBroken).toBe(false);
          const read = JSON.stringify(restored(walk.head, pieces).snapshot());
          expect(JSON.parse(read)).toEqual(JSON.parse(whole));
          expect(read).toBe(whole);
        },
      ),
      cases(60),
    );
  });

  it.each([
    ['a command', (engine: OptimizationEngine) => engine.setFlags({ enabled: false }, AUTHOR)],
    ['an update', (engine: OptimizationEngine) => void engine.updateOptimization(START + 999 * HOUR)],
    ['another configuration', (engine: OptimizationEngine) => engine.reconfigure({ minWeight: 0.2 }, AUTHOR)],
    ['another walk', (engine: OptimizationEngine) => void engine.walk()],
  ])('is broken by %s, and says so', (_, change) => {
    const engine = engineWith();
    for (let i = 0; i < 20; i += 1) engine.recordTrade(trade(1, { id: `t${i}` }));
    const walk = engine.walk(1);
    walk.next();
    change(engine);
    expect(walk.isBroken).toBe(true);
    expect(walk.next()).toBeNull();
  });

  it('refuses a piece that is none, and says which', () => {
    for (const [section, items] of [
      ['nowhere', []],
      ['__proto__', []],
      ['manager.strategies', [['a', {}]]],
      ['counts', 'x'],
    ] as const)
      expect(() => parsePiece(section, items)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }));
  });
});
