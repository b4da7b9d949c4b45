import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Decision,
  OptimizationEngine,
  type Options,
  type Side,
  type Signal,
  type Trade,
} from '../../src/index.ts';

/** An order as it reached the venue. */
export interface SentOrder {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  /** Base units. */
  readonly amount: number;
}

/** What a strategy of the host wants to open. */
export interface Wish {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  /** Base units, a multiple of the venue's step. */
  readonly amount: number;
}

/** How a host is to be started. */
export interface HostSetup {
  /** The engine behind the adapter; null for the host without it. */
  readonly engine: OptimizationEngine | null;
  /** Whether the adapter is told, by its own option or the engine's configuration, that sizes may grow. */
  readonly increases: boolean;
  /** `noisy`: orders fill in parts, and updates come twice and late, as far as the host knows such things. */
  readonly fills: 'whole' | 'noisy';
}

/** A running host. Whatever an overlay does, no method may reject: a host goes on. */
export interface HostRun {
  /** One candle closes at this price and the next begins. */
  tick(price: number): Promise<void>;
  enter(wish: Wish): Promise<void>;
  /** Leaves a position, or a share of it, in one of the host's ways. */
  exit(kind: string, position: Omit<Wish, 'amount'>, share?: number): Promise<void>;
  /** Every order that reached the venue, oldest first, and how many it refused. */
  readonly sent: readonly SentOrder[];
  readonly refused: number;
  /** Base units that the venue holds for a strategy, or for all where it cannot tell. */
  held(strategy: string, symbol: string): number;
  /** Cash and holdings at the last price. */
  equity(): number;
  /** Resolves when the adapter has nothing left to do. */
  settled?(): Promise<void>;
  /** Tries one entry again and again, the venue refusing all tries but the last. */
  retry?(wish: Wish, times: number): Promise<void>;
  /** Enters with a resting order and then moves it so often, asking for the same amount each time; fills it at last. */
  edit?(wish: Wish, times: number): Promise<void>;
  /** Several entries in one call; the answer of each slot. */
  batch?(wishes: readonly Wish[]): Promise<readonly ('sent' | 'rejected')[]>;
  /** An order by hand that no strategy made. */
  manual?(order: SentOrder): Promise<void>;
  /** The process ends and starts again with the same engine and whatever the adapter keeps. */
  restart?(): Promise<HostRun>;
  /** Takes the adapter off; what is left of it on the host, which must be nothing. */
  detach?(): readonly string[];
}

/** A host with its adapter, as the checks drive it. */
export interface HostDriver {
  readonly name: string;
  start(setup: HostSetup): HostRun | Promise<HostRun>;
  readonly symbol: string;
  /** Two strategies that the host can run on one symbol; the same twice where it can run only one. */
  readonly strategies: readonly [string, string];
  readonly sides: readonly Side[];
  /** The host's ways to leave a position; the first can leave a share of it. */
  readonly exits: readonly [string, ...string[]];
  /** Lot step and least amount of the venue, in base units. */
  readonly step: number;
  readonly minAmount: number;
  /** Whether a position is opened at any size that the adapter gives it; false for hosts that send their own or none. */
  readonly scales: boolean;
  /** Checks that mean nothing for this host, by number, and why. */
  readonly notApplicable?: Readonly<Record<number, string>>;
}

export interface Check {
  readonly number: number;
  readonly title: string;
  run(driver: HostDriver): Promise<void>;
}

const CASES = Number(process.env.EDGEKEEPER_CASES ?? 7);
const START_PRICE = 100;
let generated = 0;

const property = <T>(arbitrary: fc.Arbitrary<T>, body: (value: T) => Promise<void>, numRuns = CASES) =>
  fc.assert(
    fc.asyncProperty(arbitrary, async (value) => {
      generated += 1;
      await body(value);
    }),
    { numRuns, endOnFailure: true },
  );

type Script = (signal: Signal) => unknown;

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
  Object.defineProperty(engine, 'decide', { value: decide });
  return engine;
}

interface Step {
  readonly kind: 'enter' | 'exit' | 'tick';
  readonly strategy: 0 | 1;
  readonly lots: number;
  readonly move: number;
  readonly exit: number;
  readonly share: number;
}

const steps = fc.array(
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
async function play(driver: HostDriver, run: HostRun, program: readonly Step[]): Promise<void> {
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

const amountOf = (lots: number, step: number): number => Number((lots * step).toFixed(10));
const floorTo = (amount: number, step: number): number =>
  Number((Math.floor(amount / step + 1e-9) * step).toFixed(10));

/** One position opened and closed in the first way of the host. */
async function roundTrip(
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

const tradesOf = (engine: OptimizationEngine): readonly Trade[] => engine.decomposer.getTradeHistory();
const setup = (engine: OptimizationEngine | null, changes: Partial<HostSetup> = {}): HostSetup => ({
  engine,
  increases: false,
  fills: 'whole',
  ...changes,
});
const lotCounts = fc.integer({ min: 20, max: 400 });
/** Opening side of a position as an order. */
const opening = (side: Side): 'buy' | 'sell' => (side === 'long' ? 'buy' : 'sell');

/** The checks that every adapter passes, in order. */
export const CHECKS: readonly Check[] = [
  {
    number: 1,
    title: 'a neutral overlay, and one that is off, change nothing of what is sent',
    run: (driver) =>
      property(steps, async (program) => {
        const plain = await driver.start(setup(null));
        const neutral = await driver.start(setup(scriptedEngine(() => 1)));
        const off = await driver.start(setup(new OptimizationEngine({ enabled: false })));
        for (const run of [plain, neutral, off]) await play(driver, run, program);
        expect(neutral.sent).toEqual(plain.sent);
        expect(off.sent).toEqual(plain.sent);
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
        const first = await driver.start(setup(engine));
        const position = { strategy: driver.strategies[0], symbol: driver.symbol, side: driver.sides[0]! };
        await first.tick(START_PRICE);
        await first.enter({ ...position, amount: amountOf(lots, driver.step) });
        await first.tick(START_PRICE);
        const run = await first.restart!();
        await run.exit(exit, position);
        await run.tick(START_PRICE);
        await run.settled?.();
        expect(run.held(position.strategy, driver.symbol)).toBeCloseTo(0, 9);
        const unknown = engine.getOptimizationStatus().errors.POSITION_UNKNOWN ?? 0;
        expect(tradesOf(engine).length + unknown).toBeGreaterThan(0);
      }),
  },
  {
    number: 13,
    title: 'of a batch one leg is vetoed and the others are sent, in their order',
    run: (driver) =>
      property(fc.array(fc.tuple(lotCounts, fc.boolean()), { minLength: 1, maxLength: 6 }), async (legs) => {
        const vetoed = new Set(legs.flatMap(([, veto], i) => (veto ? [`leg${i}`] : [])));
        const engine = scriptedEngine(({ strategy }) => (vetoed.has(strategy) ? 0 : 1));
        const run = await driver.start(setup(engine));
        await run.tick(START_PRICE);
        const wishes = legs.map(([lots], i) => ({
          strategy: `leg${i}`,
          symbol: driver.symbol,
          side: driver.sides[0]!,
          amount: amountOf(lots, driver.step),
        }));
        const answers = await run.batch!(wishes);
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
        const run = await driver.start(setup(scriptedEngine(() => 0)));
        await run.tick(START_PRICE);
        expect(run.detach!()).toEqual([]);
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

/** Base units that a stream of orders closed: the smaller of what was bought and sold, position by position. */
function closedAmount(sent: readonly SentOrder[]): number {
  const [bought, sold] = (['buy', 'sell'] as const).map((side) =>
    sent.filter((order) => order.side === side).reduce((sum, { amount }) => sum + amount, 0),
  );
  return Math.min(bought!, sold!);
}

/**
 * Registers the checks as a vitest suite.
 *
 * @example
 * conformance(myDriver);
 */
export function conformance(driver: HostDriver): void {
  describe(`conformance of ${driver.name}`, () => {
    let before = 0;
    beforeAll(() => {
      before = generated;
    });
    for (const check of CHECKS) {
      const reason = driver.notApplicable?.[check.number];
      const title = `${check.number}. ${check.title}`;
      if (reason === undefined) it(title, () => check.run(driver), 60_000);
      else it.skip(`${title} (not for this host: ${reason})`, () => undefined);
    }
    afterAll(() => {
      console.log(`${driver.name}: ${generated - before} generated cases`);
    });
  });
}
