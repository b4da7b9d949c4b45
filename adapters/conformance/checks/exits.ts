import fc from 'fast-check';
import { expect } from 'vitest';
import type { Check } from '../check.ts';
import {
  amountOf,
  CASES,
  lotCounts,
  property,
  roundTrip,
  START_PRICE,
  scriptedEngine,
  setup,
} from '../program.ts';

/** Exits go out, in full. */
export const EXITS: readonly Check[] = [
  {
    number: 4,
    title: 'every exit goes out in full while everything else is vetoed',
    run: (driver) =>
      property(
        fc.tuple(lotCounts, fc.constantFrom(...driver.exits), fc.constantFrom(...driver.sides)),
        async ([lots, exit, side]) => {
          let veto = false;
          const run = await driver.start(setup(scriptedEngine(() => (veto ? 0 : 1))));
          const position = { strategy: driver.strategies[0], symbol: driver.symbol, side };
          await run.tick(START_PRICE);
          await run.enter({ ...position, amount: amountOf(lots, driver.step) });
          await run.tick(START_PRICE);
          veto = true;
          await run.exit(exit, position);
          await run.tick(START_PRICE);
          expect(run.held(position.strategy, driver.symbol)).toBeCloseTo(0, 9);
          expect(run.sent.length).toBeGreaterThan(1);
        },
        CASES * 2,
      ),
  },
  {
    number: 5,
    title: 'after a scaled entry the position ends at nothing: no residual, no oversell',
    run: (driver) =>
      property(
        fc.tuple(
          lotCounts,
          fc.double({ min: 0.1, max: 0.99, noNaN: true }),
          fc.constantFrom(...driver.exits),
        ),
        async ([lots, multiplier, exit]) => {
          const run = await driver.start(setup(scriptedEngine(() => multiplier)));
          await roundTrip(driver, run, lots, exit);
          const net = run.sent.reduce(
            (sum, { side, amount }) => sum + (side === 'buy' ? amount : -amount),
            0,
          );
          expect(run.held(driver.strategies[0], driver.symbol)).toBeCloseTo(0, 9);
          if (run.sent.length === 2) expect(net).toBeCloseTo(0, 9);
          expect(run.refused).toBe(0);
        },
      ),
  },
];
