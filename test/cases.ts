/** How many cases a check of the conformance kit tries by default; EDGEKEEPER_CASES asks for more. */
const KIT = 6;
const EFFORT = Math.max(1, Number(process.env.EDGEKEEPER_CASES ?? KIT) / KIT);

/** Options of a property that usually tries so many cases; where EDGEKEEPER_CASES asks for more, in proportion. */
export const cases = (usual: number): { readonly numRuns: number } => ({
  numRuns: Math.ceil(usual * EFFORT),
});
