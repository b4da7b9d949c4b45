import { defineConfig } from 'vitest/config';

/** Simulations that take minutes: `npm run simulate`. EDGEKEEPER_RUNS sets how many worlds of a kind. */
export default defineConfig({
  test: { include: ['bench/simulations/{claims,retirement}.ts'], fileParallelism: false },
});
