import { defineConfig } from 'vitest/config';

/** Simulations that take minutes: `npm run simulate`. EDGEKEEPER_RUNS says how many times as many worlds of a kind. */
export default defineConfig({
  test: {
    include: ['bench/simulations/{policies,calibration,claims,retirement,priors}.ts'],
    fileParallelism: false,
  },
});
