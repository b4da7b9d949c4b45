import { z } from 'zod';
import { FLAGS, MODES } from '../model/flags.ts';
import { Ring } from '../model/ring.ts';
import { STRATEGY_STATUSES, type StrategyStatus } from '../model/strategy.ts';
import type { OptimizationState } from './events.ts';

/** Updates kept for `getOptimizationHistory`. */
export const HISTORY = 100;

export const updateHistorySchema = z
  .array(
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
  )
  .refine(
    ([first]) => first === undefined || (first.weights !== null && first.statuses !== null),
    'its first update says nothing of weights or statuses',
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

  restore(saved: UpdateHistoryState): void {
    let [weights, standing] = [{}, standingOf({})];
    this.#states.replace(
      saved.map((state) => {
        weights = state.weights ?? weights;
        if (state.statuses !== null) standing = standingOf(state.statuses);
        return { ...state, weights, ...standing };
      }),
    );
  }
}

/** A state that holds what did not change by what the state before it holds. */
function withoutEqual(state: OptimizationState, before: OptimizationState): OptimizationState {
  const shared = isSame(state.weights, before.weights) ? { ...state, weights: before.weights } : state;
  if (!isSame(state.statuses, before.statuses)) return shared;
  const { statuses, activeStrategies, degradedStrategies, suspendedStrategies, retiredStrategies } = before;
  return {
    ...shared,
    statuses,
    activeStrategies,
    degradedStrategies,
    suspendedStrategies,
    retiredStrategies,
  };
}

function isSame<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
