/** How many times as many worlds of each kind as by default: `EDGEKEEPER_RUNS=4 npm run simulate`. */
const RUNS = Number(process.env.EDGEKEEPER_RUNS ?? 1);

const FIRST_SEED = 7001;

/** The fixed list of seeds, longer for more runs: worlds are the same on every machine. */
export const seeds = (count: number): number[] =>
  Array.from({ length: Math.max(1, Math.round(count * RUNS)) }, (_, i) => FIRST_SEED + i);
