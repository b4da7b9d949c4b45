// The posterior says with what probability the mean R of a signal is above 0. How often is it?
import { expect, it } from 'vitest';
import { overlay } from './engine-policy.ts';
import { printTable } from './markdown.ts';
import { sizesOf } from './policy.ts';
import { seeds } from './seeds.ts';
import { WORLDS } from './worlds.ts';

const SEEDS = seeds(4);
const BINS = 10;

interface Stated {
  readonly probability: number;
  readonly isGood: boolean;
}

/** Every signal of a world with the probability that was stated of it, and the truth. */
function statedIn(world: (typeof WORLDS)[number], seed: number): Stated[] {
  const signals = world.signals(seed);
  const { decisions, ...policy } = overlay({}, 'cap 1', true);
  sizesOf(policy, signals, true);
  return signals.map(({ id, mean }) => ({
    probability: decisions.get(id)!.edge!.probability,
    isGood: mean > 0,
  }));
}

const shareOf = <T>(all: readonly T[], value: (each: T) => number): number =>
  all.reduce((sum, each) => sum + value(each), 0) / all.length;

it('says probabilities that come true', () => {
  const all = WORLDS.flatMap((world) => SEEDS.flatMap((seed) => statedIn(world, seed)));
  const bins = Array.from({ length: BINS }, (_, i) => {
    const isIn = ({ probability }: Stated) => Math.min(BINS - 1, Math.floor(probability * BINS)) === i;
    const own = all.filter(isIn);
    return {
      from: i / BINS,
      n: own.length,
      stated: shareOf(own, ({ probability }) => probability),
      good: shareOf(own, ({ isGood }) => Number(isGood)),
    };
  });
  const brier = shareOf(all, ({ probability, isGood }) => (probability - Number(isGood)) ** 2);
  const base = shareOf(all, ({ isGood }) => Number(isGood));
  printTable(
    `P(mean R > 0) at the decision; Brier score ${brier.toFixed(3)}, of the base rate alone ${(base * (1 - base)).toFixed(3)}`,
    bins.map(({ from, n, stated, good }) => ({
      P: `${from.toFixed(1)}-${(from + 1 / BINS).toFixed(1)}`,
      signals: n,
      stated: stated.toFixed(2),
      good: good.toFixed(2),
    })),
  );
  expect(brier).toBeLessThan(0.8 * base * (1 - base));
  expect(bins[0]!.good).toBeLessThan(0.2);
  expect(bins[BINS - 1]!.good).toBeGreaterThan(0.85);
  for (const { stated, good } of bins) expect(Math.abs(stated - good)).toBeLessThan(0.25);
}, 1_800_000);
