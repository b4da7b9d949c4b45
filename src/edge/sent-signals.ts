import { z } from '../model/z.ts';

export const sentSignalsSchema = z.object({
  /** Signals in a row that were not sent, since the latest one that was. */
  blocked: z.number().int().min(0),
  /** Decisions on the latest signals that were sent, and how many in a row were not before each: it may be withdrawn. */
  sent: z.array(z.tuple([z.string(), z.number().int().min(0)])),
  /** What the guard has let through of a host that sends all or nothing, towards the next whole order. */
  let: z.number(),
});
/** Which signals of a strategy went out. */
export type SentSignals = z.infer<typeof sentSignalsSchema>;

/** Decisions of a strategy after which one is withdrawn no more. */
const WITHDRAWABLE = 16;

export const noSignals = (): SentSignals => ({
  blocked: 0,
  sent: [],
  // Just below one, so that a guard that does nothing lets everything through.
  let: 1 - 1e-9,
});

/** Counts a signal that was sent, or was not. @param decision on it, in case it is withdrawn */
export function countSignal(signals: SentSignals, decision: string, sent: boolean): void {
  if (!sent) {
    signals.blocked += 1;
    return;
  }
  signals.sent.push([decision, signals.blocked]);
  if (signals.sent.length > WITHDRAWABLE) signals.sent.shift();
  signals.blocked = 0;
}

/** A signal that was counted as sent was not sent after all; others may have been decided on since. */
export function countWithdrawal(signals: SentSignals, decision: string): void {
  const at = signals.sent.findIndex(([id]) => id === decision);
  if (at < 0) return;
  const [[, before]] = signals.sent.splice(at, 1) as [[string, number]];
  const next = signals.sent[at];
  if (next) next[1] += before + 1;
  else signals.blocked += before + 1;
}

/** Lets so much of a host's whole orders through: one in 1 / guard. @param guard in [0,1] */
export function letThrough(signals: SentSignals, guard: number): boolean {
  signals.let += guard;
  if (signals.let < 1) return false;
  signals.let -= 1;
  return true;
}
