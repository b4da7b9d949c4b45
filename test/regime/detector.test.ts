import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candle, type Regime, RegimeDetector } from '../../src/index.ts';
import { timeframeMs } from '../../src/model/candle.ts';
import { readCandles } from '../../src/paper/index.ts';
import { detectorStateSchema } from '../../src/regime/detector.ts';
import { regimeProbabilities, trendStrength } from '../../src/regime/probabilities.ts';
import { cases } from '../cases.ts';
import { DATA, HOUR, hasData, START, WITHOUT_DATA, walk } from '../fixtures.ts';
import { regimesByTheBook } from './by-the-book.ts';

const labels = (candles: readonly Candle[], detector = new RegimeDetector()): Regime[] =>
  candles.map((candle) => {
    detector.update('BTC/USDT', '1h', candle);
    return detector.regimeOf('BTC/USDT', candle.time + HOUR);
  });

/** Calm, stormy and trending stretches. */
const stretches = fc
  .array(
    fc.record({
      count: fc.integer({ min: 5, max: 150 }),
      volatility: fc.constantFrom(0.002, 0.005, 0.03),
      drift: fc.constantFrom(-0.004, 0, 0.004),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((rows) => {
    const candles: Candle[] = walk(160, 1);
    rows.forEach((row, i) => {
      const last = candles.at(-1)!;
      candles.push(...walk(row.count, i + 2, { ...row, start: last.time + HOUR, price: last.close }));
    });
    return candles;
  });

describe('regime probabilities', () => {
  it('sum to 1 and stay in [0,1], whatever comes in', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (z, trend) => {
        const p = regimeProbabilities(z, trend);
        expect(p.TRENDING + p.RANGING + p.VOLATILE).toBeCloseTo(1, 12);
        for (const value of Object.values(p)) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('follow their definition', () => {
    expect(trendStrength(40, 0.35)).toBe(1);
    expect(trendStrength(25, 0)).toBeCloseTo(0.25, 12);
    expect(regimeProbabilities(1, 0.5)).toEqual({ VOLATILE: 0.5, TRENDING: 0.25, RANGING: 0.25 });
  });
});

describe('regime of a symbol', () => {
  it('is what the formulas say, bit for bit, on any market', () => {
    fc.assert(
      fc.property(stretches, (candles) => {
        const told = labels(candles).map(({ label, probabilities }) => ({ label, probabilities }));
        expect(told).toEqual(regimesByTheBook(candles, HOUR));
      }),
      cases(30),
    );
  });

  for (const [timeframe, symbol] of [
    ['1h', 'BTC/USDT'],
    ['1h', 'ETH/USDT'],
    ['1h', 'SOL/USDT'],
    ['5m', 'DOGE/USDT'],
  ] as const)
    it.skipIf(!hasData)(
      `is what the formulas say, bit for bit (${hasData ? `real candles of ${symbol}` : WITHOUT_DATA})`,
      async () => {
        const candles = await readCandles(join(DATA, `candles/${timeframe}`), symbol, timeframe);
        const detector = new RegimeDetector({ timeframe });
        const interval = timeframeMs(timeframe);
        const expected = regimesByTheBook(candles, interval);
        const others = candles.filter((candle, i) => {
          detector.update(symbol, timeframe, candle);
          const { label, probabilities } = detector.regimeOf(symbol, candle.time + interval);
          return !isDeepStrictEqual({ label, probabilities }, expected[i]);
        });
        expect(others).toEqual([]);
      },
      60_000,
    );

  it('is one object until the next candle, which nobody can write to', () => {
    const detector = new RegimeDetector();
    const candles = walk(200);
    const before = labels(candles.slice(0, -1), detector).at(-1)!;
    expect(detector.regimeOf('BTC/USDT', candles.at(-1)!.time)).toBe(before);
    const told = JSON.stringify(before);
    labels(candles.slice(-1), detector);
    const after = detector.regimeOf('BTC/USDT', candles.at(-1)!.time);
    expect(after).not.toBe(before);
    expect(JSON.stringify(before)).toBe(told);
    expect(() => Object.assign(after, { label: 'VOLATILE' })).toThrow(TypeError);
    expect(() => Object.assign(after.probabilities!, { VOLATILE: 1 })).toThrow(TypeError);
  });

  it('is UNKNOWN until 100 earlier ranges exist', () => {
    const known = labels(walk(130)).findIndex(({ label }) => label !== 'UNKNOWN');
    // The first range needs 15 candles, the first judged one 100 more.
    expect(known).toBe(114);
  });

  it('changes its label only after a dwell of 8 bars', () => {
    fc.assert(
      fc.property(stretches, (candles) => {
        const all = labels(candles).map(({ label }) => label);
        const switches = all.flatMap((label, i) => (i > 0 && label !== all[i - 1] ? [i] : []));
        switches.slice(1).forEach((at, i) => {
          expect(at - switches[i]!).toBeGreaterThanOrEqual(8);
        });
      }),
      cases(30),
    );
  });

  it('finds trends, storms and calm', () => {
    const calm = walk(300, 4, { volatility: 0.004 });
    const storm = walk(60, 5, {
      volatility: 0.03,
      start: calm.at(-1)!.time + HOUR,
      price: calm.at(-1)!.close,
    });
    expect(labels([...calm, ...storm]).at(-1)!.label).toBe('VOLATILE');
    const trend = walk(60, 6, {
      volatility: 0.003,
      drift: 0.004,
      start: calm.at(-1)!.time + HOUR,
      price: calm.at(-1)!.close,
    });
    expect(labels([...calm, ...trend]).at(-1)).toMatchObject({ label: 'TRENDING', direction: 1 });
  });

  it('does not depend on the unit of price', () => {
    fc.assert(
      fc.property(stretches, fc.double({ min: 1e-4, max: 1e4, noNaN: true }), (candles, k) => {
        const scaled = candles.map((c) => ({
          ...c,
          open: c.open * k,
          high: c.high * k,
          low: c.low * k,
          close: c.close * k,
        }));
        expect(labels(scaled).map(({ label }) => label)).toEqual(labels(candles).map(({ label }) => label));
      }),
      cases(20),
    );
  });

  it('knows nothing of what comes later', () => {
    fc.assert(
      fc.property(stretches, fc.nat(300), fc.double({ min: 0.5, max: 2, noNaN: true }), (candles, at, k) => {
        const changed = candles.map((c, i) =>
          i > at ? { ...c, open: c.open * k, high: c.high * k, low: c.low * k, close: c.close * k } : c,
        );
        expect(labels(changed).slice(0, at + 1)).toEqual(labels(candles).slice(0, at + 1));
      }),
      cases(20),
    );
  });

  it('takes a repeated or older candle for no news', () => {
    const candles = walk(200);
    const once = new RegimeDetector();
    const twice = new RegimeDetector();
    for (const candle of candles) {
      once.update('A', '1h', candle);
      for (const again of [candle, candles[0]!, candle]) twice.update('A', '1h', again);
    }
    expect(twice.snapshot()).toEqual(once.snapshot());
  });

  it('skips and counts what cannot be a candle', () => {
    const detector = new RegimeDetector();
    const [good] = walk(1);
    for (const bad of [
      { high: Number.NaN },
      { close: -1 },
      { high: 1 },
      { low: 1e9 },
      { volume: -1 },
      { time: 1.5 },
    ]) {
      detector.update('A', '1h', { ...good!, time: good!.time + HOUR, ...bad });
    }
    expect(detector.skipped).toBe(6);
    expect(detector.regimeOf('A', START).label).toBe('UNKNOWN');
  });

  it('is never NaN in a flat market, and recovers', () => {
    const flat = Array.from({ length: 300 }, (_, i) => ({
      time: START + i * HOUR,
      open: 100,
      high: 100,
      low: 100,
      close: 100,
      volume: 0,
    }));
    const all = labels([...flat, ...walk(200, 2, { start: START + 300 * HOUR })]);
    for (const { confidence, probabilities } of all) {
      expect(Number.isFinite(confidence)).toBe(true);
      if (probabilities) expect(Object.values(probabilities).every(Number.isFinite)).toBe(true);
    }
    expect(all.at(-1)!.label).not.toBe('UNKNOWN');
  });

  it('calls a market that stopped moving a range', () => {
    const moving = walk(300);
    const still = Array.from({ length: 400 }, (_, i) => {
      const { close } = moving.at(-1)!;
      return { time: START + (300 + i) * HOUR, open: close, high: close, low: close, close, volume: 0 };
    });
    expect(labels([...moving, ...still]).at(-1)!.label).toBe('RANGING');
  });

  it('forgets confirmations across a gap of more than three bars', () => {
    const calm = walk(300, 4, { volatility: 0.004 });
    const storm = (gap: number) => {
      const candles = walk(40, 5, {
        volatility: 0.03,
        start: calm.at(-1)!.time + HOUR,
        price: calm.at(-1)!.close,
      });
      const first =
        labels([...calm, ...candles]).findIndex(({ label }, i) => i >= 300 && label === 'VOLATILE') - 300;
      const shifted = candles.map((candle, i) =>
        i >= first ? { ...candle, time: candle.time + gap * HOUR } : candle,
      );
      return (
        labels([...calm, ...shifted]).findIndex(({ label }, i) => i >= 300 && label === 'VOLATILE') -
        300 -
        first
      );
    };
    expect(storm(3)).toBe(0);
    expect(storm(4)).toBe(2);
  });

  it('is UNKNOWN when its data are older than two intervals', () => {
    const detector = new RegimeDetector();
    const candles = walk(200);
    labels(candles, detector);
    const closed = candles.at(-1)!.time + HOUR;
    expect(detector.regimeOf('BTC/USDT', closed + 2 * HOUR).label).not.toBe('UNKNOWN');
    expect(detector.regimeOf('BTC/USDT', closed + 2 * HOUR + 1).label).toBe('UNKNOWN');
    expect(detector.staleSymbols(closed + 2 * HOUR + 1)).toEqual([{ symbol: 'BTC/USDT', closedAt: closed }]);
  });

  it('ignores candles of another timeframe', () => {
    const detector = new RegimeDetector({ timeframe: '1h' });
    detector.update('A', '5m', walk(1)[0]!);
    expect(detector.getSymbols()).toEqual([]);
  });
});

describe('regime of the market', () => {
  const feedBoth = (first: string, second: string, options = {}) => {
    const detector = new RegimeDetector(options);
    const [a, b] = [walk(200, 1), walk(200, 2, { volatility: 0.02 })];
    a.forEach((candle, i) => {
      for (const name of [first, second]) detector.update(name, '1h', name === 'A' ? candle : b[i]!);
    });
    return detector;
  };
  const NOW = START + 200 * HOUR;

  it('does not depend on the order of symbols at equal times', () => {
    const [ab, ba] = [feedBoth('A', 'B'), feedBoth('B', 'A')];
    expect(ab.marketRegime(NOW)).toEqual(ba.marketRegime(NOW));
    expect(ab.regimeOf('A', NOW)).toEqual(ba.regimeOf('A', NOW));
  });

  it('serves symbols that have none of their own', () => {
    const detector = feedBoth('A', 'B');
    expect(detector.marketRegime(NOW).label).not.toBe('UNKNOWN');
    expect(detector.regimeOf('C', NOW)).toEqual(detector.marketRegime(NOW));
  });

  it('weighs symbols as configured', () => {
    const only = feedBoth('A', 'B', { marketWeights: { B: 0 } }).marketRegime(NOW).probabilities!;
    const alone = new RegimeDetector();
    for (const candle of walk(200, 1)) alone.update('A', '1h', candle);
    for (const [label, p] of Object.entries(alone.marketRegime(NOW).probabilities!))
      expect(only[label as 'RANGING']).toBeCloseTo(p, 12);
  });

  it('is UNKNOWN when every symbol is stale', () => {
    expect(feedBoth('A', 'B').marketRegime(NOW + 24 * HOUR).label).toBe('UNKNOWN');
  });
});

describe('state', () => {
  it('stays a state that can be read back, whatever prices come in', () => {
    const price = fc.oneof(
      fc.double({ noNaN: true }),
      fc.constantFrom(1e300, 1e-300, 1e15, 1e-18, Number.MAX_VALUE, Number.MIN_VALUE),
      fc.double({ min: 90, max: 110, noNaN: true }),
    );
    const bars = fc.array(fc.tuple(price, price, fc.integer({ min: 1, max: 60 })), { maxLength: 20 });
    fc.assert(
      fc.property(bars, (rows) => {
        const detector = new RegimeDetector();
        const all = rows.flatMap(([a, b, count]) => Array<[number, number]>(count).fill([a, b]));
        all.forEach(([open, close], i) => {
          const [low, high] = [Math.min(open, close), Math.max(open, close)];
          detector.update('A', '1h', { time: START + i * HOUR, open, high, low, close, volume: 1 });
        });
        const state = JSON.parse(JSON.stringify(detector.snapshot()));
        expect(detectorStateSchema.parse(state)).toEqual(detector.snapshot());
      }),
      cases(100),
    );
  });

  it('of a market that stands still for good forgets how it moved, not how it usually moves', () => {
    const moving = walk(300);
    const still = Array.from({ length: 12_000 }, (_, i) => {
      const { close } = moving.at(-1)!;
      return { time: START + (300 + i) * HOUR, open: close, high: close, low: close, close, volume: 0 };
    });
    const detector = new RegimeDetector();
    const all = labels([...moving, ...still], detector);
    expect(all.at(-1)).toMatchObject({ label: 'RANGING', atrRate: null });
    const { mean, variance } = detector.snapshot().symbols[0]![1].volatility;
    expect(mean).toBeGreaterThan(Math.log(Number.EPSILON));
    expect(Number.isFinite(variance)).toBe(true);
    const awake = walk(200, 2, { start: still.at(-1)!.time + HOUR, price: still.at(-1)!.close });
    expect(labels(awake, detector).every(({ confidence }) => Number.isFinite(confidence))).toBe(true);
  });

  it('of a symbol is small, and the same size however many candles there were', () => {
    const size = (count: number) => {
      const detector = new RegimeDetector();
      labels(walk(count), detector);
      return JSON.stringify(detector.snapshot()).length;
    };
    expect(size(200)).toBeLessThan(1500);
    expect(Math.abs(size(3000) - size(200))).toBeLessThan(100);
  });

  it('continues from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(stretches, fc.nat(400), (candles, cut) => {
        const whole = new RegimeDetector();
        labels(candles, whole);
        const first = new RegimeDetector();
        labels(candles.slice(0, cut), first);
        const second = new RegimeDetector();
        second.restore(JSON.parse(JSON.stringify(first.snapshot())));
        labels(candles.slice(cut), second);
        expect(JSON.stringify(second.snapshot())).toBe(JSON.stringify(whole.snapshot()));
      }),
      cases(20),
    );
  });
});
