import { byName } from '../model/names.ts';
import { CELLS, type Cell } from '../model/regime.ts';
import type { PerformanceDecomposer } from '../performance/decomposer.ts';
import type { Evidence, Recent } from '../performance/evidence.ts';
import { recentDrawdown } from '../statistics/equity-curve.ts';
import { type EwCell, ewDeviation, ewMean, ewVariance } from '../statistics/ew-cell.ts';
import { posterior } from '../statistics/posterior.ts';
import type { WeightEvidence } from '../weighting/score.ts';
import type { StrategyEvidence } from '../weighting/targets.ts';

/** Strength, in outcomes, of the prior that a mean R is 0. */
const PRIOR_STRENGTH = 20;

/** Standard deviation of R of a strategy without outcomes. */
const PRIOR_DEVIATION = Math.sqrt(1.2);

const probabilityOf = ({ n, s1 }: EwCell, overall: EwCell): number =>
  posterior(n, s1, 0, ewVariance(overall), PRIOR_STRENGTH);

/** Probability in [0,1] that a strategy's mean R, in one cell, is above 0; 0.5 knows nothing. */
export function alignmentOf(evidence: Evidence | undefined, cell: Cell): number {
  return evidence === undefined ? 0.5 : evidence.inCell(cell, probabilityOf);
}

/** What the decomposer knows, as the components that judge strategies want it. */
export class StrategyJudgement {
  readonly #decomposer: PerformanceDecomposer;

  constructor(decomposer: PerformanceDecomposer) {
    this.#decomposer = decomposer;
  }

  /** Probability in [0,1] that the strategy's mean R, in one cell, is above 0; 0.5 knows nothing. */
  alignment(strategy: string, cell: Cell): number {
    return alignmentOf(this.#decomposer.evidenceOf(strategy), cell);
  }

  /** The same over all cells. */
  edgeProbability(strategy: string): number {
    const outcomes = this.#decomposer.evidenceOf(strategy)?.overall.outcomes;
    return outcomes ? posterior(outcomes.n, outcomes.s1, 0, ewVariance(outcomes), PRIOR_STRENGTH) : 0.5;
  }

  /** Standard deviation of R, as known before the next outcome. */
  deviation(strategy: string): number {
    const evidence = this.#decomposer.evidenceOf(strategy);
    return evidence ? ewDeviation(evidence.overall.outcomes) : PRIOR_DEVIATION;
  }

  /** What every weight is set by. */
  weightEvidence(): Record<string, StrategyEvidence> {
    return byName(
      this.#decomposer.getStrategies().flatMap((strategy): [string, StrategyEvidence][] => {
        const evidence = this.#decomposer.evidenceOf(strategy);
        if (!evidence) return [];
        const recent = evidence.cells;
        const cells: Record<string, WeightEvidence> = {};
        for (const cell of CELLS) if (recent[cell]) cells[cell] = weightEvidence(recent[cell]);
        return [
          [strategy, { outcomes: evidence.outcomes, overall: weightEvidence(evidence.overall), cells }],
        ];
      }),
    );
  }
}

const weightEvidence = ({ outcomes, curve }: Recent): WeightEvidence => ({
  n: outcomes.n,
  meanR: ewMean(outcomes),
  grossProfit: outcomes.gains,
  grossLoss: outcomes.losses,
  drawdown: recentDrawdown(curve),
  deviation: ewDeviation(outcomes),
});
