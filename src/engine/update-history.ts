import { FLAGS, MODES } from '../model/flags.ts';
import { Ring } from '../model/ring.ts';
import { STRATEGY_STATUSES, type StrategyStatus } from '../model/strategy.ts';
import { z } from '../model/z.ts';
import type { OptimizationState } from './events.ts';

/** Updates kept for `getOptimizationHistory`. */
export const HISTORY = 100;

export const updateHistorySchema = z.array(
  z.object({
    time: z.number(),
    flags: z.record(z.enum(FLAGS), z.boolean()),
    mode: z.enum(MODES),
    /** Null where they are those of the update before. */
    weights: z.record(z.string(), z.number()).nullable(),
    statuses: z.record(z.string(), z.enum(STRATEGY_STATUSES)).nullable(),
    bestStrategy: z.string().nullable(),
    weightChanges: z.number(),
    weightChangesThisPeriod: z.record(z.string(), z.number()),
    statusChanges: z.number(),
    drawdown: z.number().nullable(),
  }),
);
export type UpdateHistoryState = z.infer<typeof updateHistorySchema>;

/** Statuses by strategy, and the strategies in each. */
export type Standing = Pick<
  OptimizationState,
  'statuses' | 'activeStrategies' | 'degradedStrategies' | 'suspendedStrategies' | 'retiredStrategies'
>;

export function standingOf(statuses: Readonly<Record<string, StrategyStatus>>): Standing {
  const inStatus: Record<StrategyStatus, string[]> = { ACTIVE: [], DEGRADED: [], SUSPENDED: [], RETIRED: [] };
  for (const strategy of Object.keys(statuses).sort()) inStatus[statuses[strategy]!].push(strategy);
  return {
    statuses,
    activeStrategies: inStatus.ACTIVE,
    degradedStrategies: inStatus.DEGRADED,
    suspendedStrategies: inStatus.SUSPENDED,
    retiredStrategies: inStatus.RETIRED,
  };
}

/** The states after the latest updates. What did not change from one to the next is held, and written, once. */
export class UpdateHistory {
  readonly #states = new Ring<OptimizationState>(HISTORY);

  push(state: OptimizationState): void {
    const [before] = this.#states.latest(1);
    this.#states.push(before === undefined ? state : withoutEqual(state, before));
  }

  /** Oldest first. */
  latest(limit = HISTORY): OptimizationState[] {
    return this.#states.latest(limit);
  }

  snapshot(): UpdateHistoryState {
    let before: OptimizationState | null = null;
    return this.#states.latest().map((state) => {
      const { time, flags, mode, weights, statuses, bestStrategy } = state;
      const { weightChanges, weightChangesThisPeriod, statusChanges, drawdown } = state;
      const kept = {
        time,
        flags,
        mode,
        weights: weights === before?.weights ? null : weights,
        statuses: statuses === before?.statuses ? null : statuses,
        bestStrategy,
        weightChanges,
        weightChangesThisPeriod,
        statusChanges,
        drawdown,
      };
      before = state;
      return kept;
    });
  }

  reset(): void {
    this.#states.replace([]);
  }

  /** Goes on from these states, after those that are known. */
  take(saved: UpdateHistoryState): void {
    for (const state of saved) {
      const [before] = this.#states.latest(1);
      this.#states.push({
        ...state,
        weights: state.weights ?? before?.weights ?? {},
        ...(state.statuses === null && before !== undefined
          ? standingIn(before)
          : standingOf(state.statuses ?? {})),
      });
    }
  }
}

/** A state that holds what did not change by what the state before it holds. */
function withoutEqual(state: OptimizationState, before: OptimizationState): OptimizationState {
  const shared = isSame(state.weights, before.weights) ? { ...state, weights: before.weights } : state;
  if (!isSame(state.statuses, before.statuses)) return shared;
  return { ...shared, ...standingIn(before) };
}

const standingIn = ({
  statuses,
  activeStrategies,
  degradedStrategies,
  suspendedStrategies,
  retiredStrategies,
}: Standing): Standing => ({
  statuses,
  activeStrategies,
  degradedStrategies,
  suspendedStrategies,
  retiredStrategies,
});

function isSame<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
