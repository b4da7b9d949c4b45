import { z } from '../model/z.ts';

/** Outcomes of the signals that a suspended strategy would have sent, since it was suspended. */
export const probationSchema = z.object({
  outcomes: z.number().int().min(0),
  /** Sums of weights, of weighted R and of weighted squares. */
  n: z.number().min(0),
  s1: z.number(),
  s2: z.number().min(0),
});
export type Probation = z.infer<typeof probationSchema>;

export type ProbationVerdict = 'passed' | 'failed' | 'open';

/** Outcomes below which probation says nothing. */
export const PROBATION_OUTCOMES = 15;
/** 80% and 95% points of the normal. */
export const PASS = 0.84;
const FAIL = -1.64;
/** Strength, in outcomes, of the prior that R has mean 0 and variance 1.2. */
const STRENGTH = 20;

export const startProbation = (): Probation => ({ outcomes: 0, n: 0, s1: 0, s2: 0 });

/** Adds one outcome in R, winsorised, in place. */
export function addToProbation(probation: Probation, r: number, weight: number): void {
  probation.outcomes += 1;
  probation.n += weight;
  probation.s1 += weight * r;
  probation.s2 += weight * r * r;
}

/** z = s1/(sd*sqrt(n+20)): how many deviations the outcomes are away from no edge. */
export function probationScore({ n, s1, s2 }: Probation): number {
  const deviation = Math.sqrt((s2 + STRENGTH * 1.2) / (n + STRENGTH));
  return s1 / (deviation * Math.sqrt(n + STRENGTH));
}

/** Whether a suspended strategy has shown that it works again, or that it does not; below 15 outcomes neither. */
export function probationVerdict(probation: Probation): ProbationVerdict {
  if (probation.outcomes < PROBATION_OUTCOMES) return 'open';
  const z = probationScore(probation);
  return z >= PASS ? 'passed' : z <= FAIL ? 'failed' : 'open';
}
