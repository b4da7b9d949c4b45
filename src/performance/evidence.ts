import type { PositionOutcome } from '../model/position.ts';
import { CELLS, type Cell } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { doubles } from '../statistics/doubles.ts';
import {
  addReturnAt,
  curveAt,
  EQUITY_CURVE,
  equityCurveSchema,
  startEquityCurve,
  writeCurve,
} from '../statistics/equity-curve.ts';
import {
  addToEwCellAt,
  EW_CELL,
  type EwCell,
  ewCellAt,
  ewCellSchema,
  winsorise,
  writeEwCell,
} from '../statistics/ew-cell.ts';
import {
  addToMomentsAt,
  MOMENTS,
  type Moments,
  momentsAt,
  momentsSchema,
  writeMoments,
} from '../statistics/moments.ts';
import { type AverageLoss, addToAverageLoss, averageLossSchema, emptyAverageLoss } from './r-multiple.ts';
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

/** Where each number stands: recent outcomes and their curve, overall and by cell; all returns. */
const RECENT = EW_CELL + EQUITY_CURVE;
const OVERALL = 0;
const BY_CELL = OVERALL + RECENT;
const RETURNS = BY_CELL + CELLS.length * RECENT;
const SIZE = RETURNS + MOMENTS;

/** What the outcomes of one strategy say: recently, overall and by cell; the latest; the typical loss; all returns. */
export class Evidence {
  outcomes = 0;
  /** Entry of the first and exit of the last position, in ms; null before any, or where an old state did not say. */
  firstAt: number | null = null;
  lastAt: number | null = null;
  readonly window = new OutcomeWindow();
  readonly averageLoss: AverageLoss = emptyAverageLoss();
  readonly #values = doubles(SIZE);
  readonly #memo = doubles(CELLS.length).fill(Number.NaN);

  constructor() {
    for (let at = OVERALL; at < RETURNS; at += RECENT)
      writeCurve(this.#values, at + EW_CELL, startEquityCurve());
  }

  get overall(): Recent {
    return this.#recentAt(OVERALL);
  }

  /** Of the cells that have outcomes. */
  get cells(): Partial<Record<Cell, Recent>> {
    const cells: Partial<Record<Cell, Recent>> = {};
    for (const [i, cell] of CELLS.entries()) {
      const at = BY_CELL + i * RECENT;
      if (this.#values[at]! > 0) cells[cell] = this.#recentAt(at);
    }
    return cells;
  }

  get returns(): Moments {
    return momentsAt(this.#values, RETURNS);
  }

  /** Adds what one position came to, in O(1). */
  add({ cell, r, returnRate, capitalSource, basePnl, entryTime, exitTime }: PositionOutcome): void {
    // On a fixed capital returns add up.
    const compounds = capitalSource !== 'capital';
    const values = this.#values;
    const inCell = BY_CELL + CELLS.indexOf(cell) * RECENT;
    this.outcomes += 1;
    this.firstAt = Math.min(this.firstAt ?? entryTime, entryTime);
    this.lastAt = Math.max(this.lastAt ?? exitTime, exitTime);
    addToEwCellAt(values, OVERALL, r);
    addReturnAt(values, OVERALL + EW_CELL, returnRate, compounds);
    addToEwCellAt(values, inCell, r);
    addReturnAt(values, inCell + EW_CELL, returnRate, compounds);
    addToMomentsAt(values, RETURNS, returnRate);
    this.window.add(winsorise(r), returnRate, compounds);
    addToAverageLoss(this.averageLoss, basePnl);
    this.#memo.fill(Number.NaN);
  }

  /** What is told of a cell, kept until the next outcome. @param tell of the recent outcomes in the cell, and overall */
  inCell(cell: Cell, tell: (inCell: EwCell, overall: EwCell) => number): number {
    const i = CELLS.indexOf(cell);
    const known = this.#memo[i]!;
    if (!Number.isNaN(known)) return known;
    const told = tell(ewCellAt(this.#values, BY_CELL + i * RECENT), ewCellAt(this.#values, OVERALL));
    this.#memo[i] = told;
    return told;
  }

  state(): EvidenceState {
    const { outcomes, firstAt, lastAt, overall, cells, averageLoss, returns } = this;
    return {
      outcomes,
      firstAt,
      lastAt,
      overall,
      cells,
      window: this.window.snapshot(),
      averageLoss,
      returns,
    };
  }

  static from(state: EvidenceState): Evidence {
    const evidence = new Evidence();
    evidence.outcomes = state.outcomes;
    evidence.firstAt = state.firstAt;
    evidence.lastAt = state.lastAt;
    evidence.window.restore(state.window);
    Object.assign(evidence.averageLoss, state.averageLoss);
    evidence.#write(OVERALL, state.overall);
    for (const [i, cell] of CELLS.entries()) {
      const recent = state.cells[cell];
      if (recent) evidence.#write(BY_CELL + i * RECENT, recent);
    }
    writeMoments(evidence.#values, RETURNS, state.returns);
    return evidence;
  }

  #recentAt(at: number): Recent {
    return { outcomes: ewCellAt(this.#values, at), curve: curveAt(this.#values, at + EW_CELL) };
  }

  #write(at: number, { outcomes, curve }: Recent): void {
    writeEwCell(this.#values, at, outcomes);
    writeCurve(this.#values, at + EW_CELL, curve);
  }
}
