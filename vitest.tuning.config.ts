import { defineConfig } from 'vitest/config';

/** What options do in worlds whose truth is known, for docs/tuning.md and docs/faq.md: `npm run tuning`. */
export default defineConfig({
  test: {
    include: ['bench/simulations/{tuning,newcomers}.ts'],
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});
