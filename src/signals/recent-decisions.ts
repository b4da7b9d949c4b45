import { z } from 'zod';
import { type Decision, REASONS } from '../model/decision.ts';
import { CELLS, REGIMES } from '../model/regime.ts';
import { STRATEGY_STATUSES } from '../model/strategy.ts';

/** Decisions kept for repeated signals and for reports. */
const CAPACITY = 256;

const decisionSchema = z.object({
  id: z.string(),
  time: z.number(),
  strategy: z.string(),
  symbol: z.string(),
  side: z.enum(['long', 'short']),
  action: z.enum(['pass', 'execute', 'block']),
  multiplier: z.number().min(0),
  quality: z.number().nullable(),
  adjustedConfidence: z.number().nullable(),
  belowThreshold: z.boolean(),
  regime: z.enum(REGIMES),
  cell: z.enum(CELLS),
  atrRate: z.number().nullable(),
  weight: z.number(),
  status: z.enum(STRATEGY_STATUSES),
  health: z.number(),
  qualityFactor: z.number(),
  guard: z.number(),
  reasons: z.array(z.enum(REASONS)),
});

export const recentDecisionsSchema = z.array(z.tuple([z.string(), decisionSchema])).max(CAPACITY);
type RecentDecisionsState = [key: string, decision: Decision][];

/** The latest decisions, found again by the id of their signal (or, without one, of the decision). */
export class RecentDecisions {
  #decisions = new Map<string, Decision>();

  get(signalId: string): Decision | undefined {
    return this.#decisions.get(signalId);
  }

  add(signalId: string | undefined, decision: Decision): void {
    this.#decisions.set(signalId ?? decision.id, decision);
    if (this.#decisions.size <= CAPACITY) return;
    this.#decisions.delete(this.#decisions.keys().next().value!);
  }

  /** Newest last. */
  latest(limit = CAPACITY): Decision[] {
    return [...this.#decisions.values()].slice(-limit);
  }

  snapshot(): RecentDecisionsState {
    return [...this.#decisions];
  }

  restore(state: RecentDecisionsState): void {
    this.#decisions = new Map(state);
  }
}
