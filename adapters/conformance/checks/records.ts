import fc from 'fast-check';
import { expect } from 'vitest';
import type { Check } from '../check.ts';
import type { HostRun, SentOrder } from '../driver.ts';
import { needs } from '../hooks.ts';
import {
  amountOf,
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

/** What filled is recorded, once and rightly. */
export const RECORDS: readonly Check[] = [
  {
    number: 8,
    title: 'partial fills, duplicates and late updates make one right record for each closed part',
    run: (driver) =>
      property(steps, async (program) => {
        const engine = scriptedEngine(() => 1);
        const run = await driver.start(setup(engine, { fills: 'noisy' }));
        await play(driver, run, program);
        const closed = closedAmount(run.sent);
        const recorded = tradesOf(engine).reduce((sum, { size }) => sum + (size ?? 0), 0);
        expect(recorded).toBeCloseTo(closed, 6);
        expect(new Set(tradesOf(engine).map(({ id }) => id)).size).toBe(tradesOf(engine).length);
      }),
  },
  {
    number: 9,
    title: "a record has every field, and all of them sum to the account's change of equity",
    run: (driver) =>
      property(
        fc.tuple(steps, fc.constantFrom<'whole' | 'noisy'>('whole', 'noisy')),
        async ([program, fills]) => {
          const engine = scriptedEngine(() => 1);
          const run = await driver.start(setup(engine, { fills }));
          const before = run.equity();
          await play(driver, run, program);
          const trades = tradesOf(engine);
          for (const trade of trades) {
            for (const field of [
              'strategy',
              'symbol',
              'side',
              'entryTime',
              'exitTime',
              'entryPrice',
              'exitPrice',
              'size',
            ] as const)
              expect(trade[field], field).toBeTruthy();
            expect(trade.exitTime).toBeGreaterThanOrEqual(trade.entryTime);
            expect(trade.decisionId).not.toBeNull();
            expect(driver.strategies).toContain(trade.strategy);
          }
          const recorded = trades.reduce((sum, { pnl }) => sum + pnl, 0);
          expect(recorded).toBeCloseTo(run.equity() - before, 6);
        },
      ),
  },
  {
    number: 11,
    title: 'two strategies on one symbol are told apart, and orders by hand are untouched',
    run: (driver) =>
      property(fc.tuple(lotCounts, lotCounts), async ([first, second]) => {
        const { symbol, strategies, sides, step, exits } = driver;
        const engine = scriptedEngine(({ strategy }) => (strategy === strategies[0] ? 0 : 1));
        const run = await driver.start(setup(engine));
        const manual: SentOrder = { symbol, side: 'buy', amount: amountOf(25, step) };
        await run.tick(START_PRICE);
        await run.enter({ strategy: strategies[0], symbol, side: sides[0]!, amount: amountOf(first, step) });
        await run.enter({ strategy: strategies[1], symbol, side: sides[0]!, amount: amountOf(second, step) });
        const strategiesSent =
          strategies[0] === strategies[1]
            ? []
            : [{ symbol, side: opening(sides[0]!), amount: amountOf(second, step) }];
        expect(run.sent).toEqual(strategiesSent);
        await run.manual?.(manual);
        await run.tick(START_PRICE);
        if (run.manual) expect(run.sent.at(-1)).toEqual(manual);
        if (strategies[0] === strategies[1]) return;
        await run.exit(exits[0], { strategy: strategies[1], symbol, side: sides[0]! });
        await run.tick(START_PRICE);
        await run.settled?.();
        expect(tradesOf(engine).map(({ strategy }) => strategy)).toEqual(
          Array(tradesOf(engine).length).fill(strategies[1]),
        );
        expect(tradesOf(engine).length).toBeGreaterThan(0);
      }),
  },
  {
    number: 12,
    title: 'after a restart in mid-position the close passes, and is recorded or said to be unknown',
    run: (driver) =>
      property(fc.tuple(lotCounts, fc.constantFrom(...driver.exits)), async ([lots, exit]) => {
        const engine = scriptedEngine(() => (driver.scales ? 0.5 : 1));
        const first: HostRun = await driver.start(setup(engine));
        needs(first, 'restart', 12);
        const position = { strategy: driver.strategies[0], symbol: driver.symbol, side: driver.sides[0]! };
        await first.tick(START_PRICE);
        await first.enter({ ...position, amount: amountOf(lots, driver.step) });
        await first.tick(START_PRICE);
        const run = await first.restart();
        await run.exit(exit, position);
        await run.tick(START_PRICE);
        await run.settled?.();
        expect(run.held(position.strategy, driver.symbol)).toBeCloseTo(0, 9);
        const unknown = engine.getOptimizationStatus().errors.POSITION_UNKNOWN ?? 0;
        expect(tradesOf(engine).length + unknown).toBeGreaterThan(0);
      }),
  },
];

/** Base units that a stream of orders closed: the smaller of what was bought and sold, position by position. */
function closedAmount(sent: readonly SentOrder[]): number {
  const [bought, sold] = (['buy', 'sell'] as const).map((side) =>
    sent.filter((order) => order.side === side).reduce((sum, { amount }) => sum + amount, 0),
  );
  return Math.min(bought!, sold!);
}
