import fc from 'fast-check';
import { expect } from 'vitest';
import { OptimizationEngine, type Signal } from '../../../src/index.ts';
import type { Check } from '../check.ts';
import type { HostRun, Wish } from '../driver.ts';
import { needs, refuse } from '../hooks.ts';
import {
  amountOf,
  CASES,
  floorTo,
  lotCounts,
  opening,
  play,
  property,
  roundTrip,
  type Script,
  START_PRICE,
  scriptedEngine,
  setup,
  steps,
} from '../program.ts';

/** What is sent of an entry, and when nothing is. */
export const ORDERS: readonly Check[] = [
  {
    number: 1,
    title: 'an overlay that is neutral, off or observes changes nothing of what is sent',
    run: (driver) =>
      property(steps, async (program) => {
        const plain = await driver.start(setup(null));
        const neutral = await driver.start(setup(scriptedEngine(() => 1)));
        const off = await driver.start(setup(new OptimizationEngine({ enabled: false })));
        // It would send nothing at all, if it acted.
        const observer = new OptimizationEngine({ mode: 'observe' });
        for (const strategy of new Set(driver.strategies))
          observer.forceStatus(strategy, 'SUSPENDED', { time: 0, actor: 'kit', reason: 'to be observed' });
        const observed = await driver.start(setup(observer));
        for (const run of [plain, neutral, off, observed]) await play(driver, run, program);
        expect(neutral.sent).toEqual(plain.sent);
        expect(off.sent).toEqual(plain.sent);
        expect(observed.sent).toEqual(plain.sent);
        for (const { intended, multiplier } of observer.getRecentDecisions())
          expect({ intended, multiplier }).toEqual({ intended: 0, multiplier: 1 });
      }),
  },
  {
    number: 2,
    title: 'a veto sends nothing, and the strategy trades again once vetoes stop',
    run: (driver) =>
      property(fc.tuple(lotCounts, fc.integer({ min: 1, max: 5 })), async ([lots, vetoes]) => {
        let left = vetoes;
        const run = await driver.start(setup(scriptedEngine(() => (left > 0 ? 0 : 1))));
        await run.tick(START_PRICE);
        const [strategy] = driver.strategies;
        const wish = {
          strategy,
          symbol: driver.symbol,
          side: driver.sides[0]!,
          amount: amountOf(lots, driver.step),
        };
        for (; left > 0; left -= 1) {
          await run.enter(wish);
          await run.tick(START_PRICE);
          expect(run.sent).toEqual([]);
        }
        await run.enter(wish);
        await run.tick(START_PRICE);
        expect(run.sent).toMatchObject([{ side: opening(wish.side), amount: wish.amount }]);
      }),
  },
  {
    number: 3,
    title: 'half is the rounded half, double only where increases are allowed, and nonsense is contained',
    run: async (driver) => {
      const [strategy] = driver.strategies;
      const firstAmount = async (multiplier: number, lots: number, increases: boolean) => {
        const engine = scriptedEngine(() => multiplier, increases ? { reduceOnly: false } : {});
        const run = await driver.start(setup(engine, { increases }));
        await run.tick(START_PRICE);
        const amount = amountOf(lots, driver.step);
        await run.enter({ strategy, symbol: driver.symbol, side: driver.sides[0]!, amount });
        await run.tick(START_PRICE);
        return { amount, sent: run.sent[0]?.amount };
      };
      await property(fc.tuple(lotCounts, fc.boolean()), async ([lots, increases]) => {
        const half = await firstAmount(0.5, lots, increases);
        expect(half.sent).toBe(driver.scales ? floorTo(half.amount / 2, driver.step) : half.amount);
        const double = await firstAmount(2, lots, increases);
        expect(double.sent).toBe(
          increases && driver.scales ? floorTo(double.amount * 2, driver.step) : double.amount,
        );
      });
      const nonsense = fc.constantFrom(
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        -1,
        -0.5,
        3,
        1e9,
      );
      await property(fc.tuple(nonsense, lotCounts, fc.boolean()), async ([multiplier, lots, increases]) => {
        const { amount, sent } = await firstAmount(multiplier, lots, increases);
        expect(sent).toBeGreaterThan(0);
        expect(sent).toBeLessThanOrEqual(amount * (increases ? 2 : 1) * (1 + 1e-9));
      });
    },
  },
  {
    number: 6,
    title: 'an overlay that throws, hangs or talks nonsense sends the original order',
    run: async (driver) => {
      const scripts: readonly Script[] = [
        () => {
          throw new Error('broken');
        },
        () => new Promise(() => undefined),
        () => Promise.resolve({ multiplier: 0, action: 'block' }),
        () => undefined,
        () => null,
        () => ({}),
        () => 'block',
        () => ({ action: 'execute', multiplier: '0' }),
      ];
      await property(
        lotCounts,
        async (lots) => {
          for (const script of scripts) {
            const run = await driver.start(setup(scriptedEngine(script)));
            await roundTrip(driver, run, lots);
            expect(run.sent[0]?.amount).toBe(amountOf(lots, driver.step));
            expect(run.held(driver.strategies[0], driver.symbol)).toBeCloseTo(0, 9);
          }
        },
        Math.ceil(CASES / 4),
      );
    },
  },
  {
    number: 7,
    title: 'retries of one order are one decision and one size; edits do not compound',
    run: async (driver) => {
      const wish = (lots: number): Wish => ({
        strategy: driver.strategies[0],
        symbol: driver.symbol,
        side: driver.sides[0]!,
        amount: amountOf(lots, driver.step),
      });
      const halves = (amount: number) => (driver.scales ? floorTo(amount / 2, driver.step) : amount);
      await property(fc.tuple(lotCounts, fc.integer({ min: 2, max: 6 })), async ([lots, times]) => {
        for (const act of ['retry', 'edit'] as const) {
          const engine = scriptedEngine(() => 0.5);
          const run = await driver.start(setup(engine));
          if (!run.retry && !run.edit) refuse(7, '`retry` or `edit`');
          if (!run[act]) continue;
          await run.tick(START_PRICE);
          await run[act](wish(lots), times);
          await run.tick(START_PRICE);
          expect(new Set(engine.getRecentDecisions().map(({ id }) => id)).size, act).toBe(1);
          for (const { amount } of run.sent) expect(amount, act).toBe(halves(wish(lots).amount));
          expect(Math.abs(run.held(wish(lots).strategy, driver.symbol)), act).toBeCloseTo(
            halves(wish(lots).amount),
            9,
          );
        }
      });
    },
  },
  {
    number: 10,
    title: "below the venue's minimum a signal is vetoed with its reason, never a refused order",
    run: (driver) =>
      property(fc.double({ min: 1e-9, max: 0.9, noNaN: true }), async (share) => {
        const engine = scriptedEngine(() => share / 20);
        const run = await driver.start(setup(engine));
        const [strategy] = driver.strategies;
        await run.tick(START_PRICE);
        // At the least amount that the venue takes, any scaling is too small.
        await run.enter({
          strategy,
          symbol: driver.symbol,
          side: driver.sides[0]!,
          amount: driver.minAmount,
        });
        await run.tick(START_PRICE);
        expect(run.refused).toBe(0);
        expect(run.sent).toEqual([]);
        expect(engine.getRecentDecisions().at(-1)).toMatchObject({ multiplier: 0 });
        expect(engine.getRecentDecisions().at(-1)!.reasons).toContain('BELOW_MIN');
      }),
  },
  {
    number: 22,
    title:
      "what is too small, but is to teach, goes out at the venue's minimum and is booked by the bot's own size",
    run: (driver) =>
      property(fc.integer({ min: 2, max: 8 }), async (times) => {
        if (!driver.scales) return;
        const engine = scriptedEngine(() => 0.1);
        const { decide } = engine;
        Object.defineProperty(engine, 'decide', {
          value: (signal: Signal) => {
            const decision = decide(signal);
            return { ...decision, edge: decision.edge && { ...decision.edge, atLeastMinimum: true } };
          },
        });
        const run = await driver.start(setup(engine));
        const [strategy] = driver.strategies;
        const position = { strategy, symbol: driver.symbol, side: driver.sides[0]! };
        await run.tick(START_PRICE);
        await run.enter({ ...position, amount: driver.minAmount * times });
        await run.tick(START_PRICE);
        expect(run.refused).toBe(0);
        expect(run.sent).toMatchObject([{ amount: driver.minAmount }]);
        await run.exit(driver.exits[0], position);
        await run.tick(START_PRICE);
        await run.settled?.();
        const [trade] = engine.decomposer.getTradeHistory();
        expect(trade!.baseSize).toBeCloseTo(driver.minAmount * times, 9);
      }),
  },
  {
    number: 13,
    title: 'of a batch one leg is vetoed and the others are sent, in their order',
    run: (driver) =>
      property(fc.array(fc.tuple(lotCounts, fc.boolean()), { minLength: 1, maxLength: 6 }), async (legs) => {
        const vetoed = new Set(legs.flatMap(([, veto], i) => (veto ? [`leg${i}`] : [])));
        const engine = scriptedEngine(({ strategy }) => (vetoed.has(strategy) ? 0 : 1));
        const run: HostRun = await driver.start(setup(engine));
        needs(run, 'batch', 13);
        await run.tick(START_PRICE);
        const wishes = legs.map(([lots], i) => ({
          strategy: `leg${i}`,
          symbol: driver.symbol,
          side: driver.sides[0]!,
          amount: amountOf(lots, driver.step),
        }));
        const answers = await run.batch(wishes);
        expect(answers).toEqual(legs.map(([, veto]) => (veto ? 'rejected' : 'sent')));
        const whole = wishes.filter(({ strategy }) => !vetoed.has(strategy)).map(({ amount }) => amount);
        expect(run.sent.map(({ amount }) => amount)).toEqual(whole);
      }),
  },
  {
    number: 14,
    title: 'taken off, the adapter leaves nothing behind, and the host trades as before',
    run: (driver) =>
      property(lotCounts, async (lots) => {
        const run: HostRun = await driver.start(setup(scriptedEngine(() => 0)));
        needs(run, 'detach', 14);
        await run.tick(START_PRICE);
        expect(run.detach()).toEqual([]);
        const amount = amountOf(lots, driver.step);
        await run.enter({
          strategy: driver.strategies[0],
          symbol: driver.symbol,
          side: driver.sides[0]!,
          amount,
        });
        await run.tick(START_PRICE);
        expect(run.sent).toMatchObject([{ amount }]);
      }),
  },
  {
    number: 15,
    title: 'a strategy that asks again and again under a veto is decided on once a candle',
    run: (driver) =>
      property(
        fc.tuple(fc.array(lotCounts, { minLength: 2, maxLength: 20 }), fc.integer({ min: 1, max: 4 })),
        async ([asks, candles]) => {
          const engine = scriptedEngine(() => 0);
          const run = await driver.start(setup(engine));
          await run.tick(START_PRICE);
          const [strategy] = driver.strategies;
          for (let i = 0; i < candles; i += 1) {
            for (const lots of asks)
              await run.enter({
                strategy,
                symbol: driver.symbol,
                side: driver.sides[0]!,
                amount: amountOf(lots, driver.step),
              });
            await run.tick(START_PRICE);
          }
          expect(run.sent).toEqual([]);
          const { decisions } = engine.getOptimizationStatus();
          expect(decisions).toBeLessThanOrEqual(candles + 1);
          expect(engine.getSignalCounts()[strategy]?.signals).toBe(decisions);
        },
      ),
  },
];
