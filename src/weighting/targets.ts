import type { Cell } from '../model/regime.ts';
import { NO_EVIDENCE, type WeightEvidence, type WeightScore, weightScore } from './score.ts';

export interface StrategyEvidence {
  /** Outcomes ever recorded: a weight moves when this has grown. */
  readonly outcomes: number;
  readonly overall: WeightEvidence;
  /** Evidence per cell, where there is any. */
  readonly cells?: Readonly<Record<string, WeightEvidence>>;
}

/** What the posterior sizes a strategy by: factors on its base weight. */
export interface EdgeTargets {
  /** Outcomes ever learned: a weight moves when this has grown. */
  readonly outcomes: number;
  readonly overall: number;
  readonly cells: Readonly<Record<Cell, number>>;
  /** Symbols, and the factor on each. */
  readonly symbols: readonly string[];
  readonly onSymbols: readonly number[];
}

/** Share of the Kelly fraction that is bet, and outcomes by which the mean is shrunk towards 0. */
const KELLY_FRACTION = 0.25;
const KELLY_SHRINKAGE = 50;

/**
 * Fractional Kelly on R (Kelly 1956; Thorp 2006): a quarter of mean/variance is the share of equity to risk,
 * and the weight is that share over the share one R stands for. Little evidence stays near 1.
 */
export function kellyFactor({ n, meanR, deviation }: WeightEvidence, riskPerTrade: number): number {
  const reliability = n / (n + 20);
  const fraction = Math.max(
    0,
    (KELLY_FRACTION * meanR * n) / (n + KELLY_SHRINKAGE) / (deviation * deviation),
  );
  return 1 - reliability + reliability * (fraction / riskPerTrade);
}

/** Harmonic mean of all deviations. Equal risk is this over the own one: it looks at spread only, never at edge. */
export const harmonicDeviation = (all: readonly WeightEvidence[]): number =>
  all.length / all.reduce((sum, { deviation }) => sum + 1 / deviation, 0);

/** The scores of strategies: overall, or that of a cell blended with it by the cell's reliability. Each is found once. */
export class Scores {
  readonly #evidence: Readonly<Record<string, StrategyEvidence>>;
  readonly #maxDrawdown: number;
  readonly #found = new Map<string | null, Map<string, WeightScore>>();

  constructor(evidence: Readonly<Record<string, StrategyEvidence>>, maxDrawdown: number) {
    this.#evidence = evidence;
    this.#maxDrawdown = maxDrawdown;
  }

  /** @param cell null for the score overall */
  of(strategy: string, cell: string | null): WeightScore {
    let inCell = this.#found.get(cell);
    if (inCell === undefined) {
      inCell = new Map();
      this.#found.set(cell, inCell);
    }
    let score = inCell.get(strategy);
    if (score === undefined) {
      score = this.#score(strategy, cell);
      inCell.set(strategy, score);
    }
    return score;
  }

  #score(strategy: string, cell: string | null): WeightScore {
    const { overall = NO_EVIDENCE, cells = {} } = this.#evidence[strategy] ?? {};
    if (cell === null) return weightScore(overall, this.#maxDrawdown);
    return blended(this.of(strategy, null), weightScore(cells[cell] ?? NO_EVIDENCE, this.#maxDrawdown));
  }
}

function blended(whole: WeightScore, inCell: WeightScore): WeightScore {
  const share = inCell.reliability;
  const blend = (part: keyof WeightScore) => share * inCell[part] + (1 - share) * whole[part];
  return {
    expectancy: blend('expectancy'),
    profitFactor: blend('profitFactor'),
    drawdown: blend('drawdown'),
    consistency: blend('consistency'),
    reliability: blend('reliability'),
    score: blend('score'),
  };
}
