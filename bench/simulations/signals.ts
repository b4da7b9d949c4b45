import type { RegimeLabel } from '../../src/index.ts';
import { normalQuantile } from '../../src/statistics/normal.ts';
import { type Random, seededRandom } from '../../src/statistics/random.ts';

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const START = Date.UTC(2024, 0, 1);
/** The market moves by one common shock in this time. */
const SHOCK = 12 * HOUR;
/** Mean time for which a symbol stays in a regime. */
const REGIME_DAYS = 5;
const REGIMES = ['TRENDING', 'RANGING', 'VOLATILE'] as const satisfies readonly RegimeLabel[];

/** A signal whose true mean R is known, and what it comes to at the host's own size. */
export interface SimulatedSignal {
  readonly id: string;
  /** Index of its strategy and of its symbol. */
  readonly strategy: number;
  readonly symbol: number;
  readonly regime: (typeof REGIMES)[number];
  readonly confidence: number;
  readonly time: number;
  readonly closesAt: number;
  readonly mean: number;
  readonly r: number;
}

/** What a mean R may depend on. */
export type Facts = Pick<SimulatedSignal, 'strategy' | 'symbol' | 'regime' | 'confidence'> & {
  readonly day: number;
};

export interface Shape {
  readonly strategies: number;
  readonly meanOf: (facts: Facts) => number;
  readonly symbols?: number;
  readonly days?: number;
  /** Mean time between two signals of a strategy, and shortest and longest time for which one is held. */
  readonly hoursBetween?: number;
  readonly held?: readonly [number, number];
  /** R of a win, and how often one comes; a loss is 1 R. */
  readonly gain?: number;
  readonly wins?: number;
  /** Correlation of what two positions come to that are held at the same time. */
  readonly correlation?: number;
}

/** Independent draws for each purpose, so that one more signal of a strategy moves nothing else. */
const drawsOf = (seed: number, purpose: number): Random => seededRandom(seed * 1000 + purpose);

/** Signals of a world in order of time. */
export function signalsOf(
  {
    strategies,
    meanOf,
    symbols = 3,
    days = 365,
    hoursBetween = 8,
    held: [least, most] = [2, 8],
    gain = 1.5,
    wins = 0.4,
    correlation = 0,
  }: Shape,
  seed: number,
): SimulatedSignal[] {
  const shocks = shocksOf(drawsOf(seed, 1), days + 30);
  const regimes = Array.from({ length: symbols }, (_, symbol) =>
    regimesOf(drawsOf(seed, 100 + symbol), days),
  );
  const lossAbove = normalQuantile(1 - wins);
  const usual = wins * gain - (1 - wins);
  const all: SimulatedSignal[] = [];
  for (let strategy = 0; strategy < strategies; strategy += 1) {
    const random = drawsOf(seed, 500 + strategy);
    let hours = hoursBetween * random.uniform();
    for (let i = 0; hours < 24 * days; i += 1) {
      const day = Math.floor(hours / 24);
      const symbol = Math.floor(symbols * random.uniform());
      const facts: Facts = {
        strategy,
        symbol,
        day,
        regime: regimes[symbol]![day]!,
        confidence: 0.5 + 0.5 * random.uniform(),
      };
      const time = START + Math.round(hours * HOUR);
      const closesAt = time + Math.round((least + (most - least) * random.uniform()) * HOUR);
      const luck =
        Math.sqrt(correlation) * shocks(time, closesAt) + Math.sqrt(1 - correlation) * random.normal();
      const mean = meanOf(facts);
      const r = (luck > lossAbove ? gain : -1) - usual + mean;
      all.push({ ...facts, id: `${strategy}-${i}`, time, closesAt, mean, r });
      hours += hoursBetween * (0.5 + random.uniform());
    }
  }
  return all.sort((a, b) => a.time - b.time);
}

/** What the market does to a position, of variance 1: the shocks that begin while it is held. */
function shocksOf(random: Random, days: number): (from: number, to: number) => number {
  const shocks = Array.from({ length: (days * DAY) / SHOCK }, () => random.normal());
  return (from, to) => {
    const first = Math.ceil((from - START) / SHOCK);
    const last = Math.max(first, Math.floor((to - START) / SHOCK));
    let sum = 0;
    for (let i = first; i <= last; i += 1) sum += shocks[i]!;
    return sum / Math.sqrt(last - first + 1);
  };
}

/** Regime of a symbol on each day. */
function regimesOf(random: Random, days: number): SimulatedSignal['regime'][] {
  let regime = Math.floor(3 * random.uniform());
  return Array.from({ length: days }, () => {
    if (random.uniform() < 1 / REGIME_DAYS) regime = (regime + 1 + Math.floor(2 * random.uniform())) % 3;
    return REGIMES[regime]!;
  });
}
