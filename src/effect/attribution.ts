import { stationaryBootstrap } from '../statistics/bootstrap.ts';
import { COMPONENTS, type Component, type SignalOutcome } from './outcome.ts';
import { type Estimate, estimateOf, resamplesOf, selectionEffect } from './selection.ts';

/** What one component adds to the selection effect, in R. All components sum to the whole. */
export interface Attribution extends Estimate {
  readonly component: Component;
}

const COALITIONS = 2 ** COMPONENTS.length;

/** Weight of a coalition of `size` others in the Shapley value of a component: s!(k-s-1)!/k!. */
const SHAPLEY_WEIGHTS = COMPONENTS.map(
  (_, size) => (factorial(size) * factorial(COMPONENTS.length - size - 1)) / factorial(COMPONENTS.length),
);

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

/**
 * The exact Shapley value of every component: its mean contribution to the selection effect over all orders
 * in which the components could have been switched on. L. S. Shapley, 1953. A coalition that sends nothing
 * selects nothing. Null where nothing was sent.
 */
export function attribute(outcomes: readonly SignalOutcome[], seed: number): Attribution[] | null {
  const r = Float64Array.from(outcomes, (outcome) => outcome.r);
  const sizes = Array.from({ length: COALITIONS }, (_, coalition) =>
    Float64Array.from(outcomes, (outcome) => multiplierOf(outcome, coalition)),
  );
  if (selectionEffect(r, sizes[COALITIONS - 1]!) === null) return null;

  const shapley = (positions?: Uint32Array): number[] => {
    const effects = sizes.map((m) => selectionEffect(r, m, positions) ?? 0);
    return COMPONENTS.map((_, at) => {
      let value = 0;
      for (let coalition = 0; coalition < COALITIONS; coalition += 1) {
        if (coalition & (1 << at)) continue;
        value +=
          SHAPLEY_WEIGHTS[countOf(coalition)]! * (effects[coalition | (1 << at)]! - effects[coalition]!);
      }
      return value;
    });
  };
  const values = shapley();
  const resamples = resamplesOf(sizes[COALITIONS - 1]!);
  const resampled =
    resamples === null ? [] : stationaryBootstrap(outcomes.length, shapley, { seed, resamples });
  return COMPONENTS.map((component, at) => ({
    component,
    ...estimateOf(
      values[at]!,
      resampled.map((each) => each[at]!),
    ),
  }));
}

/** The multiplier if only the components of a coalition had acted. */
function multiplierOf({ factors, cap }: SignalOutcome, coalition: number): number {
  const acting = (component: Component): number =>
    coalition & (1 << COMPONENTS.indexOf(component)) ? factors[component] : 1;
  const wanted = acting('quality') * acting('weights') * acting('health') * acting('guard');
  return Math.min(cap, wanted) * acting('size');
}

function countOf(coalition: number): number {
  let count = 0;
  for (let rest = coalition; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
