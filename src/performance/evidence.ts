import { z } from 'zod';
import { CELLS, type Cell } from '../model/regime.ts';
import { addReturn, equityCurveSchema, startEquityCurve } from '../statistics/equity-curve.ts';
import { addToEwCell, emptyEwCell, ewCellSchema, winsorise } from '../statistics/ew-cell.ts';
import { addToAverageLoss, averageLossSchema, emptyAverageLoss } from './r-multiple.ts';
import { addToWindow, windowSchema } from './window.ts';

const recentSchema = z.object({ outcomes: ewCellSchema, curve: equityCurveSchema });
/** Recent outcomes and the equity curve they make. */
export type Recent = z.infer<typeof recentSchema>;

/** What is recently known of one strategy: overall, by cell, its latest trades and its typical loss. */
export const evidenceSchema = z.object({
  outcomes: z.number().int().min(0),
  /** Entry of the first and exit of the last trade, in ms; null before any, or where an old state did not say. */
  firstAt: z.number().nullable(),
  lastAt: z.number().nullable(),
  overall: recentSchema,
  cells: z.partialRecord(z.enum(CELLS), recentSchema),
  window: windowSchema,
  averageLoss: averageLossSchema,
});
export type Evidence = z.infer<typeof evidenceSchema>;

const emptyRecent = (): Recent => ({ outcomes: emptyEwCell(), curve: startEquityCurve() });

export const emptyEvidence = (): Evidence => ({
  outcomes: 0,
  firstAt: null,
  lastAt: null,
  overall: emptyRecent(),
  cells: {},
  window: [],
  averageLoss: emptyAverageLoss(),
});

/** One live outcome as the estimators see it. */
export interface Outcome {
  readonly cell: Cell;
  readonly r: number;
  readonly returnRate: number;
  /** False on a fixed capital, where returns add up. */
  readonly compounds: boolean;
  /** Money at the host's own size. */
  readonly basePnl: number;
  readonly entryTime: number;
  readonly exitTime: number;
}

/** Adds one live outcome, in place and in O(1). */
export function addEvidence(evidence: Evidence, outcome: Outcome): void {
  const { cell, r, returnRate, compounds, basePnl, entryTime, exitTime } = outcome;
  evidence.outcomes += 1;
  evidence.firstAt = Math.min(evidence.firstAt ?? entryTime, entryTime);
  evidence.lastAt = Math.max(evidence.lastAt ?? exitTime, exitTime);
  let inCell = evidence.cells[cell];
  if (!inCell) {
    inCell = emptyRecent();
    evidence.cells[cell] = inCell;
  }
  for (const recent of [evidence.overall, inCell]) {
    addToEwCell(recent.outcomes, r);
    addReturn(recent.curve, returnRate, compounds);
  }
  addToWindow(evidence.window, { r: winsorise(r), returnRate, compounds });
  addToAverageLoss(evidence.averageLoss, basePnl);
}
