import { winsorise } from '../statistics/ew-cell.ts';
import { type Claim, ClaimSums } from './claim.ts';
import { COMPONENTS, type Component, type SignalOutcome } from './outcome.ts';

/** What one component adds to the effect, in R per unit of size sent. All components sum to the whole. */
export interface Attribution {
  readonly component: Component;
  readonly effect: number;
}

const COALITIONS = 2 ** COMPONENTS.length;

/** Weight of a coalition of `size` others in the Shapley value of a component: s!(k-s-1)!/k!. */
const SHAPLEY_WEIGHTS = COMPONENTS.map(
  (_, size) => (factorial(size) * factorial(COMPONENTS.length - size - 1)) / factorial(COMPONENTS.length),
);

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

/** The effect of the sizes that a rule gives to outcomes; null where there is none to speak of. */
export function effectOf(
  outcomes: readonly SignalOutcome[],
  sizeOf: (outcome: SignalOutcome) => number = ({ intended }) => intended,
): Pick<Claim, 'n' | 'effect' | 'standardError'> {
  const sums = new ClaimSums({ claims: false });
  for (const outcome of outcomes) {
    const { decidedAt, closedAt, r } = outcome;
    sums.add({ decidedAt, closedAt, r: winsorise(r), m: sizeOf(outcome) });
  }
  return sums.claim();
}

/**
 * The exact Shapley value of every component: its mean contribution to the effect over all orders in which the
 * components could have been switched on. L. S. Shapley, 1953. A coalition that sends nothing selects nothing.
 * Null where there is no effect. It explains; it claims nothing.
 */
export function attribute(outcomes: readonly SignalOutcome[]): Attribution[] | null {
  const whole = effectOf(outcomes).effect;
  if (whole === null) return null;
  const acting = actingIn(outcomes);
  const found = new Map<number, number>();
  const effects = Array.from({ length: COALITIONS }, (_, coalition) => {
    // Who never acts changes nothing by joining.
    const active = coalition & acting;
    const effect =
      found.get(active) ?? effectOf(outcomes, (outcome) => sizeUnder(outcome, active)).effect ?? 0;
    found.set(active, effect);
    return effect;
  });
  return COMPONENTS.map((component, at) => {
    let effect = 0;
    for (let coalition = 0; coalition < COALITIONS; coalition += 1) {
      if (coalition & (1 << at)) continue;
      effect +=
        SHAPLEY_WEIGHTS[countOf(coalition)]! * (effects[coalition | (1 << at)]! - effects[coalition]!);
    }
    return { component, effect };
  });
}

/** The components that ever moved a size, as a coalition. */
function actingIn(outcomes: readonly SignalOutcome[]): number {
  let acting = 0;
  for (const { factors } of outcomes)
    for (const [at, component] of COMPONENTS.entries()) if (factors[component] !== 1) acting |= 1 << at;
  return acting;
}

/** The size if only the components of a coalition had acted. */
function sizeUnder({ factors, cap }: SignalOutcome, coalition: number): number {
  let wanted = 1;
  let size = 1;
  for (const [at, component] of COMPONENTS.entries()) {
    if (!(coalition & (1 << at))) continue;
    if (component === 'size') size = factors.size;
    else wanted *= factors[component];
  }
  return Math.min(cap, wanted) * size;
}

function countOf(coalition: number): number {
  let count = 0;
  for (let rest = coalition; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
