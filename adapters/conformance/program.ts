import fc from 'fast-check';
import {
  type Decision,
  OptimizationEngine,
  type Options,
  type Side,
  type Signal,
  type Trade,
} from '../../src/index.ts';
import type { HostDriver, HostRun, HostSetup } from './driver.ts';
import { MissingHook } from './hooks.ts';

export const CASES = Number(process.env.EDGEKEEPER_CASES ?? 6);
export const START_PRICE = 100;
let count = 0;
/** Cases generated so far. */
export const generated = (): number => count;

export const property = <T>(arbitrary: fc.Arbitrary<T>, body: (value: T) => Promise<void>, numRuns = CASES) =>
  fc
    .assert(
      fc.asyncProperty(arbitrary, async (value) => {
        count += 1;
        await body(value);
      }),
      { numRuns, endOnFailure: true },
    )
    .catch((error: Error) => {
      // Whatever the case, the driver lacks it.
      throw error.cause instanceof MissingHook ? error.cause : error;
    });

export type Script = (signal: Signal) => unknown;

/** An engine whose decisions are given: a number is a multiplier, anything else is returned, or thrown, as it is. */
export function scriptedEngine(script: Script, options: Options = {}): OptimizationEngine {
  const engine = new OptimizationEngine({ enforcement: 'off', retirementManagement: false, ...options });
  const decide = (signal: Signal): Decision => {
    const real = OptimizationEngine.prototype.decide.call(engine, signal);
    if (signal.intent === 'close') return real;
    const said = script(signal);
    if (typeof said !== 'number') return said as Decision;
    return {
      ...real,
      action: said === 0 ? 'block' : 'execute',
      multiplier: said,
      weight: Number.isFinite(said) && said >= 0 ? said : 1,
      reasons: said === 0 ? ['QUALITY_BLOCKED'] : real.reasons,
    };
  };
  Object.defineProperty(engine, 'decide', { value: decide, configurable: true });
  return engine;
}

export interface Step {
  readonly kind: 'enter' | 'exit' | 'tick';
  readonly strategy: 0 | 1;
  readonly lots: number;
  readonly move: number;
  readonly exit: number;
  readonly share: number;
}

export const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('enter', 'enter', 'exit', 'tick'),
    strategy: fc.constantFrom(0, 1),
    lots: fc.integer({ min: 20, max: 400 }),
    move: fc.double({ min: -0.03, max: 0.03, noNaN: true }),
    exit: fc.nat(),
    share: fc.constantFrom(1, 1, 0.5),
  }),
  { minLength: 4, maxLength: 14 },
);

/** Runs a random program of a host; at the end every position is closed. */
export async function play(driver: HostDriver, run: HostRun, program: readonly Step[]): Promise<void> {
  const { symbol, sides, strategies, exits, step: lot } = driver;
  const open = new Map<string, Side>();
  let price = START_PRICE;
  const leave = async (strategy: string, kind: string, share: number) => {
    await run.exit(kind, { strategy, symbol, side: open.get(strategy)! }, share);
    if (share === 1) open.delete(strategy);
    await run.tick(price);
  };
  await run.tick(price);
  for (const [i, { kind, strategy: which, lots, move, exit, share }] of program.entries()) {
    const strategy = strategies[which];
    if (kind === 'enter' && !open.has(strategy)) {
      const side = sides[i % sides.length]!;
      await run.enter({ strategy, symbol, side, amount: amountOf(lots, lot) });
      await run.tick(price);
      open.set(strategy, side);
    } else if (kind === 'exit' && open.has(strategy)) {
      const partial = share !== 1;
      await leave(strategy, partial ? exits[0] : exits[exit % exits.length]!, share);
    } else {
      price *= 1 + move;
      await run.tick(price);
    }
  }
  for (const strategy of [...open.keys()]) await leave(strategy, exits[0], 1);
  await run.settled?.();
}

export const amountOf = (lots: number, step: number): number => Number((lots * step).toFixed(10));
export const floorTo = (amount: number, step: number): number =>
  Number((Math.floor(amount / step + 1e-9) * step).toFixed(10));

/** One position opened and closed in the first way of the host. */
export async function roundTrip(
  driver: HostDriver,
  run: HostRun,
  lots: number,
  exit: string = driver.exits[0],
): Promise<void> {
  const { strategies, symbol, sides, step } = driver;
  const position = { strategy: strategies[0], symbol, side: sides[0]! };
  await run.tick(START_PRICE);
  await run.enter({ ...position, amount: amountOf(lots, step) });
  await run.tick(START_PRICE);
  await run.exit(exit, position);
  await run.tick(START_PRICE);
  await run.settled?.();
}

export const tradesOf = (engine: OptimizationEngine): readonly Trade[] => engine.decomposer.getTradeHistory();
export const setup = (engine: OptimizationEngine | null, changes: Partial<HostSetup> = {}): HostSetup => ({
  engine,
  increases: false,
  fills: 'whole',
  ...changes,
});
export const lotCounts = fc.integer({ min: 20, max: 400 });
/** Opening side of a position as an order. */
export const opening = (side: Side): 'buy' | 'sell' => (side === 'long' ? 'buy' : 'sell');
