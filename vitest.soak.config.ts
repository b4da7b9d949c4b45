import { defineConfig } from 'vitest/config';

/** Hours of kills, trades and properties: `npm run soak`. */
export default defineConfig({
  test: { include: ['bench/soak.ts'], execArgv: ['--expose-gc'], testTimeout: 4 * 3_600_000 },
});
