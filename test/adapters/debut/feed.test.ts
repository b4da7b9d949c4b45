import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CandleAggregator } from '../../../adapters/debut/aggregate.ts';
import { OptimizationEngine } from '../../../src/index.ts';
import { AUTHOR, engineWith, HOUR, START, walk } from '../../fixtures.ts';
import { debutBot, type FakeCandle } from './host.ts';

const MINUTE = 60_000;

const asFake = ({ time, open, high, low, close, volume }: ReturnType<typeof walk>[number]): FakeCandle => ({
  time,
  o: open,
  h: high,
  l: low,
  c: close,
  v: volume,
});

/** The walk of hourly candles on another interval. */
const onInterval = (count: number, interval: number, seed = 1): FakeCandle[] =>
  walk(count, seed).map((candle, i) => asFake({ ...candle, time: START + i * interval }));

describe('candles of a Debut bot', () => {
  it.each([
    ['5min', 12],
    ['15min', 4],
    ['1h', 1],
  ])('on %s become those of an engine that it shares', async (interval, parts) => {
    const engine = new OptimizationEngine({ timeframe: '1h' });
    const expected = new OptimizationEngine({ timeframe: '1h' });
    const { bot } = debutBot({}, { engine });
    bot.opts.interval = interval;
    const candles = onInterval(parts * 200, HOUR / parts);
    for (const candle of candles) await bot.candle(candle);
    for (let i = 0; i < candles.length; i += parts) {
      const all = candles.slice(i, i + parts);
      expected.recordCandle('BTCUSDT', '1h', {
        time: all[0]!.time,
        open: all[0]!.o,
        high: Math.max(...all.map(({ h }) => h)),
        low: Math.min(...all.map(({ l }) => l)),
        close: all.at(-1)!.c,
        volume: all.reduce((sum, { v }) => sum + v, 0),
      });
    }
    expect(engine.detector.snapshot()).toEqual(expected.detector.snapshot());
    expect(engine.detector.regimeOf('BTCUSDT', candles.at(-1)!.time).label).not.toBe('UNKNOWN');
  });

  it('that are coarser than those of the engine it shares are refused as soon as that is known', async () => {
    const engine = () => new OptimizationEngine({ timeframe: '1h' });
    const refused = { code: 'CONFIG_INVALID', found: expect.stringContaining('"4h"') };
    expect(() => debutBot({ interval: '4h' } as never, { engine: engine() })).toThrow(
      expect.objectContaining(refused),
    );
    expect(() =>
      debutBot({ interval: '4h', edgekeeper: false } as never, { engine: engine() }),
    ).not.toThrow();
    const { bot, plugin } = debutBot({}, { engine: engine() });
    bot.opts.interval = '4h';
    for (const candle of onInterval(5, 4 * HOUR)) await bot.candle(candle);
    expect(plugin.api.status().errors).toEqual({ CONFIG_INVALID: 1 });
  });

  it('give an engine of its own the interval of the bot, and months none', async () => {
    for (const [interval, lasts, errors] of [
      ['15min', START + 2 * 15 * MINUTE, {}],
      ['month', -1, { CONFIG_INVALID: 1 }],
    ] as const) {
      const { bot, plugin } = debutBot({ interval } as never);
      bot.opts.interval = interval;
      for (const candle of onInterval(3, 15 * MINUTE)) await bot.candle(candle);
      const { engine } = bot.getSnapshot().pluginsData.edgekeeper as {
        engine: { detector: { symbols: [string, { lastTime: number }][] } };
      };
      expect(engine.detector.symbols[0]?.[1].lastTime ?? -1).toBe(lasts);
      expect(plugin.api.status().errors).toEqual(errors);
    }
  });

  it('wait until somebody looks, and are updated on where that could change something, with the same decisions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: -0.4, max: 0.4 }),
        fc.integer({ min: 3, max: 400 }),
        async (seed, edge, pause) => {
          // Its own engine takes its time; a shared one takes each candle, and is updated each hour.
          const outcomes = [debutBot(), debutBot({}, { engine: engineWith() })].map(
            async ({ bot, plugin }) => {
              const decided: unknown[] = [];
              bot.opts.fee = 0;
              await bot.start();
              for (const [i, candle] of onInterval(1500, HOUR, seed).entries()) {
                bot.venue.price = candle.c;
                bot.venue.time = candle.time;
                await bot.candle(candle);
                // It trades on and off.
                if (Math.floor(i / pause) % 2 === 1) continue;
                if (i % 9 === 2) {
                  await bot.createOrder('BUY', 1);
                  decided.push(plugin.api.decision());
                }
                if (i % 9 === 5 && bot.orders.length > 0) {
                  // Its luck is given: most trades of one seed win, most of another lose.
                  bot.venue.price *= 1 + edge * (((i * seed) % 7) / 7 - 0.3);
                  await bot.closeAll();
                }
              }
              return { decided, status: plugin.api.status(), trades: plugin.api.trades() };
            },
          );
          const [waiting, eager] = await Promise.all(outcomes);
          expect(waiting).toEqual(eager);
        },
      ),
      { numRuns: 12, seed: 5 },
    );
  }, 60_000);

  it.each([
    ['DEGRADED', 24, 3],
    ['SUSPENDED', 20 * 24, 21],
  ] as const)(
    'update a bot that is %s at the end of its window, and later where that could change it',
    async (status, hours, updates) => {
      const update = vi.spyOn(OptimizationEngine.prototype, 'updateOptimization');
      const { bot, plugin } = debutBot();
      for (const [i, candle] of onInterval(20 * 24 + 1, HOUR).entries()) {
        await bot.candle(candle);
        if (i > 0) continue;
        plugin.api.status();
        const engine = update.mock.contexts[0] as OptimizationEngine;
        engine.forceStatus('EMA_Trend', status, { ...AUTHOR, time: candle.time });
      }
      expect(plugin.api.status().status).toBe(status);
      const { manager } = update.mock.contexts[0] as OptimizationEngine;
      expect(manager.getStrategyHealth('EMA_Trend')!.hoursInStatus).toBeCloseTo(hours, 6);
      expect(update.mock.calls.length).toBeLessThanOrEqual(updates);
      update.mockRestore();
    },
  );

  it('are there for whoever looks, however long they waited', async () => {
    const { bot, plugin } = debutBot();
    const candles = onInterval(700, HOUR);
    for (const candle of candles) await bot.candle(candle);
    const { engine } = bot.getSnapshot().pluginsData.edgekeeper as {
      engine: { detector: { symbols: [string, { lastTime: number }][] } };
    };
    expect(engine.detector.symbols[0]![1].lastTime).toBe(candles.at(-1)!.time);
    await bot.candle({ ...candles[0]!, h: Number.NaN, time: START + 700 * HOUR });
    expect(plugin.api.status().errors).toEqual({ CANDLE_INVALID: 1 });
  });
});

describe('a candle put together', () => {
  it('is complete with its last part, or when one after it comes; the first is left out unless it began', () => {
    const parts = new CandleAggregator(15 * MINUTE, HOUR);
    const add = (minutes: number, price: number) =>
      parts.add({
        time: START + minutes * MINUTE,
        open: price,
        high: price + 1,
        low: price - 1,
        close: price,
        volume: 1,
      });
    expect(add(15, 1)).toEqual([]);
    expect(add(45, 2)).toEqual([]);
    expect(add(60, 3)).toEqual([]);
    expect(add(60, 9)).toEqual([]);
    expect(add(75, 5)).toEqual([]);
    // The half hour after it did not trade.
    expect(add(120, 4)).toEqual([{ time: START + HOUR, open: 3, high: 6, low: 2, close: 5, volume: 2 }]);
    expect(add(165, 4)).toMatchObject([{ time: START + 2 * HOUR, volume: 2 }]);
    expect(add(75, 5)).toEqual([]);
  });

  it('comes once, however the parts are cut', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 1 }), (minutes) => {
        const parts = new CandleAggregator(5 * MINUTE, HOUR);
        const complete = minutes
          .sort((a, b) => a - b)
          .flatMap((five) =>
            parts.add({ time: START + five * 5 * MINUTE, open: 1, high: 2, low: 1, close: 2, volume: 1 }),
          );
        const times = complete.map(({ time }) => time);
        expect(new Set(times).size).toBe(times.length);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times.every((time) => (time - START) % HOUR === 0)).toBe(true);
      }),
    );
  });
});
