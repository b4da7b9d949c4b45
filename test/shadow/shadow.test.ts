import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle, Decision } from '../../src/index.ts';
import type { ShadowOutcome } from '../../src/model/shadow-outcome.ts';
import { canFollow, openShadow, stepShadow } from '../../src/shadow/shadow.ts';
import { cases } from '../cases.ts';
import { engineWith, HOUR, START, signal, walk } from '../fixtures.ts';

const decided = (changes: Partial<Decision> = {}): Decision => ({
  ...engineWith().decide(signal()),
  action: 'block',
  multiplier: 0,
  atrRate: 0.02,
  plan: { stop: null, target: null, rule: 'barrier', feeRate: 0, slippageRate: 0, size: 2 },
  ...changes,
});
const plan = (changes: Partial<NonNullable<Decision['plan']>>) => ({ ...decided().plan!, ...changes });

const bar = (i: number, open: number, high = open, low = open, close = open): Candle => ({
  time: START + i * HOUR,
  open,
  high,
  low,
  close,
  volume: 1,
});

/** Runs a shadow over candles; the outcome, or null while it is open. */
function run(decision: Decision, candles: readonly Candle[], exitAskedAt?: number): ShadowOutcome | null {
  const shadow = openShadow(decision);
  for (const candle of candles) {
    if (exitAskedAt !== undefined && candle.time >= exitAskedAt) shadow.exitAskedAt = exitAskedAt;
    const outcome = stepShadow(shadow, candle, HOUR);
    if (outcome !== null && outcome !== 'void') return outcome;
  }
  return null;
}

describe('a position that was not taken', () => {
  it('enters at the next open and leaves at 1.5 ATR below or 3 above, the stop first', () => {
    expect(run(decided(), [bar(0, 100), bar(1, 100, 106)])).toMatchObject({
      exit: 'target',
      exitPrice: 106,
      r: 2,
      weight: 0.5,
      pnl: 12,
    });
    expect(run(decided(), [bar(0, 100, 101, 97)])).toMatchObject({ exit: 'stop', exitPrice: 97, r: -1 });
    expect(run(decided(), [bar(0, 100, 107, 96)])).toMatchObject({ exit: 'stop' });
  });

  it('mirrors all of it for a sale', () => {
    const short = decided({ side: 'short' });
    expect(run(short, [bar(0, 100, 100, 94)])).toMatchObject({ exit: 'target', exitPrice: 94, r: 2 });
    expect(run(short, [bar(0, 100, 103)])).toMatchObject({ exit: 'stop', exitPrice: 103, r: -1 });
  });

  it('pays the fees and the slippage of the host', () => {
    const outcome = run(
      decided({ plan: plan({ stop: 95, target: 110, feeRate: 0.001, slippageRate: 0.001 }) }),
      [bar(0, 100, 120)],
    )!;
    const [entry, exit] = [100 * 1.001, 110 * 0.999];
    expect(outcome.r).toBeCloseTo((exit - entry - 0.001 * (entry + exit)) / (entry - 95), 12);
  });

  it('leaves at the open where the market jumped over a barrier', () => {
    expect(run(decided(), [bar(0, 100), bar(1, 90)])).toMatchObject({ exit: 'stop', exitPrice: 90 });
    expect(run(decided(), [bar(0, 100), bar(1, 120)])).toMatchObject({ exit: 'target', exitPrice: 120 });
  });

  it('gives up after 48 bars at the close', () => {
    const flat = Array.from({ length: 60 }, (_, i) => bar(i, 100, 101, 99, 100.5));
    expect(run(decided(), flat)).toMatchObject({
      exit: 'time',
      exitTime: START + 48 * HOUR,
      exitPrice: 100.5,
    });
  });

  it("follows the host's own rule where there is one: no time-out, and out at the open after its exit signal", () => {
    const host = decided({ plan: plan({ stop: 90, rule: 'host' }) });
    const flat = Array.from({ length: 100 }, (_, i) => bar(i, 100 + i, 101 + i, 99 + i));
    expect(run(host, flat)).toBeNull();
    expect(run(host, flat, START + 60 * HOUR)).toMatchObject({
      exit: 'signal',
      exitTime: START + 60 * HOUR,
      exitPrice: 160,
      weight: 1,
      r: 6,
    });
  });

  it("gives a host's rule up that does not end, and counts it as a stand-in then", () => {
    const host = decided({ plan: plan({ stop: 1, rule: 'host' }) });
    const flat = Array.from({ length: 600 }, (_, i) => bar(i, 100));
    expect(run(host, flat)).toMatchObject({
      exit: 'time',
      exitTime: START + 480 * HOUR,
      rule: 'barrier',
      weight: 0.5,
    });
  });

  it('is not taken where the market opens beyond its stop or its target', () => {
    const cases = [
      [{ side: 'long', stop: 95, target: 120 }, 95],
      [{ side: 'long', stop: 95, target: 120 }, 60],
      [{ side: 'long', stop: 95, target: 120 }, 120],
      [{ side: 'short', stop: 105, target: 80 }, 105],
      [{ side: 'short', stop: 105, target: 80 }, 140],
      [{ side: 'short', stop: 105, target: 80 }, 79],
    ] as const;
    for (const [{ side, stop, target }, open] of cases) {
      for (const rule of ['host', 'barrier'] as const) {
        const shadow = openShadow(decided({ side, plan: plan({ stop, target, rule }) }));
        expect(stepShadow(shadow, bar(0, open), HOUR)).toBe('void');
      }
    }
    const slipped = openShadow(decided({ plan: plan({ stop: 95, target: 100.1, slippageRate: 0.001 }) }));
    expect(stepShadow(slipped, bar(0, 100), HOUR)).toBe('void');
  });

  it('risks at least a tenth of an ATR, and says so where its stop is nearer', () => {
    const near = decided({ plan: plan({ stop: 99.99, target: 110 }) });
    expect(run(near, [bar(0, 100, 111, 100)])).toMatchObject({ r: 50, risk: 0.2, rSource: 'floor' });
    expect(run(near, [bar(0, 100, 100, 99)])).toMatchObject({
      exit: 'stop',
      r: expect.closeTo(-0.05, 9),
      rSource: 'floor',
    });
    const wide = decided({ plan: plan({ stop: 99.8, target: 110 }) });
    expect(run(wide, [bar(0, 100, 111, 100)])).toMatchObject({
      risk: expect.closeTo(0.2, 9),
      rSource: 'stop',
    });
    expect(run(decided(), [bar(0, 100, 107)])).toMatchObject({ rSource: 'atr' });
    const unknown = decided({ atrRate: null, plan: plan({ stop: 99.99, target: 100.01 }) });
    expect(run(unknown, [bar(0, 100, 101, 100)])).toMatchObject({ rSource: 'stop' });
  });

  it('takes no candle from before the decision, none twice, and none out of order', () => {
    const late = decided({ time: START + 2 * HOUR });
    expect(
      run(late, [bar(0, 1), bar(1, 1000), bar(2, 100), bar(1, 50), bar(2, 200), bar(3, 106)]),
    ).toMatchObject({
      entryPrice: 100,
      exitPrice: 106,
    });
  });

  it('cannot be followed without knowing one R', () => {
    expect(canFollow(decided({ atrRate: null }))).toBe(false);
    expect(canFollow(decided({ atrRate: null, plan: plan({ stop: 95 }) }))).toBe(true);
    expect(canFollow(decided({ plan: null }))).toBe(false);
  });

  it('loses at most its stop without gaps, and R does not depend on the unit of price', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.constantFrom('long', 'short'), (seed, side) => {
        const candles = walk(120, seed);
        const outcome = run(decided({ side: side as 'long' }), candles);
        const scaled = run(
          decided({ side: side as 'long' }),
          candles.map(({ time, open, high, low, close, volume }) => ({
            time,
            open: 7 * open,
            high: 7 * high,
            low: 7 * low,
            close: 7 * close,
            volume,
          })),
        );
        expect(outcome?.r ?? 0).toBeGreaterThanOrEqual(-1 - 1e-9);
        expect(scaled?.r ?? 0).toBeCloseTo(outcome?.r ?? 0, 9);
      }),
      cases(200),
    );
  });
});
