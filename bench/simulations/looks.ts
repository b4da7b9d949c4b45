import { ClaimSums, type Verdict } from '../../src/effect/claim.ts';
import type { SimulatedSignal } from './signals.ts';

/** From here on somebody looks again and again. */
const FIRST_LOOK = 400;
const LOOK_EVERY = 20;

/** Counts of outcomes at which power is told. */
export const POWER_LOOKS = [400, 800, 1600, 3200] as const;

export const isLook = (n: number): boolean => n >= FIRST_LOOK && n % LOOK_EVERY === 0;

/** What is said at looks at the record of a world, until something is claimed. Outcomes come as they close. */
export function firstClaim(
  signals: readonly SimulatedSignal[],
  sizes: Float64Array,
  looks: (n: number) => boolean,
): { readonly n: number; readonly verdict: Verdict; readonly effect: number | null } {
  const sums = new ClaimSums();
  const order = signals.map((_, i) => i).sort((a, b) => signals[a]!.closesAt - signals[b]!.closesAt);
  for (const [before, i] of order.entries()) {
    const { time: decidedAt, closesAt: closedAt, r } = signals[i]!;
    sums.add({ decidedAt, closedAt, r: Math.min(10, r), m: sizes[i]! });
    const n = before + 1;
    if (!looks(n)) continue;
    const { verdict, effect } = sums.claim();
    if (verdict !== 'INCONCLUSIVE') return { n, verdict, effect };
  }
  const { effect } = sums.claim();
  return { n: order.length, verdict: 'INCONCLUSIVE', effect };
}
