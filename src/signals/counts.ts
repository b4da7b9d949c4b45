import { z } from 'zod';
import { type Decision, REASONS, type ReasonCode } from '../model/decision.ts';

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
});

const fate = ({ multiplier }: Decision): 'executed' | 'reduced' | 'increased' | 'blocked' =>
  multiplier === 0 ? 'blocked' : multiplier < 1 ? 'reduced' : multiplier > 1 ? 'increased' : 'executed';

function countReason(counts: SignalCounts, reason: ReasonCode): void {
  counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1;
}

/** Counts one decision, in place. */
export function countDecision(counts: SignalCounts, decision: Decision): void {
  counts.signals += 1;
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
