import fc from 'fast-check';
import { expect } from 'vitest';
import { OptimizationEngine } from '../../../src/index.ts';
import type { Check } from '../check.ts';
import type { HostRun } from '../driver.ts';
import { needs, refuse } from '../hooks.ts';
import {
  amountOf,
  CASES,
  lotCounts,
  opening,
  play,
  property,
  START_PRICE,
  scriptedEngine,
  setup,
  steps,
  tradesOf,
} from '../program.ts';

const against = (side: 'long' | 'short'): 'buy' | 'sell' => (side === 'long' ? 'sell' : 'buy');

/** The account is whose exposure counts, the venue is who knows what filled, and off is absent. */
export const ACCOUNT: readonly Check[] = [
  {
    number: 16,
    title: "an order against the account's position goes out in full, whoever's position it is",
    run: (driver) =>
      property(fc.tuple(lotCounts, fc.constantFrom(...driver.sides)), async ([lots, side]) => {
        let veto = false;
        const run: HostRun = await driver.start(setup(scriptedEngine(() => (veto ? 0 : 1))));
        needs(run, 'order', 16);
        const { symbol, strategies, step } = driver;
        const amount = amountOf(lots, step);
        await run.tick(START_PRICE);
        await run.enter({ strategy: strategies[0], symbol, side, amount });
        await run.tick(START_PRICE);
        veto = true;
        await run.order({ strategy: `${strategies[1]} 2`, symbol, side: against(side), amount });
        expect(run.sent.at(-1)).toEqual({ symbol, side: against(side), amount });
        expect(run.sent).toHaveLength(2);
      }),
  },
  {
    number: 17,
    title: 'an exit waits for nothing, also while the exchange answers no question of the adapter',
    run: (driver) =>
      property(fc.tuple(lotCounts, fc.constantFrom(...driver.exits)), async ([lots, exit]) => {
        const run: HostRun = await driver.start(setup(scriptedEngine(() => 1)));
        needs(run, 'hang', 17);
        const { symbol, strategies, sides, step } = driver;
        const position = { strategy: strategies[0], symbol, side: sides[0]! };
        await run.tick(START_PRICE);
        await run.enter({ ...position, amount: amountOf(lots, step) });
        await run.tick(START_PRICE);
        const before = run.sent.length;
        run.hang();
        const leaving = run.exit(exit, position);
        // As long as a bot needs for its own part, and no timer of anybody's.
        for (let i = 0; i < 50; i += 1) await Promise.resolve();
        const isSent = run.sent.length > before;
        await leaving;
        await run.tick(START_PRICE);
        // A stop waits for its price.
        if (run.sent.length > before && !/stop/i.test(exit)) expect(isSent).toBe(true);
        expect(run.held(position.strategy, symbol)).toBeCloseTo(0, 9);
      }),
  },
  {
    number: 18,
    title: 'what may be an exit, such as an order on margin, goes out untouched and is counted as unjudged',
    run: async (driver) => {
      const { doubts = [] } = driver;
      if (doubts.length === 0) refuse(18, '`doubts`');
      for (const kind of doubts) {
        const engine = scriptedEngine(() => 0);
        const run: HostRun = await driver.start(setup(engine));
        needs(run, 'doubtful', 18);
        const { symbol, strategies, sides, step } = driver;
        const order = { symbol, side: opening(sides[0]!), amount: amountOf(25, step) };
        await run.tick(START_PRICE);
        await run.doubtful(kind, { ...order, strategy: strategies[0] });
        expect(run.sent, kind).toEqual([order]);
        const counted = Object.values(engine.getCoverage().unjudged).reduce((sum, each) => sum + each, 0);
        expect(counted, kind).toBe(1);
      }
    },
  },
  {
    number: 19,
    title: 'a position is one outcome, in however many parts it fills and closes',
    run: (driver) =>
      property(
        fc.tuple(fc.array(fc.tuple(lotCounts, fc.boolean()), { minLength: 1, maxLength: 4 }), fc.boolean()),
        async ([positions, noisy]) => {
          const engine = scriptedEngine(() => 1);
          const run = await driver.start(setup(engine, { fills: noisy ? 'noisy' : 'whole' }));
          const { symbol, strategies, sides, step, exits } = driver;
          const [strategy] = strategies;
          await run.tick(START_PRICE);
          for (const [i, [lots, inParts]] of positions.entries()) {
            const position = { strategy, symbol, side: sides[i % sides.length]! };
            await run.enter({ ...position, amount: amountOf(lots, step) });
            await run.tick(START_PRICE);
            if (inParts) await run.exit(exits[0], position, 0.5);
            await run.tick(START_PRICE);
            await run.exit(exits[0], position);
            await run.tick(START_PRICE);
          }
          await run.settled?.();
          expect(engine.getSignalCounts()[strategy]?.outcomes).toBe(positions.length);
          expect(new Set(tradesOf(engine).map(({ positionId }) => positionId)).size).toBe(positions.length);
        },
      ),
  },
  {
    number: 20,
    title:
      'a position that closed at the venue unseen is recorded, or said to be unknown, and never paired with a later exit',
    run: (driver) =>
      property(
        fc.tuple(lotCounts, lotCounts, fc.double({ min: -0.05, max: 0.05, noNaN: true })),
        async ([first, second, move]) => {
          const engine = scriptedEngine(() => 1);
          const run: HostRun = await driver.start(setup(engine));
          needs(run, 'closeUnseen', 20);
          const { symbol, strategies, sides, step, exits } = driver;
          const position = { strategy: strategies[0], symbol, side: sides[0]! };
          const before = run.equity();
          await run.tick(START_PRICE);
          await run.enter({ ...position, amount: amountOf(first, step) });
          await run.tick(START_PRICE * (1 + move));
          await run.closeUnseen(position);
          await run.tick(START_PRICE);
          await run.enter({ ...position, amount: amountOf(second, step) });
          await run.tick(START_PRICE);
          await run.exit(exits[0], position);
          await run.tick(START_PRICE);
          await run.settled?.();
          const { unknownExits } = engine.getCoverage();
          const recorded = tradesOf(engine);
          expect(recorded.length + unknownExits).toBeGreaterThanOrEqual(2);
          if (unknownExits === 0)
            expect(recorded.reduce((sum, { pnl }) => sum + pnl, 0)).toBeCloseTo(run.equity() - before, 6);
          // The second round trip is all of what a wrong pairing would have made a first one of.
          const last = recorded.at(-1)!;
          expect(last.size).toBeCloseTo(amountOf(second, step), 9);
          expect(last.entryPrice).toBeCloseTo(START_PRICE, 6);
        },
      ),
  },
  {
    number: 21,
    title: 'off is absent: not a request more, and switched off in the middle nothing more either',
    run: (driver) =>
      property(
        steps,
        async (program) => {
          const plain: HostRun = await driver.start(setup(null));
          needs(plain, 'requests', 21);
          const off = await driver.start(setup(new OptimizationEngine({ enabled: false })));
          for (const run of [plain, off]) await play(driver, run, program);
          expect(off.sent).toEqual(plain.sent);
          expect(off.requests).toEqual(plain.requests);
          const engine = scriptedEngine(() => 0);
          const stopped = await driver.start(setup(engine));
          await stopped.tick(START_PRICE);
          await stopped.settled?.();
          engine.setFlags({ enabled: false }, { time: engine.time, actor: 'operator', reason: 'off' });
          const [asked, ours] = [stopped.requests?.length ?? 0, plain.requests.length];
          for (const run of [plain, stopped]) await play(driver, run, program);
          expect(stopped.sent).toEqual(plain.sent.slice(off.sent.length));
          expect((stopped.requests?.length ?? 0) - asked).toBe(plain.requests.length - ours);
        },
        Math.ceil(CASES / 2),
      ),
  },
];
