import { describe, expect, it } from 'vitest';
import { IndicatorStreams, REBUILD } from '../../src/regime/indicators.ts';
import { walk } from '../fixtures.ts';

const flat = { high: 100, low: 100, close: 100 };

describe('indicator streams', () => {
  it("equal Wilder's definitions", () => {
    const candles = walk(200, 3);
    const streams = new IndicatorStreams();
    const last = candles.map((candle) => streams.next(candle)).at(-1)!;

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
    expect(last.risingDi).toBe(plus.at(-1)! >= minus.at(-1)!);
  });

  it('call ADX 0 in a flat market, and recover at the first candles that move', () => {
    const streams = new IndicatorStreams();
    for (let i = 0; i < 400; i += 1) {
      const { adx } = streams.next(flat);
      expect(adx === null || adx === 0).toBe(true);
    }
    const after = walk(60, 5, { price: 100 }).map((candle) => streams.next(candle).adx);
    expect(after.every((adx) => adx === null || Number.isFinite(adx))).toBe(true);
    expect(after.at(-1)).toBeGreaterThan(0);
  });

  it('keep ADX through a rebuild whose first bars are flat', () => {
    const candles = [...walk(300, 1), ...Array(30).fill(flat), ...walk(500, 2)];
    const streams = new IndicatorStreams();
    const adx = candles.map((candle) => streams.next(candle).adx);
    // The rebuild falls on bar 600, 270 bars after the market woke up.
    expect(adx[600]).not.toBeNull();
    expect(Math.abs(adx[600]! - adx[599]!)).toBeLessThan(3);
  });

  it('are the same after a restart from their bars, through a rebuild and a flat spell', () => {
    const candles = [...walk(500, 1), ...Array(350).fill(flat), ...walk(500, 2)];
    const whole = new IndicatorStreams();
    let restarted = new IndicatorStreams();
    candles.forEach((candle, i) => {
      const expected = whole.next(candle);
      if (i % 37 === 0) restarted = new IndicatorStreams(restarted.bars, restarted.adxFrom);
      expect(restarted.next(candle)).toEqual(expected);
    });
  });

  it('remember a bounded number of bars, and lose nothing that matters', () => {
    const candles = walk(5 * REBUILD, 9);
    const bounded = new IndicatorStreams();
    const last = candles.map((candle) => bounded.next(candle)).at(-1)!;
    expect(bounded.bars.length).toBeLessThanOrEqual(2 * REBUILD);
    const shorter = new IndicatorStreams();
    const fresh = candles
      .slice(-REBUILD)
      .map((candle) => shorter.next(candle))
      .at(-1)!;
    expect(last.atr! / fresh.atr!).toBeCloseTo(1, 6);
    expect(last.adx! / fresh.adx!).toBeCloseTo(1, 5);
  });
});
