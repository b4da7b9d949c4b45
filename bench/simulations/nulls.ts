import { type Random, seededRandom } from '../../src/statistics/random.ts';
import { type Shape, type SimulatedSignal, signalsOf } from './signals.ts';

/** Outcomes a run is followed for. */
export const OUTCOMES = 3200;
const DAYS = 420;

/** About eight signals a day, however many strategies share them. */
const spread = (strategies: number, mean: number, shape: Partial<Shape> = {}): Shape => ({
  strategies,
  meanOf: () => mean,
  days: DAYS,
  hoursBetween: 3 * strategies,
  ...shape,
});

const clustered = (strategies: number, mean: number): Shape =>
  spread(strategies, mean, { held: [36, 48], correlation: 0.5 });

/** A mean R common to all signals that wanders, and comes back to 0 by half in two weeks. */
function moodOf(random: Random): (day: number) => number {
  const keep = 0.5 ** (1 / 14);
  const moods: number[] = [];
  let mood = 0.15 * random.normal();
  for (let day = 0; day < DAYS; day += 1) {
    moods.push(mood);
    mood = keep * mood + 0.15 * Math.sqrt(1 - keep * keep) * random.normal();
  }
  return (day) => moods[day]!;
}

const moody = (seed: number): Shape => {
  const mood = moodOf(seededRandom(seed));
  return spread(6, 0, { meanOf: ({ day }) => mood(day) });
};

const firstOf = (shape: Shape, seed: number): SimulatedSignal[] => signalsOf(shape, seed).slice(0, OUTCOMES);

export interface Null {
  readonly name: string;
  /** Whether the mean R is the same at all times: where it is not, sizes that react may well help. */
  readonly isConstant: boolean;
  readonly signals: (seed: number) => SimulatedSignal[];
}

const constant = (name: string, shape: Shape): Null => ({
  name,
  isConstant: true,
  signals: (seed) => firstOf(shape, seed),
});

export const RARE_BIG_WINS = constant('rare big wins', spread(6, 0, { gain: 12, wins: 0.08 }));
export const DRIFTING_MOOD: Null = {
  name: 'drifting mood',
  isConstant: false,
  signals: (seed) => firstOf(moody(seed), seed),
};

/** Worlds in which no signal is better than another one at its time. */
export const NULLS: readonly Null[] = [
  constant('independent, mean 0', spread(6, 0)),
  constant('independent, mean +.10 R', spread(6, 0.1)),
  RARE_BIG_WINS,
  constant('rho .5, held 36-48 h, 5 symbols, +.10 R', clustered(5, 0.1)),
  constant('rho .5, held 36-48 h, 10 symbols', clustered(10, 0)),
  constant('rho .5, held 36-48 h, 20 symbols', clustered(20, 0)),
  DRIFTING_MOOD,
];

/** Worlds in which luck is independent, and clustered, to put an effect into. */
export const INDEPENDENT = (seed: number): SimulatedSignal[] => firstOf(spread(6, 0.05), seed);
export const CLUSTERED = (seed: number): SimulatedSignal[] =>
  firstOf(spread(5, 0.05, { held: [20, 28], correlation: 0.5 }), seed);
