import { boundary } from './boundary.ts';
import type { Verdict } from './gate.ts';

/**
 * The verdict on an entry of which too little is left to send, and which is to teach all the same: the venue's minimum
 * goes out. Null where that was not asked for, or where the minimum is above the host's own size.
 * @param share the minimum by the host's own size
 */
export function atMinimum({ decision }: Verdict, share: number): Verdict | null {
  if (!decision?.edge?.atLeastMinimum || !(share > 0 && share <= 1 + 1e-9)) return null;
  const multiplier = Math.min(1, share);
  const sent = {
    ...decision,
    multiplier,
    intended: multiplier,
    reasons: [...decision.reasons, 'AT_MIN' as const],
  };
  return { multiplier, decision: sent, reasons: sent.reasons };
}

/**
 * What the least that a venue takes is sent as; 0 where that is more than was asked for.
 * @param sendable what goes out of what is wanted, or 0 where it is too small
 */
export const leastOf = (asked: number, sendable: (wanted: number) => number): number =>
  sendable(asked) > 0 ? sendable(boundary(0, asked, (wanted) => sendable(wanted) === 0).above) : 0;
