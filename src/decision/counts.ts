import { type Decision, REASONS, type ReasonCode } from '../model/decision.ts';
import { outcomeOf } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { addToCoMoments, coMomentsSchema, emptyCoMoments } from '../statistics/co-moments.ts';

export const signalCountsSchema = z.object({
  signals: z.number().int().min(0),
  /** Sent at the host's own size; smaller; larger; not at all. */
  executed: z.number().int().min(0),
  reduced: z.number().int().min(0),
  increased: z.number().int().min(0),
  blocked: z.number().int().min(0),
  /** Number and sum of scores of the signals that were sent. */
  scored: z.number().int().min(0),
  qualitySum: z.number(),
  reasons: z.partialRecord(z.enum(REASONS), z.number().int()),
  /** Sum of the strategy's weight over its signals, and how often its overall weight changed. */
  weightSum: z.number(),
  weightChanges: z.number().int().min(0),
  /** Outcomes that are known, of all signals and of those that were sent. A scratch is no win. */
  outcomes: z.number().int().min(0),
  wins: z.number().int().min(0),
  sentOutcomes: z.number().int().min(0),
  sentWins: z.number().int().min(0),
  /** Weight at the decision against R of its outcome. */
  weightAgainstR: coMomentsSchema,
});
/** What became of the signals of one strategy. */
export type SignalCounts = z.infer<typeof signalCountsSchema>;

export const emptySignalCounts = (): SignalCounts => ({
  signals: 0,
  executed: 0,
  reduced: 0,
  increased: 0,
  blocked: 0,
  scored: 0,
  qualitySum: 0,
  reasons: {},
  weightSum: 0,
  weightChanges: 0,
  outcomes: 0,
  wins: 0,
  sentOutcomes: 0,
  sentWins: 0,
  weightAgainstR: emptyCoMoments(),
});

/** The counts of a strategy, which begin when they are first asked for. */
export function countsOf(all: Map<string, SignalCounts>, strategy: string): SignalCounts {
  let counts = all.get(strategy);
  if (counts === undefined) {
    counts = emptySignalCounts();
    all.set(strategy, counts);
  }
  return counts;
}

/** What a strategy's signal was weighed by: its weight, or what the posterior made of it. */
const weightOf = ({ weight, edgeFactor }: Decision): number => weight * edgeFactor;

const fate = ({ multiplier }: Decision): 'executed' | 'reduced' | 'increased' | 'blocked' =>
  multiplier === 0 ? 'blocked' : multiplier < 1 ? 'reduced' : multiplier > 1 ? 'increased' : 'executed';

function countReason(counts: SignalCounts, reason: ReasonCode): void {
  counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1;
}

/** Counts one decision, in place. */
export function countDecision(counts: SignalCounts, decision: Decision): void {
  counts.signals += 1;
  counts.weightSum += weightOf(decision);
  counts[fate(decision)] += 1;
  for (const reason of decision.reasons) countReason(counts, reason);
  if (decision.multiplier === 0 || decision.quality === null) return;
  counts.scored += 1;
  counts.qualitySum += decision.quality;
}

/** Takes a counted decision back: it was sent nowhere after all, for this reason. */
export function countWithdrawal(counts: SignalCounts, decision: Decision, reason: ReasonCode): void {
  if (decision.multiplier === 0) return;
  counts[fate(decision)] -= 1;
  counts.blocked += 1;
  countReason(counts, reason);
  if (decision.quality === null) return;
  counts.scored -= 1;
  counts.qualitySum -= decision.quality;
}

/** Counts what came of a signal, in R, whether it was sent or not. */
export function countOutcome(counts: SignalCounts, decision: Decision, r: number): void {
  const { multiplier } = decision;
  const won = outcomeOf(r) === 'win' ? 1 : 0;
  counts.outcomes += 1;
  counts.wins += won;
  if (multiplier > 0) {
    counts.sentOutcomes += 1;
    counts.sentWins += won;
  }
  addToCoMoments(counts.weightAgainstR, weightOf(decision), r);
}
