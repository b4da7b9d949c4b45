import { clip } from '../statistics/clip.ts';

/** What is known of a strategy, overall or in one cell. R-multiples are exponentially weighted. */
export interface WeightEvidence {
  /** Effective number of outcomes. */
  readonly n: number;
  readonly meanR: number;
  /** Sums of gains and of losses in R, both positive. */
  readonly grossProfit: number;
  readonly grossLoss: number;
  /** Recent drawdown, a rate in [0,1]. */
  readonly drawdown: number;
  /** Shrunk standard deviation of R. */
  readonly deviation: number;
}

export const NO_EVIDENCE: WeightEvidence = {
  n: 0,
  meanR: 0,
  grossProfit: 0,
  grossLoss: 0,
  drawdown: 0,
  deviation: Math.sqrt(1.2),
};

/** The parts of a score, each in [-1,1] before its share; `score` is the factor on the base weight. */
export interface WeightScore {
  readonly expectancy: number;
  readonly profitFactor: number;
  readonly drawdown: number;
  readonly consistency: number;
  readonly reliability: number;
  readonly score: number;
}

/** Outcomes at which evidence counts half. */
const HALF_RELIABLE = 20;

/**
 * S = 1 + n/(n+20) * (0.4 e + 0.3 p + 0.2 d + 0.1 k), with e = tanh(meanR/0.25),
 * p = log2((gp+.5)/(gl+.5)) in [-1,1], d = 0 down to -1 as the drawdown goes from half of `maxDrawdown`
 * to all of it, and k = tanh((meanR/deviation)/0.25). No evidence and break-even both give exactly 1.
 */
export function weightScore(evidence: WeightEvidence, maxDrawdown: number): WeightScore {
  const { n, meanR, grossProfit, grossLoss, deviation } = evidence;
  const expectancy = Math.tanh(meanR / 0.25);
  const profitFactor = clip(Math.log2((grossProfit + 0.5) / (grossLoss + 0.5)), -1, 1);
  const drawdown = -clip((evidence.drawdown - 0.5 * maxDrawdown) / (0.5 * maxDrawdown), 0, 1);
  const consistency = Math.tanh(meanR / deviation / 0.25);
  const reliability = n / (n + HALF_RELIABLE);
  const score =
    1 + reliability * (0.4 * expectancy + 0.3 * profitFactor + 0.2 * drawdown + 0.1 * consistency);
  return {
    expectancy,
    profitFactor,
    drawdown: drawdown === 0 ? 0 : drawdown,
    consistency,
    reliability,
    score,
  };
}
