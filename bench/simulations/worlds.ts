import { type Facts, type Shape, type SimulatedSignal, signalsOf } from './signals.ts';

/** What the strategies of a group of worlds have in common. */
export const GROUPS = ['edges differ', 'edges change', 'edges by context', 'all good'] as const;

/** From a day on, a strategy is dead, or good again. */
export interface Turn {
  readonly strategy: number;
  readonly day: number;
}

export interface World {
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  readonly strategies: number;
  readonly dead: readonly Turn[];
  readonly revived: readonly Turn[];
  readonly signals: (seed: number) => SimulatedSignal[];
}

type Turns = Partial<Pick<World, 'dead' | 'revived'>>;

const world = (name: string, group: World['group'], shape: Shape, turns: Turns = {}): World => ({
  name,
  group,
  strategies: shape.strategies,
  dead: turns.dead ?? [],
  revived: turns.revived ?? [],
  signals: (seed) => signalsOf(shape, seed),
});

/** Strategies of constant edges; those below 0 are dead from the first day. */
function constant(
  name: string,
  group: World['group'],
  edges: readonly number[],
  shape: Partial<Shape> = {},
): World {
  const dead = edges.flatMap((edge, strategy) => (edge < 0 ? [{ strategy, day: 0 }] : []));
  return world(
    name,
    group,
    { ...shape, strategies: edges.length, meanOf: ({ strategy }) => edges[strategy]! },
    { dead },
  );
}

/** Mean R that moves from one value to another within four weeks of a day. */
const fading = (from: number, to: number, start: number, day: number): number =>
  from + (to - from) * Math.min(1, Math.max(0, (day - start) / 28));

const DECAYS: readonly (number | null)[] = [null, null, 90, 150, 210];

function decaying({ strategy, day }: Facts): number {
  const start = DECAYS[strategy]!;
  return start === null ? 0.15 : fading(0.15, -0.15, start, day);
}

const APPEARS: readonly (number | null)[] = [null, null, 120, 180, null];

function appearing({ strategy, day }: Facts): number {
  const start = APPEARS[strategy]!;
  if (start === null) return strategy < 2 ? 0.1 : -0.12;
  return day < start ? -0.15 : 0.2;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** Positions that overlap, and win and lose together. */
const OVERLAPPING: Partial<Shape> = { held: [36, 48], correlation: 0.5, symbols: 5 };

export const WORLDS: readonly World[] = [
  constant('edges +.25 to -.20', 'edges differ', [0.25, 0.12, 0.04, -0.08, -0.2]),
  constant('three good of thirty', 'edges differ', [...times(3, 0.2), ...times(27, -0.06)], {
    hoursBetween: 24,
    days: 200,
  }),
  constant('rare big wins', 'edges differ', [0.3, 0.3, 0.2, -0.1, -0.2], { gain: 12, wins: 0.08 }),
  constant('overlapping positions', 'edges differ', [0.2, 0.15, 0.1, -0.1, -0.2], OVERLAPPING),
  constant('one market moves all', 'edges differ', [0.2, 0.1, 0.05, -0.1, -0.2], { correlation: 0.3 }),
  constant('all dead', 'edges differ', times(5, -0.12)),
  world(
    'three of five decay',
    'edges change',
    { strategies: 5, meanOf: decaying },
    { dead: DECAYS.flatMap((day, strategy) => (day === null ? [] : [{ strategy, day: day + 14 }])) },
  ),
  world(
    'two turn good late',
    'edges change',
    { strategies: 5, meanOf: appearing },
    {
      dead: [2, 3, 4].map((strategy) => ({ strategy, day: 0 })),
      revived: APPEARS.flatMap((day, strategy) => (day === null ? [] : [{ strategy, day }])),
    },
  ),
  world('two of eight symbols', 'edges by context', {
    strategies: 5,
    symbols: 8,
    meanOf: ({ symbol }) => (symbol < 2 ? 0.35 : -0.08),
  }),
  world('good where it trends', 'edges by context', {
    strategies: 5,
    meanOf: ({ regime }) => ({ TRENDING: 0.25, RANGING: -0.15, VOLATILE: 0.02 })[regime],
  }),
  world('confidence tells', 'edges by context', {
    strategies: 5,
    meanOf: ({ confidence }) => 0.03 + 1.2 * (confidence - 0.75),
  }),
  constant('all good', 'all good', [0.1, 0.1, 0.12, 0.15, 0.2]),
  constant('all good, overlapping', 'all good', times(5, 0.12), OVERLAPPING),
];
