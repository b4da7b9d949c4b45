import { boundary, type ClaimOutcome } from '../../src/effect/claim.ts';
import { HOUR } from '../fixtures.ts';

const DAY = 24 * HOUR;
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** The sums of a claim as they are defined, from all outcomes, in no hurry. */
export function plainly(outcomes: readonly ClaimOutcome[]) {
  const n = outcomes.length;
  const indices = (base: number) => [...new Set(outcomes.map((each) => Math.floor(each.decidedAt / base)))];
  let base = HOUR;
  while (indices(base).length > 1024) base *= 2;
  const blocks = indices(base)
    .sort((a, b) => a - b)
    .map((index) => ({
      index,
      inside: outcomes.filter(({ decidedAt }) => Math.floor(decidedAt / base) === index),
    }));
  const mean = sum(outcomes.map(({ r }) => r)) / n;
  // What was usual before a block: means of earlier blocks, each weighed by how much of it is remembered.
  const seen: { mean: number; weight: number }[] = [];
  const scored = blocks.map(({ index, inside }, at) => {
    const own = sum(inside.map(({ m }) => m)) / inside.length;
    const usual =
      at === 0
        ? own
        : sum(seen.map((each) => each.weight * each.mean)) / sum(seen.map((each) => each.weight));
    const kept = (1 - 1 / 200) ** inside.length;
    for (const each of seen) each.weight *= kept;
    seen.push({ mean: own, weight: (1 - kept) * 200 });
    const later = sum(blocks.slice(at + 1).map((block) => block.inside.length));
    const w = later / (later + inside.length);
    return { index, inside, later, w, excess: sum(inside.map(({ m }) => m - usual)), usual };
  });
  const scores = scored.map(({ index, inside, w, usual }, at) => {
    const own = w * sum(inside.map(({ r, m }) => (m - usual) * (r - mean)));
    const owed = sum(scored.slice(0, at).map((before) => (before.w * before.excess) / before.later));
    return { index, x: own - owed * sum(inside.map(({ r }) => r - mean)) };
  });
  const total = sum(scores.map(({ x }) => x));
  const size = sum(scored.map(({ w, inside }) => w * sum(inside.map(({ m }) => m))));
  const held = sum(outcomes.map(({ decidedAt, closedAt }) => closedAt - decidedAt)) / n;
  let length = base;
  while (length < Math.max(DAY, 2 * held)) length *= 2;
  const over = (period: number) => {
    const sums = new Map<number, number>();
    for (const { index, x } of scores) {
      const key = Math.floor((index * base) / period);
      sums.set(key, (sums.get(key) ?? 0) + x);
    }
    return [...sums.values()];
  };
  const squares = (xs: readonly number[]) => sum(xs.map((x) => x * x));
  const spread = (xs: readonly number[]) =>
    xs.length < 10 ? null : ((squares(xs) - total ** 2 / xs.length) * xs.length) / (xs.length - 1);
  const single = over(length);
  const variances = [squares(single), spread(over(2 * length)), spread(over(4 * length))] as const;
  const variance = Math.max(...variances.map((each) => each ?? 0));
  const effectivePeriods = (3 * squares(single) ** 2) / sum(single.map((x) => x ** 4));
  return {
    base,
    length,
    periods: single.length,
    effectivePeriods,
    sum: total,
    size,
    variances,
    variance,
    effect: total / size,
    ready: n >= 400 && single.length >= 20 && effectivePeriods >= 10,
  };
}

/** The variance at the first 400, 420, 440... outcomes that a claim could rest on. */
export function firstVariance(outcomes: readonly ClaimOutcome[]): number | null {
  for (let n = 400; n <= outcomes.length; n += 20) {
    const { ready, variance } = plainly(outcomes.slice(0, n));
    if (ready) return variance;
  }
  return null;
}

/** What is still needed, as it is defined. */
export function needed(outcomes: readonly ClaimOutcome[]): number | null {
  const n = outcomes.length;
  const { effect, size, variance, periods } = plainly(outcomes);
  if (Math.abs(effect) < 0.01) return null;
  const v0 = firstVariance(outcomes) ?? (variance * 400) / n;
  for (let f = 1; f * n < 1e6; f *= 1.02) {
    const wanted =
      (boundary(f * variance, v0) + 0.8416212335729) * (Math.sqrt(variance) / size / Math.sqrt(f));
    if (Math.abs(effect) >= wanted && f * n >= 400 && f * periods >= 20) return Math.ceil((f - 1) * n);
  }
  return null;
}
