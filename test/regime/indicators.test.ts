import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adxOf, isRising } from '../../src/regime/directional-movement.ts';
import {
  atrOf,
  emaOf,
  type Indicators,
  indicatorsOf,
  startIndicators,
  stepIndicators,
} from '../../src/regime/indicators.ts';
import type { Bar } from '../../src/regime/true-range.ts';
import { cases } from '../cases.ts';
import { walk } from '../fixtures.ts';
import { indicatorsByTheBook } from './by-the-book.ts';

const flat: Bar = { high: 100, low: 100, close: 100 };

const valuesOf = (state: Indicators) => ({
  atr: atrOf(state),
  ema: emaOf(state),
  adx: adxOf(state.directional),
});

/** What the indicators are after each of the bars. */
function along(bars: readonly Bar[], state = startIndicators()) {
  return bars.map((bar) => {
    stepIndicators(state, bar);
    return valuesOf(state);
  });
}

/** Markets that walk, stand still, or draw in from one bar to the next, in any order. */
const markets = fc
  .array(
    fc.record({
      kind: fc.constantFrom('walk', 'walk', 'still', 'inside'),
      count: fc.integer({ min: 1, max: 80 }),
      seed: fc.integer({ min: 1, max: 1000 }),
      volatility: fc.constantFrom(1e-4, 0.005, 0.05),
      price: fc.constantFrom(1e-9, 0.3, 100, 1e9),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((rows) =>
    rows.flatMap(({ kind, count, seed, volatility, price }): Bar[] => {
      if (kind === 'walk') return walk(count, seed, { volatility, price });
      return Array.from({ length: count }, (_, i) => {
        const reach = kind === 'still' ? 0 : volatility / (i + 1);
        return { high: price * (1 + reach), low: price * (1 - reach), close: price };
      });
    }),
  );

describe('indicators', () => {
  it("equal Wilder's definitions", () => {
    const candles = walk(200, 3);
    const state = startIndicators();
    const last = along(candles, state).at(-1)!;

    const ranges: number[] = [];
    const [up, down]: [number[], number[]] = [[], []];
    for (let i = 1; i < candles.length; i += 1) {
      const [now, before] = [candles[i]!, candles[i - 1]!];
      ranges.push(
        Math.max(now.high - now.low, Math.abs(now.high - before.close), Math.abs(now.low - before.close)),
      );
      const [rise, fall] = [now.high - before.high, before.low - now.low];
      up.push(rise > fall && rise > 0 ? rise : 0);
      down.push(fall > rise && fall > 0 ? fall : 0);
    }
    const smooth = (values: number[]): number[] => {
      const sums = [values.slice(0, 14).reduce((a, b) => a + b, 0)];
      for (const value of values.slice(14)) sums.push(sums.at(-1)! - sums.at(-1)! / 14 + value);
      return sums;
    };
    const [tr, plus, minus] = [smooth(ranges), smooth(up), smooth(down)];
    const dx = tr.map((_, i) => (100 * Math.abs(plus[i]! - minus[i]!)) / (plus[i]! + minus[i]!));
    let adx = dx.slice(0, 14).reduce((a, b) => a + b, 0) / 14;
    for (const value of dx.slice(14)) adx = (13 * adx + value) / 14;

    expect(last.atr).toBeCloseTo(tr.at(-1)! / 14, 9);
    expect(last.adx).toBeCloseTo(adx, 9);
    expect(isRising(state.directional)).toBe(plus.at(-1)! >= minus.at(-1)!);
  });

  it('are bit for bit those of technicalindicators, on any market', () => {
    fc.assert(
      fc.property(markets, (bars) => {
        expect(along(bars)).toEqual(indicatorsByTheBook(bars));
      }),
      cases(60),
    );
  });

  it('call ADX 0 in a flat market, and recover at the first candles that move', () => {
    const state = startIndicators();
    const still = along(Array(400).fill(flat), state);
    expect(still.every(({ adx }) => adx === null || adx === 0)).toBe(true);
    expect(still.at(-1)!.adx).toBe(0);
    const after = along(walk(60, 5, { price: 100 }), state).map(({ adx }) => adx);
    expect(after.every((adx) => adx === null || Number.isFinite(adx))).toBe(true);
    expect(after.at(-1)).toBeGreaterThan(0);
  });

  it('go on bit for bit from what was written of them, at any bar', () => {
    fc.assert(
      fc.property(markets, fc.integer({ min: 1, max: 50 }), (bars, every) => {
        let restarted = startIndicators();
        const values = bars.map((bar, i) => {
          if (i % every === 0) restarted = JSON.parse(JSON.stringify(restarted));
          stepIndicators(restarted, bar);
          return valuesOf(restarted);
        });
        expect(values).toEqual(along(bars));
      }),
      cases(30),
    );
  });

  it('are what they were before where they go on from the 300 bars that version 5 kept', () => {
    const spell = Array(30).fill(flat);
    for (const [bars, from] of [
      [walk(900, 9), 0],
      [[...Array(300).fill(flat), ...walk(600, 2)], 299],
      [[...walk(300, 1), ...spell, ...walk(570, 2)], 0],
    ] as const) {
      const kept = bars.slice(-300);
      const { atr, ema, adx } = along(bars).at(-1)!;
      const { directional, ...rest } = indicatorsOf(kept, Math.max(0, from - 600));
      expect(rest.atr / atr!).toBeCloseTo(1, 6);
      expect(rest.ema / ema!).toBeCloseTo(1, 9);
      expect(directional.adx / adx!).toBeCloseTo(1, 5);
    }
    const bars = [...Array(40).fill(flat), ...walk(200, 2)];
    expect(indicatorsOf(bars, 39).directional.adx).toBe(along(bars).at(-1)!.adx);
  });
});
