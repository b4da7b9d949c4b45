import { seededRandom } from '../../src/statistics/random.ts';
import type { Policy } from './policy.ts';
import { DAY, type SimulatedSignal, START } from './signals.ts';

/** Makes sizes for one world. */
export type Sizing = (seed: number) => Policy;

const unseeing = (size: (seed: number) => Policy['size']): Sizing => {
  return (seed) => ({ size: size(seed), learn: () => undefined });
};

/** On and off in turn for times of a mean length, by what is switched. */
function switched(seed: number, days: number, kindOf: (signal: SimulatedSignal) => number): Policy['size'] {
  const random = seededRandom(seed);
  const until = new Map<number, { time: number; on: boolean }>();
  return (signal) => {
    const kind = kindOf(signal);
    const last = until.get(kind) ?? { time: START, on: random.uniform() < 0.5 };
    while (last.time <= signal.time) {
      last.time -= days * DAY * Math.log(1 - random.uniform());
      last.on = !last.on;
    }
    until.set(kind, last);
    return last.on ? 1 : 0.25;
  };
}

const whole = (): number => 0;
const byStrategy = ({ strategy }: SimulatedSignal): number => strategy;

/** Half of the signals at a quarter of their size, by chance. */
export const byCoin: Sizing = unseeing((seed) => {
  const random = seededRandom(seed);
  return () => (random.uniform() < 0.5 ? 1 : 0.25);
});
export const strategiesForWeeks: Sizing = unseeing((seed) => switched(seed, 21, byStrategy));
export const bookForDays: Sizing = unseeing((seed) => switched(seed, 4, whole));
export const bookForWeeks: Sizing = unseeing((seed) => switched(seed, 21, whole));

export const oneInThirtyBlocked: Sizing = unseeing((seed) => {
  const random = seededRandom(seed);
  return () => (random.uniform() < 1 / 30 ? 0 : 1);
});

/** Sizes that never see an outcome. */
export const UNSEEING: Readonly<Record<string, Sizing>> = {
  'sent or not, by a coin': unseeing((seed) => {
    const random = seededRandom(seed);
    return () => (random.uniform() < 0.5 ? 1 : 0);
  }),
  'any size up to 2': unseeing((seed) => {
    const random = seededRandom(seed);
    return () => 2 * random.uniform();
  }),
  'one in thirty blocked': oneInThirtyBlocked,
  'strategies reduced for weeks': strategiesForWeeks,
  'the book reduced for days': bookForDays,
};

/** A figure of each strategy that follows its outcomes, and the size that it gives. */
const following =
  <T>(start: () => T, next: (state: T, r: number) => T, sizeOf: (state: T) => number): Sizing =>
  () => {
    const states = new Map<number, T>();
    const of = (strategy: number) => states.get(strategy) ?? start();
    return {
      size: ({ strategy }) => sizeOf(of(strategy)),
      learn: ({ strategy, r }) => states.set(strategy, next(of(strategy), r)),
    };
  };

const BENCH = 8;

/** Sizes that react to outcomes, as rules in use do. */
export const REACTING: Readonly<Record<string, Sizing>> = {
  'weights by past results': following(
    () => 1,
    (weight, r) => Math.min(2, Math.max(0.1, weight * (1 + 0.05 * r))),
    (weight) => weight,
  ),
  'the last ten': following<readonly number[]>(
    () => [],
    (last, r) => [...last.slice(-9), r],
    (last) => (last.reduce((sum, r) => sum + r, 0) < 0 ? 0.25 : 1),
  ),
  'benched by CUSUM': following(
    () => ({ fallen: 0, benched: false }),
    ({ fallen, benched }, r) => {
      const sum = Math.min(1.5 * BENCH, Math.max(0, fallen - r));
      return { fallen: sum, benched: sum > BENCH || (benched && sum > 0) };
    },
    ({ benched }) => (benched ? 0 : 1),
  ),
  'drawdown guard of the book': () => {
    let [equity, peak] = [0, 0];
    return {
      size: () => Math.max(0.1, 1 - (peak - equity) / 30),
      learn: ({ r }, size) => {
        equity += r * size;
        peak = Math.max(equity, peak - 0.02);
      },
    };
  },
};
