import type { PositionOutcome } from '../model/position.ts';
import { CELLS } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { addReturn, equityCurveSchema, startEquityCurve } from '../statistics/equity-curve.ts';
import { addToEwCell, emptyEwCell, ewCellSchema, winsorise } from '../statistics/ew-cell.ts';
import { addToMoments, emptyMoments, momentsSchema } from '../statistics/moments.ts';
import { addToAverageLoss, averageLossSchema, emptyAverageLoss } from './r-multiple.ts';
import { OutcomeWindow, windowSchema } from './window.ts';

const recentSchema = z.object({ outcomes: ewCellSchema, curve: equityCurveSchema });
/** Recent outcomes and the equity curve they make. */
export type Recent = z.infer<typeof recentSchema>;

/** What the outcomes of one strategy say: recently, overall and by cell; the latest; the typical loss; all returns. */
export const evidenceSchema = z.object({
  outcomes: z.number().int().min(0),
  /** Entry of the first and exit of the last position, in ms; null before any, or where an old state did not say. */
  firstAt: z.number().nullable(),
  lastAt: z.number().nullable(),
  overall: recentSchema,
  cells: z.partialRecord(z.enum(CELLS), recentSchema),
  window: windowSchema,
  averageLoss: averageLossSchema,
  returns: momentsSchema,
});
/** What the outcomes of a strategy say, as plain JSON. */
export type EvidenceState = z.infer<typeof evidenceSchema>;
/** The same while it grows. */
export interface Evidence extends Omit<EvidenceState, 'window'> {
  readonly window: OutcomeWindow;
}

const emptyRecent = (): Recent => ({ outcomes: emptyEwCell(), curve: startEquityCurve() });

export const emptyEvidence = (): Evidence => ({
  outcomes: 0,
  firstAt: null,
  lastAt: null,
  overall: emptyRecent(),
  cells: {},
  window: new OutcomeWindow(),
  averageLoss: emptyAverageLoss(),
  returns: emptyMoments(),
});

/** Adds what one position came to, in place and in O(1). */
export function addEvidence(evidence: Evidence, outcome: PositionOutcome): void {
  const { cell, r, returnRate, capitalSource, basePnl, entryTime, exitTime } = outcome;
  // On a fixed capital returns add up.
  const compounds = capitalSource !== 'capital';
  evidence.outcomes += 1;
  evidence.firstAt = Math.min(evidence.firstAt ?? entryTime, entryTime);
  evidence.lastAt = Math.max(evidence.lastAt ?? exitTime, exitTime);
  let inCell = evidence.cells[cell];
  if (!inCell) {
    inCell = emptyRecent();
    evidence.cells[cell] = inCell;
  }
  addToEwCell(evidence.overall.outcomes, r);
  addReturn(evidence.overall.curve, returnRate, compounds);
  addToEwCell(inCell.outcomes, r);
  addReturn(inCell.curve, returnRate, compounds);
  evidence.window.add(winsorise(r), returnRate, compounds);
  addToAverageLoss(evidence.averageLoss, basePnl);
  addToMoments(evidence.returns, returnRate);
}

/** The sums in it are the live ones: write them down at once. */
export const evidenceState = (evidence: Evidence): EvidenceState => ({
  ...evidence,
  window: evidence.window.snapshot(),
});

export function evidenceFrom(saved: EvidenceState): Evidence {
  const window = new OutcomeWindow();
  window.restore(saved.window);
  return { ...saved, window };
}
