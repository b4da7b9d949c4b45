import { STRATEGY_STATUSES, type StrategyStatus } from '../model/strategy.ts';
import { z } from '../model/z.ts';
import { probationSchema, startProbation } from './probation.ts';
import { VIOLATIONS } from './violations.ts';

/** One status change, by the rules or by a person. */
export interface StatusChange {
  readonly time: number;
  readonly strategy: string;
  readonly oldStatus: StrategyStatus;
  readonly newStatus: StrategyStatus;
  readonly actor: string;
  readonly reason: string;
}

export const statusChangeSchema = z.object({
  time: z.number(),
  strategy: z.string(),
  oldStatus: z.enum(STRATEGY_STATUSES),
  newStatus: z.enum(STRATEGY_STATUSES),
  actor: z.string(),
  reason: z.string(),
});

const recentMetricsSchema = z.object({
  trades: z.number(),
  expectancy: z.number().nullable(),
  profitFactor: z.number().nullable(),
  winRate: z.number().nullable(),
  maxDrawdown: z.number().nullable(),
  consecutiveLosses: z.number(),
});

export const strategyRecordSchema = z.object({
  status: z.enum(STRATEGY_STATUSES),
  reason: z.string(),
  since: z.number(),
  inStatus: z.number().min(0),
  tradesInStatus: z.number().int().min(0),
  observed: z.number().min(0),
  degraded: z.number().min(0),
  probation: probationSchema,
  assessedAt: z.number().nullable(),
  violations: z.array(z.enum(VIOLATIONS)),
  cusum: z.number().min(0),
  confidence: z.number(),
  metrics: recentMetricsSchema.nullable(),
  pinned: z.union([z.number(), z.literal('forever')]).nullable(),
  /** Outcomes in this status, of signals that were sent and of those that were not. */
  outcomes: z.number().int().min(0),
  /** What the label is derived from; null where it follows the founding rules. */
  label: z.object({ size: z.number(), probability: z.number() }).nullable(),
});

/** What is known of a strategy's health. */
export type StrategyRecord = z.infer<typeof strategyRecordSchema>;

export const HOUR = 3_600_000;
/** Standard deviation of R before anything is known. */
export const DEVIATION = Math.sqrt(1.2);
/** How sure a status is with too few trades. */
export const UNSURE = 0.3;

export const freshRecord = (): StrategyRecord => ({
  status: 'ACTIVE',
  reason: 'not assessed yet',
  since: 0,
  inStatus: 0,
  tradesInStatus: 0,
  observed: 0,
  degraded: 0,
  probation: startProbation(),
  assessedAt: null,
  violations: [],
  cusum: 0,
  confidence: UNSURE,
  metrics: null,
  pinned: null,
  outcomes: 0,
  label: null,
});

/** The status that an operator holds a strategy in at a time; null where none does. */
export function pinAt({ pinned, status }: Readonly<StrategyRecord>, time: number): StrategyStatus | null {
  if (pinned === null) return null;
  return pinned === 'forever' || time < pinned ? status : null;
}
