import { type Decision, ENFORCEMENTS, REASONS } from './decision.ts';
import { CELLS, REGIMES } from './regime.ts';
import { STRATEGY_STATUSES } from './strategy.ts';
import { z } from './z.ts';

const levelSchema = z.tuple([z.number(), z.number()]);

/** A decision as plain JSON, in snapshots. */
export const decisionSchema = z.object({
  id: z.string(),
  time: z.number(),
  strategy: z.string(),
  symbol: z.string(),
  side: z.enum(['long', 'short']),
  action: z.enum(['pass', 'execute', 'block']),
  multiplier: z.number().min(0),
  intended: z.number().min(0),
  quality: z.number().nullable(),
  adjustedConfidence: z.number().nullable(),
  belowThreshold: z.boolean(),
  regime: z.enum(REGIMES),
  cell: z.enum(CELLS),
  atrRate: z.number().nullable(),
  base: z.number(),
  status: z.enum(STRATEGY_STATUSES),
  weight: z.number(),
  health: z.number(),
  qualityFactor: z.number(),
  edgeFactor: z.number(),
  guard: z.number(),
  fleetGuard: z.number(),
  cap: z.number(),
  score: z
    .object({
      confidence: z.number().nullable(),
      confluence: z.number().nullable(),
      alignment: z.number(),
      successRate: z.number(),
      adjustment: z.number(),
      threshold: z.number(),
      enforcement: z.enum(ENFORCEMENTS),
      levels: z.tuple([levelSchema, levelSchema, levelSchema]),
      below: z.object({ n: z.number(), probability: z.number() }),
    })
    .nullable(),
  edge: z
    .object({
      theta: z.number(),
      variance: z.number(),
      probability: z.number(),
      expectedR: z.number(),
      terms: z.object({
        pool: z.number(),
        strategy: z.number(),
        cell: z.number(),
        symbol: z.number(),
        quality: z.number(),
      }),
      differ: z.object({ strategies: z.number(), cells: z.number(), symbols: z.number() }),
      lo: z.number(),
      target: z.number(),
      size: z.number(),
      quality: z.number().nullable(),
      atLeastMinimum: z.boolean(),
    })
    .nullable(),
  equity: z.number().nullable(),
  plan: z
    .object({
      stop: z.number().nullable(),
      target: z.number().nullable(),
      rule: z.enum(['host', 'barrier']),
      feeRate: z.number(),
      slippageRate: z.number(),
      size: z.number().nullable(),
    })
    .nullable(),
  reasons: z.array(z.enum(REASONS)),
});

/** A decision as an older version wrote it, with what is missing filled in. */
export function completeDecision(decision: Decision): Decision {
  if (isComplete(decision)) return decision;
  const { weight, multiplier, base = weight, cap = 2, score = null, plan = null } = decision;
  const { intended = multiplier, edgeFactor = 1, fleetGuard = 1, edge = null, equity = null } = decision;
  return { ...decision, base, cap, score, plan, intended, edgeFactor, fleetGuard, edge, equity };
}

/** Whether it says all that this version does. */
const isComplete = (decision: Partial<Decision>): boolean =>
  decision.base !== undefined &&
  decision.cap !== undefined &&
  decision.score !== undefined &&
  decision.plan !== undefined &&
  decision.intended !== undefined &&
  decision.edgeFactor !== undefined &&
  decision.fleetGuard !== undefined &&
  decision.edge !== undefined &&
  decision.equity !== undefined;
