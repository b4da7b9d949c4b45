import fc from 'fast-check';
import type { OrderFault, ReadFaults } from '../server.ts';
import type { Kind } from '../venue/instruments.ts';
import type { VenueSettings } from '../venue/order.ts';

/** How a bot goes about its work. */
export interface Style {
  /** What it looks at to learn what became of its orders. */
  readonly reads: 'orders' | 'trades' | 'positions' | 'nothing';
  /**
   * Whether it closes what it believes to hold by its own count, what it reads from the venue, or what it once asked
   * for, whatever the venue says that it got.
   */
  readonly sizes: 'own' | 'venue' | 'asked';
  /** Whether its orders have client ids of its own. */
  readonly names: boolean;
  /** Whether its exits say that they are ones. */
  readonly flags: boolean;
  /** What it does when an answer is lost. */
  readonly onLost: 'retry' | 'look' | 'ignore';
  /** What lies between two steps, in ms: a bot by the minute, or one that hardly waits. */
  readonly pace: number;
  /** How many strategies share the account. */
  readonly strategies: 1 | 2;
  /** By which parameter it says that it trades on margin. */
  readonly margin: 'mode' | 'type';
}

/** The simplest bot: one strategy by the minute, which reads its orders and counts for itself. */
export const PLAIN_STYLE: Style = {
  reads: 'orders',
  sizes: 'own',
  names: true,
  flags: false,
  onLost: 'ignore',
  pace: 61_000,
  strategies: 1,
  margin: 'mode',
};

export type Step = {
  /** Which of the two markets. */
  readonly on: 0 | 1;
  /** Which of the strategies, where there are two. */
  readonly who: 0 | 1;
} & (
  | {
      readonly do: 'enter';
      readonly side: 'long' | 'short';
      readonly by: 'market' | 'limit' | 'cost' | 'breakout';
      readonly lots: number;
      /** Where the venue can, with a stop and a target that come with the position. */
      readonly attach: boolean;
    }
  | { readonly do: 'exit'; readonly by: 'market' | 'limit' | 'reduceOnly'; readonly share: number }
  | { readonly do: 'flip' | 'batch'; readonly lots: number }
  | {
      readonly do: 'protect';
      /** `trigger` is a stop that does not say that it is one; `pair` a stop and a target of which one ends the other. */
      readonly by: 'stop' | 'target' | 'trailing' | 'closePosition' | 'trigger' | 'pair';
      readonly away: number;
      readonly flag: boolean;
      readonly before: boolean;
    }
  | { readonly do: 'cancel' | 'cancelAll' | 'poll' }
  | { readonly do: 'edit'; readonly factor: number }
  | { readonly do: 'move'; readonly by: number }
  | { readonly do: 'fund'; readonly rate: number }
  | { readonly do: 'liquidate' }
  | { readonly do: 'owner'; readonly side: 'buy' | 'sell'; readonly share: number }
  | { readonly do: 'restart'; readonly away: number }
  | { readonly do: 'orderFault'; readonly fault: OrderFault }
  | { readonly do: 'readFaults'; readonly faults: ReadFaults }
);

/** A bot on an account of the venue, and everything that happens to both. */
export interface Program {
  readonly venue: VenueSettings;
  readonly style: Style;
  readonly steps: readonly Step[];
  /** Bit i set: the i-th decision is a veto, where the overlay vetoes. */
  readonly vetoes: number;
}

const where = { on: fc.constantFrom<0 | 1>(0, 0, 0, 1), who: fc.constantFrom<0 | 1>(0, 1) };
const side = fc.constantFrom<'long' | 'short'>('long', 'short');
const lots = fc.integer({ min: 1, max: 60 });

const STEPS = {
  enter: fc.record({
    ...where,
    do: fc.constant('enter' as const),
    side,
    by: fc.constantFrom<'market' | 'limit' | 'cost' | 'breakout'>(
      'market',
      'market',
      'market',
      'limit',
      'limit',
      'cost',
      'breakout',
    ),
    lots,
    attach: fc.boolean(),
  }),
  exit: fc.record({
    ...where,
    do: fc.constant('exit' as const),
    by: fc.constantFrom('market' as const, 'market' as const, 'limit' as const, 'reduceOnly' as const),
    share: fc.constantFrom(1, 1, 0.5, 0.3),
  }),
  flip: fc.record({ ...where, do: fc.constant('flip' as const), lots }),
  batch: fc.record({ ...where, do: fc.constant('batch' as const), lots }),
  protect: fc.record({
    ...where,
    do: fc.constant('protect' as const),
    by: fc.constantFrom<'stop' | 'target' | 'trailing' | 'closePosition' | 'trigger' | 'pair'>(
      'stop',
      'stop',
      'target',
      'trailing',
      'closePosition',
      'trigger',
      'pair',
    ),
    away: fc.constantFrom(0.01, 0.02, 0.05),
    flag: fc.boolean(),
    before: fc.boolean(),
  }),
  cancel: fc.record({ ...where, do: fc.constantFrom('cancel' as const, 'cancelAll' as const) }),
  poll: fc.record({ ...where, do: fc.constant('poll' as const) }),
  edit: fc.record({ ...where, do: fc.constant('edit' as const), factor: fc.constantFrom(0.5, 1, 1.5) }),
  move: fc.record({
    ...where,
    do: fc.constant('move' as const),
    by: fc.integer({ min: -60, max: 60 }).map((n) => n / 1000),
  }),
  fund: fc.record({
    ...where,
    do: fc.constant('fund' as const),
    rate: fc.constantFrom(0.0001, -0.0003, 0.002),
  }),
  liquidate: fc.record({ ...where, do: fc.constant('liquidate' as const) }),
  owner: fc.record({
    ...where,
    do: fc.constant('owner' as const),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    share: fc.constantFrom(0.3, 1),
  }),
  restart: fc.record({
    ...where,
    do: fc.constant('restart' as const),
    away: fc.integer({ min: -40, max: 40 }).map((n) => n / 1000),
  }),
  orderFault: fc.record({
    ...where,
    do: fc.constant('orderFault' as const),
    fault: fc.constantFrom<OrderFault>('answer-lost', 'order-lost', 'error-after', 'error-before'),
  }),
  readFaults: fc.record({
    ...where,
    do: fc.constant('readFaults' as const),
    faults: fc.constantFrom<ReadFaults>(
      {},
      { positions: 'fails' },
      { positions: 'empty' },
      { positions: 'hangs' },
      { tradeLag: 90_000 },
      { slow: 4 },
    ),
  }),
} as const;

/** How often each step comes, of a hundred or so. */
const WEIGHTS: Readonly<Record<keyof typeof STEPS, number>> = {
  enter: 26,
  exit: 16,
  flip: 4,
  batch: 3,
  protect: 10,
  cancel: 4,
  poll: 6,
  edit: 3,
  move: 22,
  fund: 2,
  liquidate: 1,
  owner: 2,
  restart: 3,
  orderFault: 3,
  readFaults: 3,
};

const MEANINGLESS: Partial<Record<Kind, readonly (keyof typeof STEPS)[]>> = {
  spot: ['flip', 'batch', 'fund', 'liquidate'],
  margin: ['batch', 'fund', 'liquidate'],
  hedge: ['flip'],
  bybit: ['batch'],
};

/** Random programs on one kind of account. */
export function programs(
  kind: Kind,
  only: readonly (keyof typeof STEPS)[] = Object.keys(STEPS) as never,
): fc.Arbitrary<Program> {
  const names = only.filter((name) => !MEANINGLESS[kind]?.includes(name));
  const step = fc.oneof(
    ...names.map((name) => ({ arbitrary: STEPS[name] as fc.Arbitrary<Step>, weight: WEIGHTS[name] })),
  );
  return fc.record({
    venue: fc.record({
      kind: fc.constant(kind),
      fees: fc.constantFrom('received' as const, 'received' as const, 'quote' as const, 'bnb' as const),
      parts: fc.constantFrom(1, 1, 2, 3),
      answers: fc.constantFrom(
        'full' as const,
        'full' as const,
        'full' as const,
        'new' as const,
        'id' as const,
      ),
      coarse: fc.constantFrom(1, 1, 1000),
      keepsClientId: fc.boolean(),
    }),
    style: fc.record({
      reads: fc.constantFrom('orders' as const, 'trades' as const, 'positions' as const, 'nothing' as const),
      sizes: fc.constantFrom('own' as const, 'venue' as const),
      names: fc.boolean(),
      flags: fc.boolean(),
      onLost: fc.constantFrom('retry' as const, 'look' as const, 'ignore' as const),
      pace: fc.constantFrom(61_000, 61_000, 1500, 20),
      strategies: fc.constantFrom<1 | 2>(1, 1, 1, 2),
      margin: fc.constantFrom('mode' as const, 'type' as const),
    }),
    steps: fc.array(step, { minLength: 3, maxLength: 14 }),
    vetoes: fc.integer({ min: 0, max: 255 }),
  });
}
