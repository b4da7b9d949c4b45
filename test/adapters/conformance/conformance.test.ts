import { describe, expect, it } from 'vitest';
import {
  CHECKS,
  type HostDriver,
  type HostRun,
  type HostSetup,
} from '../../../adapters/conformance/index.ts';
import {
  type BotFill,
  type BotOrder,
  type Middleware,
  middleware,
} from '../../../adapters/middleware/index.ts';
import type { OptimizationEngine } from '../../../src/index.ts';
import { ccxtHost } from '../ccxt/host.ts';
import type { Venue } from '../core/venue.ts';
import { type Hooks, homeGrown } from '../middleware/home-grown.ts';

/** What a faulty adapter does otherwise than the right one. */
type Fault = (
  right: Middleware,
  setup: HostSetup & { engine: OptimizationEngine },
  venue: Venue,
) => Partial<Middleware>;

const isExit = ({ entry }: BotOrder & { entry?: boolean }): boolean => entry === false;
const scaledBy = <T extends BotOrder>(order: T, factor: number): T => ({
  ...order,
  amount: Number((Math.floor((order.amount * factor) / 0.01 + 1e-9) * 0.01).toFixed(10)),
});

/** Asks the engine past the gate, as a faulty adapter does. */
const decideOn = (engine: OptimizationEngine, order: BotOrder, time: number, id?: string) =>
  engine.decide({
    ...(id === undefined ? {} : { id }),
    strategy: order.strategy!,
    symbol: order.symbol,
    side: 'long',
    time,
  });

/** Each fault, and the check that must find it. */
const FAULTS: Record<string, { readonly check: number; readonly fault: Fault }> = {
  'an exit scaled': {
    check: 5,
    fault: (right) => ({
      preOrder: (order) => (isExit(order) ? scaledBy(order, 0.5) : right.preOrder(order)),
    }),
  },
  'an exit vetoed': {
    check: 4,
    fault: (right) => {
      let entries = 0;
      return {
        preOrder: (order) => {
          if (!isExit(order)) entries += 1;
          return isExit(order) && entries > 0 ? null : right.preOrder(order);
        },
      };
    },
  },
  'an error thrown in a hook': {
    check: 6,
    fault: (right, { engine }) => ({
      preOrder: (order) => {
        if (!isExit(order)) decideOn(engine, order, Date.UTC(2024, 0, 1));
        return right.preOrder(order);
      },
    }),
  },
  'a retry that compounds': {
    check: 7,
    fault: (right) => {
      const last = new Map<string, number>();
      return {
        preOrder: (order) => {
          const again = order.id === undefined ? undefined : last.get(order.id);
          const answer =
            again === undefined ? right.preOrder(order) : scaledBy({ ...order, amount: again }, 0.5);
          if (answer && order.id !== undefined) last.set(order.id, answer.amount);
          return answer;
        },
      };
    },
  },
  'a decision for every retry': {
    check: 7,
    fault: (right, { engine }) => ({
      preOrder: (order) => {
        if (order.id !== undefined) decideOn(engine, order, Date.UTC(2024, 0, 1));
        return right.preOrder(order);
      },
    }),
  },
  'an asynchronous veto': {
    check: 1,
    fault: (right) => ({ preOrder: (order) => Promise.resolve(right.preOrder(order)) as never }),
  },
  'a lost partial fill': {
    check: 8,
    fault: (right) => {
      const seen = new Set<string>();
      let count = 0;
      return {
        postFill: (fill) => {
          if (!seen.has(fill.id)) count += 1;
          seen.add(fill.id);
          if (count % 3 !== 0) right.postFill(fill);
        },
      };
    },
  },
  'a duplicate counted': {
    check: 8,
    fault: (right) => {
      let copies = 0;
      return {
        postFill: (fill: BotFill) => {
          copies += 1;
          right.postFill({ ...fill, id: `${fill.id}/${copies}` });
        },
      };
    },
  },
  'fees that are left out': {
    check: 9,
    fault: (right) => ({ postFill: (fill) => right.postFill({ ...fill, fee: 0 }) }),
  },
  'a decision that is lost on the way to its trade': {
    check: 9,
    fault: (right) => ({
      preOrder: (order) => right.preOrder(order) && { ...order },
      postFill: (fill) => right.postFill({ ...fill, orderId: 'unknown' }),
    }),
  },
  'nothing where the minimum is to teach': {
    check: 22,
    fault: (right) => ({
      preOrder: (order) => {
        const answer = right.preOrder(order);
        return isExit(order) || answer === order ? answer : null;
      },
    }),
  },
  'a size below the minimum': {
    check: 10,
    fault: (right) => ({
      preOrder: (order) => (isExit(order) ? order : (right.preOrder(order) ?? scaledBy(order, 0.4))),
    }),
  },
  'a size rounded up': {
    check: 3,
    fault: (right) => ({
      preOrder: (order) => {
        const answer = right.preOrder(order);
        return !answer || answer.amount === order.amount
          ? answer
          : { ...answer, amount: Number((answer.amount + 0.01).toFixed(10)) };
      },
    }),
  },
  'nonsense that is believed': {
    check: 3,
    fault: (right, { engine }, venue) => ({
      preOrder: (order) => {
        if (isExit(order)) return right.preOrder(order);
        const { multiplier } = decideOn(engine, order, venue.time);
        return { ...order, amount: order.amount * multiplier };
      },
    }),
  },
  'an increase that nobody allowed': {
    check: 3,
    fault: (right, { engine }, venue) => ({
      preOrder: (order) => {
        if (isExit(order)) return right.preOrder(order);
        const { multiplier } = decideOn(engine, order, venue.time);
        return multiplier === 2 ? { ...order, amount: 2 * order.amount } : right.preOrder(order);
      },
    }),
  },
  'a veto that never ends': {
    check: 2,
    fault: (right) => {
      let vetoed = false;
      return {
        preOrder: (order) => {
          const answer = vetoed ? null : right.preOrder(order);
          vetoed ||= answer === null;
          return answer;
        },
      };
    },
  },
  'a veto that is ignored': {
    check: 2,
    fault: (right) => ({ preOrder: (order) => right.preOrder(order) ?? order }),
  },
  'two strategies taken for one': {
    check: 11,
    fault: (right) => ({
      preOrder: (order) => right.preOrder({ ...order, strategy: 'EMA_Trend' }),
      postFill: (fill) => right.postFill({ ...fill, strategy: 'EMA_Trend' }),
    }),
  },
  'positions forgotten by a restart, in silence': {
    check: 12,
    fault: (right) => ({ state: () => ({ ...right.state(), lots: [] }) }),
  },
  'a scaled entry after it was taken off': {
    check: 14,
    fault: (right) => ({ preOrder: (order) => right.preOrder(order) ?? null }),
  },
  'a decision on every tick': {
    check: 15,
    fault: (right, { engine }, venue) => {
      let ticks = 0;
      return {
        preOrder: (order) => {
          ticks += 1;
          if (!isExit(order)) decideOn(engine, order, venue.time, `tick${ticks}`);
          return right.preOrder(order);
        },
      };
    },
  },
  'an overlay that is there when it is off': {
    check: 1,
    fault: (right, { engine }) => ({
      preOrder: (order) =>
        engine.flags.enabled || isExit(order) ? right.preOrder(order) : scaledBy(order, 0.9),
    }),
  },
};

function faulty(fault: Fault): Hooks {
  return (setup, venue, state) => {
    const { engine } = setup;
    if (!engine) return null;
    const right = middleware(engine, {
      now: () => venue.time,
      shorts: true,
      lots: () => ({ step: venue.step, minAmount: venue.minAmount, minNotional: venue.minNotional }),
      ...(state ? { state } : {}),
    });
    return { ...right, ...fault(right, { ...setup, engine }, venue) };
  };
}

const finds = async (fault: Fault, number: number): Promise<boolean> => {
  const { run } = CHECKS.find((check) => check.number === number)!;
  const driver = homeGrown(faulty(fault));
  const stuck = number === 14;
  const host = stuck
    ? {
        ...driver,
        start: async (setup: HostSetup) => ({ ...(await driver.start(setup)), detach: () => ['preOrder'] }),
      }
    : driver;
  return run(host).then(
    () => false,
    () => true,
  );
};

describe('the conformance kit', () => {
  it('has the checks, each with its number', () => {
    expect(CHECKS.map(({ number }) => number)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
  });

  for (const [name, { check, fault }] of Object.entries(FAULTS))
    it(`check ${check} finds ${name}`, async () => expect(await finds(fault, check)).toBe(true));

  it('check 13 finds a batch whose answers are out of order, and one whose vetoed leg is sent', async () => {
    const driver = ccxtHost('spot', 'veto-only');
    const { run } = CHECKS[12]!;
    const faulty = (
      batch: (right: NonNullable<HostRun['batch']>) => NonNullable<HostRun['batch']>,
    ): HostDriver => ({
      ...driver,
      start: async (setup) => {
        const host = await driver.start(setup);
        return { ...host, refused: 0, batch: batch(host.batch!) };
      },
    });
    await run(driver);
    await expect(
      run(faulty((right) => async (wishes) => (await right(wishes)).toReversed())),
    ).rejects.toThrow();
    await expect(
      run(faulty((right) => async (wishes) => (await right(wishes)).map(() => 'sent' as const))),
    ).rejects.toThrow();
  });

  /** A ccxt bot of which something is otherwise than it should be. */
  const spoilt = (
    right: HostDriver,
    spoil: (run: HostRun, setup: HostSetup) => Partial<HostRun>,
  ): HostDriver => ({
    ...right,
    start: async (setup) => {
      const run = await right.start(setup);
      const parts = { ...run, ...spoil(run, setup) };
      // What the driver computes anew each time stays so.
      return Object.defineProperty(parts, 'refused', { get: () => run.refused }) as HostRun;
    },
  });
  const swap = () => ccxtHost('swap', 'host-reads-position');
  const SPOILT: Record<number, { readonly title: string; readonly driver: () => HostDriver }> = {
    16: {
      title: "an exit of another strategy's position halved",
      driver: () =>
        spoilt(swap(), (run) => ({ order: (order) => run.order!({ ...order, amount: order.amount / 2 }) })),
    },
    17: {
      title: 'an exit that waits for an answer',
      driver: () =>
        spoilt(swap(), (run) => ({
          exit: async (...args) => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            return run.exit(...args);
          },
        })),
    },
    18: {
      title: 'a cover on margin vetoed',
      driver: () => spoilt(ccxtHost('spot', 'veto-only'), () => ({ doubtful: async () => undefined })),
    },
    19: {
      title: 'parts that count as positions',
      driver: () =>
        spoilt(swap(), (run, { engine }) => {
          const record = engine?.recordTrade.bind(engine);
          if (engine && record)
            engine.recordTrade = ({ positionId: _id, openSize: _open, decision: _decision, ...trade }) =>
              record(trade);
          return { ...run };
        }),
    },
    20: {
      title: 'old entries paired with new exits',
      driver: () => ccxtHost('swap', 'host-reads-position', false),
    },
    21: {
      title: 'a request more while it is off',
      driver: () =>
        spoilt(swap(), (run, { engine }) =>
          Object.defineProperty({}, 'requests', {
            get: () => (engine ? [...run.requests!, 'fetchPositions'] : run.requests),
            enumerable: true,
          }),
        ),
    },
  };
  for (const [number, { title, driver }] of Object.entries(SPOILT))
    it(`check ${number} finds ${title}`, async () => {
      const check = CHECKS.find((each) => each.number === Number(number))!;
      await expect(check.run(driver())).rejects.toThrow();
    });

  it.each<[number, readonly (keyof HostRun)[]]>([
    [7, ['retry', 'edit']],
    [12, ['restart']],
    [13, ['batch']],
    [14, ['detach']],
    [16, ['order']],
    [17, ['hang']],
    [18, ['doubtful']],
    [20, ['closeUnseen']],
    [21, ['requests']],
  ])('check %i says which hook it needs where the driver has no %j', async (number, hooks) => {
    const without = spoilt(swap(), () => Object.fromEntries(hooks.map((hook) => [hook, undefined])));
    const { run } = CHECKS.find((check) => check.number === number)!;
    await expect(run(without)).rejects.toThrow(`Check ${number} needs \`${hooks[0]}\``);
  });

  it('check 18 says that it needs doubts where the driver has none', async () => {
    const { run } = CHECKS.find(({ number }) => number === 18)!;
    await expect(run({ ...swap(), doubts: [] })).rejects.toThrow('Check 18 needs `doubts`');
  });

  it('plants a fault for every check', () => {
    const planted = new Set([
      ...Object.values(FAULTS).map(({ check }) => check),
      ...Object.keys(SPOILT).map(Number),
    ]);
    for (const { number } of CHECKS) if (number !== 13) expect(planted, `check ${number}`).toContain(number);
  });
});
